"""Sixty files as people really make them, each with what it means: the corpus of F6."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import xlsxwriter

from tests.shared.workbooks import SHEET, replaced, workbook

HEADINGS = ("event", "happened_on", "hours")
APRIL_3 = date(2026, 4, 3)
Truth = tuple[str, date, str]
# How a cell may be written, and what it means; None where nobody can know, so that it has to be named.
CELLS: dict[str, tuple[tuple[str, str, str], Truth | None]] = {
    "iso date": (("E-1", "2026-04-03", "37.5"), ("E-1", APRIL_3, "37.5")),
    "date with slashes": (("E-2", "03/04/2026", "20"), ("E-2", APRIL_3, "20")),
    "date with points, decimal comma": (("E-3", "3.4.2026", "37,5"), ("E-3", APRIL_3, "37.5")),
    "leading zeros": (("007", "2026-04-03", "16"), ("007", APRIL_3, "16")),
    "hard spaces around": (("\u00a0E-4\u2007", " 2026-04-03\u202f", "\u00a016 "), ("E-4", APRIL_3, "16")),
    "date in words": (("E-5", "3 April 2026", "20"), None),
    "two digits of a year": (("E-6", "03/04/26", "20"), None),
    "no such day": (("E-7", "31/02/2026", "20"), None),
    "hours with a unit": (("E-8", "2026-04-03", "20 hrs"), None),
}
CSV = {
    "plain": (",", "\n", "utf-8"),
    "with a mark": (",", "\r\n", "utf-8-sig"),
    "semicolons": (";", "\r\n", "utf-8-sig"),
    "tabs": ("\t", "\n", "utf-8"),
    "bars, old line ends": ("|", "\r", "utf-8"),
}


@dataclass(frozen=True, slots=True)
class Habit:
    """A file, and what its only row means; with ``is_refused`` the file as a whole is."""

    title: str
    content: bytes
    means: Truth | None
    is_refused: bool = False


def habits() -> Iterator[Habit]:
    for form, (mark, end, coding) in CSV.items():
        for title, (cells, means) in CELLS.items():
            rows = [HEADINGS, cells, ("", "", "")]  # people leave an empty row at the end
            text = end.join(mark.join(_quoted(cell, mark) for cell in row) for row in rows) + end
            yield Habit(f"{form}: {title}", text.encode(coding), means)
    yield from _workbooks()
    for coding in ("utf-16", "cp1252"):
        text = "event,happened_on,hours\nÉ-1,2026-04-03,20\n"
        yield Habit(f"encoded as {coding}", text.encode(coding), None, is_refused=True)


def _workbooks() -> Iterator[Habit]:
    means = ("E-1", APRIL_3, "37.5")
    row = ("E-1", APRIL_3, 37.5)
    for since_1904 in (False, True):
        book = workbook(HEADINGS, row, since_1904=since_1904)
        yield Habit(f"days counted from {1904 if since_1904 else 1900}", book, means)
    yield Habit("several sheets", workbook(HEADINGS, row, sheets=3), means)
    yield Habit("rows above the headings", workbook([], [None], HEADINGS, row), means)
    unfinished = replaced(workbook(HEADINGS, ("E-1", APRIL_3, "=30+7.5")), SHEET, b"<v>0</v>", b"")
    yield Habit("a formula without its result", unfinished, None)
    yield Habit("a reference that is a number", workbook(HEADINGS, (7, APRIL_3, 16)), ("7", APRIL_3, "16"))
    yield Habit("sixteen digits", workbook(HEADINGS, (1234567890123456, APRIL_3, 16)), None)
    yield Habit("a day as a bare number", workbook(HEADINGS, ("E-1", 46115, 16)), None)
    yield Habit("a day as text", workbook(HEADINGS, ("E-1", "03/04/2026", "37,5")), means)
    yield Habit("true for a number", workbook(HEADINGS, ("E-1", APRIL_3, True)), None)
    yield Habit("hidden and merged cells", _hidden(), means)
    yield Habit("columns in another order", workbook(HEADINGS[::-1], row[::-1]), means)
    yield Habit("a column that nobody asked for", workbook((*HEADINGS, "notes"), (*row, "x")), means)


def _hidden() -> bytes:
    """Return a workbook with a hidden column, a hidden row and a merged title beside the table."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(0, 0, HEADINGS)
        sheet.write_row(1, 0, ["E-1", None, 37.5])
        sheet.write_datetime(1, 1, APRIL_3, day)
        sheet.set_column(2, 2, None, None, {"hidden": True})
        sheet.set_row(1, None, None, {"hidden": True})
        sheet.merge_range(4, 0, 5, 2, "")
    return buffer.getvalue()


def _quoted(cell: str, mark: str) -> str:
    return f'"{cell}"' if mark in cell else cell
