"""SQL for tables whose every change the database writes down (ADR 0016)."""

from __future__ import annotations

from collections.abc import Sequence

_EVENTS = {
    "insert": "NEW TABLE AS written",
    "update": "OLD TABLE AS before NEW TABLE AS written",
    "delete": "OLD TABLE AS before",
}


def audited(
    table: str, *, key: str = "id", hidden: Sequence[str] = (), ignored: Sequence[str] = ()
) -> tuple[str, str]:
    """
    Return the SQL that writes each change of ``table`` into ``audit_change``, and the SQL that undoes it.

    :param key: the column that tells the rows apart.
    :param hidden: columns whose values stay out: that they changed is written, and nothing more.
    :param ignored: columns that change too often to matter; a change of nothing else leaves no row.
    """
    arguments = f"'{key}', '{{{','.join(hidden)}}}', '{{{','.join(ignored)}}}'"
    do = "".join(
        f"""
    CREATE TRIGGER {table}_audit_{event} AFTER {event.upper()} ON {table} REFERENCING {tables}
        FOR EACH STATEMENT EXECUTE FUNCTION mhep_audit({arguments});"""
        for event, tables in _EVENTS.items()
    )
    undo = "".join(f"\n    DROP TRIGGER {table}_audit_{event} ON {table};" for event in _EVENTS)
    return do, undo
