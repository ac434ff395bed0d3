"""
Tables that people send: CSV or XLSX, told apart by content, read without trust.

Every byte string gives either a table or ``UnreadableTable``; nothing else is raised. Cells
are text as the file holds it: what they mean is the business of the rules that judge them.
"""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from mhep.kernel.problems import Problem
from mhep.shared.workbooks import SheetRow, UnreadableWorkbook, first_sheet_name, workbook_rows

MAX_BYTES = 100_000_000
MAX_ROWS = 1_000_000
MAX_COLUMNS = 200
MAX_LABEL = 80  # characters of a heading that are shown

_ZIP = b"PK"
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0"  # an .xls workbook, or an .xlsx one under a password
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}


class UnreadableTable(Exception):
    """The file cannot be read as the table that was asked for; nothing of it counts."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.message for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Row:
    """
    One record: its number as a spreadsheet shows it, and its cells in the order asked for.

    An absent value is an empty text. ``fault`` says in words why a cell of the row cannot
    be taken at its word; such a row must be reported, never stored.
    """

    number: int
    cells: tuple[str, ...]
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The records of a file, in its order; rows without any value are left out."""

    headings: tuple[str, ...]
    rows: list[Row]


T = TypeVar("T")


class Watched(Protocol):
    """Lets rows through, one after the other, and may count them."""

    def __call__(self, rows: Iterable[T]) -> Iterator[T]: ...


def unwatched(rows: Iterable[T]) -> Iterator[T]:
    """Let rows through."""
    return iter(rows)


@dataclass(frozen=True, slots=True)
class AnyTable:
    """
    The records of a file whose headings are its own, with cells in the order of the file.

    ``labels`` name the columns, each once: the heading, with the column's letter where it stands twice or is
    absent. ``sheet`` is the name of the workbook's first sheet, or empty.
    """

    labels: tuple[str, ...]
    rows: list[Row]
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that breaks a rule: which one, the reference it claims, and how to mend it."""

    row: int
    reference: str
    code: str
    message: str


def read_table(content: bytes, headings: Sequence[str]) -> Table:
    """
    Read a UTF-8 CSV file, or the first sheet of an XLSX workbook, with exactly these headings.

    The headings stand in the first row that is not blank, in any order. Cells are trimmed.
    A record with fewer cells than headings lacks the last ones; one with more has a fault.

    :raises UnreadableTable: with every problem of the file as a whole.
    """
    _refuse_outright(content)
    try:
        rows = workbook_rows(content) if content.startswith(_ZIP) else _csv_rows(content)
        return _table(rows, tuple(headings))
    except UnreadableWorkbook as error:
        raise _refusal(error.code, str(error)) from error


def read_any_table(content: bytes, watched: Watched = unwatched) -> AnyTable:
    """
    Read a UTF-8 CSV file, or the first sheet of an XLSX workbook, whatever its headings are.

    Beside commas, semicolons, tabs and bars may part the cells of a CSV file.

    :raises UnreadableTable: as :func:`read_table` does, headings and delimiters aside.
    """
    _refuse_outright(content)
    try:
        if content.startswith(_ZIP):
            table = _any_table(watched(workbook_rows(content)))
            return replace(table, sheet=first_sheet_name(content))
        return _any_table(watched(_csv_rows(content, _delimiter_of(content))))
    except UnreadableWorkbook as error:
        raise _refusal(error.code, str(error)) from error


def _delimiter_of(content: bytes) -> str:
    """Return what parts the headings: a comma, unless that leaves them in one piece."""
    first = next((row.cells for row in _csv_rows(content) if any(row.cells)), [])
    return next((mark for mark in _OTHER_DELIMITERS if len(first) == 1 and mark in first[0]), ",")


def _refuse_outright(content: bytes) -> None:
    """Refuse what is no table by its first bytes or its size."""
    if len(content) > MAX_BYTES:
        raise _refusal(
            "too_large", f"The file is larger than {MAX_BYTES // 1_000_000} MB. Split it into several files."
        )
    if not content.strip():
        raise _refusal("unreadable_file", "The file is empty. Send a file with a heading row and its rows.")
    if content.startswith(_COMPOUND_FILE):
        raise _refusal(
            "unreadable_file",
            "The file is an old .xls workbook, or protected by a password. Save it as XLSX "
            "without a password, or as CSV.",
        )


def _refusal(code: str, message: str, place: str = "") -> UnreadableTable:
    return UnreadableTable([Problem(place, code, message)])


def _csv_rows(content: bytes, delimiter: str = ",") -> Iterator[SheetRow]:
    reader = csv.reader(io.StringIO(_text(content), newline=""), strict=True, delimiter=delimiter)
    number = 0
    try:
        for cells in reader:
            number += 1
            yield SheetRow(number, [cell.strip() for cell in cells])
    except csv.Error as error:
        raise _refusal(
            "unreadable_file",
            f"Row {number + 1} cannot be read: a quotation mark is missing or misplaced, or a cell is far "
            "too long. A cell in quotation marks ends with one, and a mark inside it is doubled.",
            f"row {number + 1}",
        ) from error


def _text(content: bytes) -> str:
    if content.startswith(_UTF16_MARKS):
        raise _refusal("not_utf8", "The file is encoded as UTF-16. Save it as CSV UTF-8.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refusal(
            "not_utf8", f"Line {line} is not encoded as UTF-8. Save the file as CSV UTF-8.", f"line {line}"
        ) from error
    if "\x00" in text:
        raise _refusal(
            "unreadable_file",
            "The file is neither CSV text nor an XLSX workbook. Save the table as one of them.",
        )
    return text


def _table(rows: Iterator[SheetRow], headings: tuple[str, ...]) -> Table:
    found = _headings_of(rows)
    _refuse_headings(found, headings)
    positions = [found.index(heading) for heading in headings]
    return Table(headings, _records(rows, positions))


def _any_table(rows: Iterator[SheetRow]) -> AnyTable:
    found = _headings_of(rows)
    if len(found) > MAX_COLUMNS:
        raise _refusal(
            "too_large", f"The table has more than {MAX_COLUMNS} columns. Delete those not needed."
        )
    shown = [" ".join(heading.split())[:MAX_LABEL] for heading in found]
    labels = tuple(
        heading if heading and shown.count(heading) == 1 else f"{heading} (column {letters(number)})".strip()
        for number, heading in enumerate(shown)
    )
    return AnyTable(labels, _records(rows, list(range(len(found)))))


def letters(number: int) -> str:
    """Return how a spreadsheet names a column; 0 is ``A``."""
    name = ""
    while number >= 0:
        number, letter = divmod(number, 26)
        name, number = chr(65 + letter) + name, number - 1
    return name


def _headings_of(rows: Iterator[SheetRow]) -> list[str]:
    named = next((row for row in rows if any(row.cells)), None)
    if named is None:
        raise _refusal("unreadable_file", "The file holds no rows. Its first row must hold the headings.")
    found = named.cells
    while not found[-1]:
        found.pop()
    return found


def _records(rows: Iterator[SheetRow], positions: list[int]) -> list[Row]:
    records: list[Row] = []
    for row in rows:
        if not any(row.cells) and row.fault is None:
            continue
        if len(records) == MAX_ROWS:
            raise _refusal("too_many_rows", f"The file has more than {MAX_ROWS:,} rows. Split it.")
        records.append(_record(row, positions))
    return records


def _record(row: SheetRow, positions: list[int]) -> Row:
    cells, width = row.cells, len(positions)
    missing = width - len(cells)
    if missing > 0:
        cells = cells + [""] * missing
    fault = row.fault
    if missing < 0 and any(cells[width:]):
        more = (
            f"the row has {len(cells)} cells for {width} headings; a cell with a comma needs quotation marks"
        )
        fault = more if fault is None else f"{fault}; {more}"
    return Row(row.number, tuple([cells[position] for position in positions]), fault)


def _refuse_headings(found: list[str], headings: tuple[str, ...]) -> None:
    if len(found) == 1:
        _refuse_delimiter(found[0])
    problems = [
        _unknown(column, heading, headings)
        for column, heading in enumerate(found, 1)
        if heading not in headings
    ]
    problems += [
        Problem(
            f"column {heading}", "repeated_heading", f"The heading {heading} stands more than once. Keep one."
        )
        for heading in headings
        if found.count(heading) > 1
    ]
    problems += [
        Problem(
            f"column {heading}",
            "missing_heading",
            f"The heading {heading} is missing. Add the column; it may be empty.",
        )
        for heading in headings
        if heading not in found
    ]
    if problems:
        raise UnreadableTable(problems)


def _refuse_delimiter(line: str) -> None:
    for mark, name in _OTHER_DELIMITERS.items():
        if mark in line:
            raise _refusal(
                "wrong_delimiter",
                f"The cells are parted by {name}. Save the file with commas between its cells.",
            )


def _unknown(column: int, heading: str, headings: tuple[str, ...]) -> Problem:
    if not heading:
        return Problem(
            f"column {column}", "unknown_heading", f"Column {column} has no heading. Name or remove it."
        )
    shown = heading if len(heading) <= 40 else f"{heading[:40]}…"
    close = difflib.get_close_matches(heading.lower()[:80], headings, 1)
    hint = f"Did you mean {close[0]}?" if close else f"The headings are {', '.join(headings)}."
    return Problem(f"column {shown}", "unknown_heading", f"{shown} is no heading of this table. {hint}")
