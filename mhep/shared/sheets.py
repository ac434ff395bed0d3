"""A table as a file to download: CSV or XLSX, the same rows and figures in both, and nothing in it runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import xlsxwriter

from mhep.kernel.money import Money, to_major

Cell = str | int | date | Money

# Spreadsheet programs run a text that begins so, also in full width and behind blanks.
_RUNS = tuple("=+-@\t\r\n＝＋－＠")
_NO_TIME = datetime(1980, 1, 1, tzinfo=UTC)
_WIDTHS = (10, 40)  # of a column, in characters


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table under its headings: amounts as ``Money``, dates as ``date``, the rest text or counts."""

    title: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]


def as_csv(sheet: Sheet, *, is_marked: bool = True) -> bytes:
    """
    Return the table as CSV in UTF-8.

    Amounts are plain decimals, dates ISO 8601. A text that a spreadsheet program would run gets an apostrophe
    in front.

    :param is_marked: whether it begins with a byte order mark, which spreadsheet programs know UTF-8 by and
        some importers take for part of the first heading.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(sheet.headings)
    writer.writerows([_text(cell) for cell in row] for row in sheet.rows)
    return stream.getvalue().encode("utf-8-sig" if is_marked else "utf-8")


def unguarded(text: str) -> str:
    """Return a text as it was before :func:`as_csv` put an apostrophe in front of it, if it did."""
    return text[1:] if text.startswith("'") and _is_run(text) else text


def as_xlsx(*sheets: Sheet) -> bytes:
    """
    Return the tables as a workbook: amounts are numbers, dates are dates, a text is never a formula.

    The same tables give the same bytes: the workbook does not say when it was made.
    """
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        book.set_properties({"created": _NO_TIME})
        formats = {
            Money: book.add_format({"num_format": "#,##0.00"}),
            date: book.add_format({"num_format": "yyyy-mm-dd"}),
            str: book.add_format({"bold": True}),
        }
        for sheet in sheets:
            _add(book.add_worksheet(sheet.title[:31]), sheet, formats)
    return stream.getvalue()


def _add(
    page: xlsxwriter.worksheet.Worksheet, sheet: Sheet, formats: dict[type, xlsxwriter.format.Format]
) -> None:
    for column, heading in enumerate(sheet.headings):
        page.write_string(0, column, heading, formats[str])
    for number, row in enumerate(sheet.rows, start=1):
        for column, cell in enumerate(row):
            _write(page, (number, column), cell, formats)
    for column, width in enumerate(_widths(sheet)):
        page.set_column(column, column, width)
    page.freeze_panes(1, 0)


def _is_run(text: str) -> bool:
    # Apostrophes of its own stand in front too, so that taking one away gives the text again.
    return text.lstrip("'").lstrip(" \u00a0").startswith(_RUNS)


def _text(cell: Cell) -> str:
    if isinstance(cell, Money):
        return to_major(cell.minor)
    if isinstance(cell, str):
        shown = cell.replace("\0", "")
        return f"'{shown}" if _is_run(shown) else shown
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _write(
    page: xlsxwriter.worksheet.Worksheet,
    place: tuple[int, int],
    cell: Cell,
    formats: dict[type, xlsxwriter.format.Format],
) -> None:
    row, column = place
    if isinstance(cell, Money):
        page.write_number(row, column, cell.minor / 100, formats[Money])
    elif isinstance(cell, str):
        page.write_string(row, column, cell)
    elif isinstance(cell, date):
        page.write_datetime(row, column, cell, formats[date])
    else:
        page.write_number(row, column, cell)


def _widths(sheet: Sheet) -> list[int]:
    least, most = _WIDTHS
    rows = [sheet.headings, *(tuple(_text(cell) for cell in row) for row in sheet.rows)]
    return [min(max(least, *map(len, column)) + 1, most) for column in zip(*rows, strict=True)]
