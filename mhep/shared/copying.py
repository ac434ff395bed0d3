"""Writing many rows at once with PostgreSQL's COPY; constraints and triggers hold as for any insert."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from django.db import connection

from mhep.shared.attribution import attribute_transaction

NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_lines(table: str, columns: Sequence[str], lines: Iterable[str]) -> None:
    """
    Append rows given as lines of COPY's text format, each ending in a line feed.

    ``table`` and ``columns`` are names from the code, never from outside.
    """
    stream = io.StringIO()
    stream.writelines(lines)
    stream.seek(0)
    attribute_transaction()
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", stream)


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Append rows of values: texts, numbers, dates, None, and tuples of texts for arrays."""
    copy_lines(table, columns, ("\t".join(map(_cell, row)) + "\n" for row in rows))


def reserve_keys(table: str, count: int) -> list[int]:
    """Take ``count`` keys of the table, so that rows can refer to each other before they exist."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
        )
        return [key for (key,) in cursor.fetchall()]


def _cell(value: object) -> str:
    if value is None:
        return NULL
    if isinstance(value, tuple):
        value = "{" + ",".join(_element(item) for item in value) + "}"
    return str(value).translate(_ESCAPES)


def _element(item: str) -> str:
    quoted = item.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'
