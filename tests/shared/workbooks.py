"""Workbooks for tests: sound ones, and the same ones spoilt part by part."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime

import xlsxwriter

SHEET = "xl/worksheets/sheet1.xml"
LINKS = "xl/_rels/workbook.xml.rels"
STRINGS = "xl/sharedStrings.xml"


def workbook(*rows: Sequence[object], since_1904: bool = False, sheets: int = 1) -> bytes:
    """Return a workbook whose first sheet holds the rows; a text that begins with ``=`` is a formula."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "date_1904": since_1904})
    day = book.add_format({"num_format": "d mmmm yyyy"})
    for number in range(sheets):
        sheet = book.add_worksheet()
        for row, cells in enumerate(rows if number == 0 else [["other"]]):
            for column, cell in enumerate(cells):
                if isinstance(cell, date | datetime):
                    sheet.write_datetime(row, column, cell, day)
                elif cell is not None:
                    sheet.write(row, column, cell)
    book.close()
    return buffer.getvalue()


def changed(content: bytes, part: str, change: Callable[[bytes], bytes | None]) -> bytes:
    """Return the workbook with one part changed, or left out where ``change`` returns ``None``."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            data = change(old.read(name)) if name == part else old.read(name)
            if data is not None:
                new.writestr(name, data)
    return buffer.getvalue()


def replaced(content: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """Return the workbook with ``old`` replaced in one part; ``old`` must be there."""

    def change(data: bytes) -> bytes:
        assert old in data
        return data.replace(old, new)

    return changed(content, part, change)


def packed(*entries: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return buffer.getvalue()
