"""
The first sheet of an XLSX workbook as rows of text, from bytes that nobody vouches for.

python-calamine reads the cells. Three things it does not do are done here first. It trusts
numbers in the file when it asks for memory, so that one cell reference or one count can
end the process: sizes, counts and references are checked before it sees the file. It
returns an empty text for a cell that shows an error, and for a formula whose result was
never stored: such rows are marked, because an absent value is not what the cell says. And
it passes over document type declarations: they are refused.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from xml.etree.ElementTree import ParseError

MAX_ENTRIES = 2_000
MAX_UNPACKED_BYTES = 300_000_000
MAX_RATIO = 100  # unpacked to packed; a sheet of real data stays below 50
SMALL_ENTRY_BYTES = 1_000_000  # an entry this small does no harm whatever its ratio
MAX_CELLS = 6_000_000  # rows times columns of the used area, which calamine allocates in one piece
MAX_TEXT_BYTES = 1_000_000_000  # string cells times the longest string: calamine copies each
EXACT_DIGITS = 10**15  # a spreadsheet keeps 15 digits of a number

_CHUNK = 1 << 20
_DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY")
_STORED_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ATTRIBUTES = rb"""((?:\s+[\w:.-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'))*)\s*/?>"""
_CELL = re.compile(  # as nearly every program writes it, or else with whatever attributes
    rb"""<c r="([A-Z]{1,3})([1-9][0-9]{0,6})"(?: s="[0-9]+")?(?: t="(?:s|n|b|str|inlineStr)")?/?>|"""
    rb"<(?:\w+:)?c" + _ATTRIBUTES
)
_ANY_CELL = re.compile(rb"<(?:\w+:)?c(?=[\s/>])")
_ROW = re.compile(rb"<(?:\w+:)?row" + _ATTRIBUTES)
_ANY_ROW = re.compile(rb"<(?:\w+:)?row(?=[\s/>])")
_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([^"']*)["']""")
_CELL_REFERENCE = re.compile(rb"([A-Z]{1,3})([1-9][0-9]{0,6})")
_ROW_REFERENCE = re.compile(rb"[1-9][0-9]{0,6}")
_ERROR = re.compile(rb"""\st\s*=\s*["']e["']""")
_FORMULA = re.compile(rb"<(?:\w+:)?f(?=[\s/>])")
_CELL_END = re.compile(rb"</(?:\w+:)?c\s*>")
_STORED_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>[^<]|<(?:\w+:)?is[\s>]")
_TEXT_ITEM = re.compile(rb"<(?:\w+:)?si[\s>]")
_COUNT = re.compile(rb"uniqueCount\s*=\s*([^\s/>]*)")
_PLAIN_COUNT = re.compile(rb"[\"']([0-9]{1,9})[\"']")


class UnreadableWorkbook(Exception):
    """The bytes are no workbook that can be read; ``code`` and the text say why and how to mend it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class SheetRow:
    """
    One row of a file as text.

    ``number`` is the row's number as a spreadsheet shows it. ``fault`` says in words why
    a cell cannot be taken at its word, or is ``None``.
    """

    number: int
    cells: list[str]
    fault: str | None = None


@dataclass(slots=True)
class _Extent:
    """How far a sheet reaches, and the rows of which a cell has no usable value."""

    rows: int = 0
    columns: int = 0
    cells: int = 0
    faults: dict[int, str] = field(default_factory=dict)


def workbook_rows(content: bytes) -> Iterator[SheetRow]:
    """
    Yield the rows of the first sheet from row 1 on, blank ones included.

    Dates are ISO text, also those with a time of midnight; whole numbers have no decimal
    point, other numbers are plain decimals; truth values are ``TRUE`` and ``FALSE``. A
    formula counts by its stored result.

    :raises UnreadableWorkbook: before the first row, for anything but a sound workbook.
    """
    parts = _checked_parts(content)
    extent = _extent(parts.read(_first_sheet(parts)))
    _refuse_false_sizes(parts, extent)
    for index, values in enumerate(_values(content)):
        yield _row(index + 1, values, extent.faults)


def first_sheet_name(content: bytes) -> str:
    """Return what the first sheet of a workbook is called, once :func:`workbook_rows` has read it."""
    import python_calamine  # noqa: PLC0415 - 40 ms that most processes never need

    return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names[0]


def _checked_parts(content: bytes) -> zipfile.ZipFile:
    """Open the container, and refuse one whose directory or whose bytes cannot be trusted."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        _refuse_bombs(archive.infolist(), len(content))
        for entry in archive.infolist():
            _refuse_spoilt(archive, entry)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        OSError,
        OverflowError,
        RuntimeError,
        ValueError,
    ) as error:
        raise UnreadableWorkbook(
            "unreadable_file",
            "The file looks like an XLSX workbook but is damaged or protected. "
            "Open it in a spreadsheet program, save it again without a password, and send it anew.",
        ) from error
    return archive


def _refuse_bombs(entries: list[zipfile.ZipInfo], packed_bytes: int) -> None:
    """Judge the directory alone: nothing has been unpacked yet."""
    unpacked = sum(entry.file_size for entry in entries)
    swollen = any(
        entry.file_size > SMALL_ENTRY_BYTES and entry.file_size > MAX_RATIO * max(entry.compress_size, 1)
        for entry in entries
    )
    overlapping = unpacked > SMALL_ENTRY_BYTES and unpacked > MAX_RATIO * packed_bytes
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED_BYTES or swollen or overlapping:
        raise UnreadableWorkbook(
            "too_large",
            "The workbook unpacks to far more than it may hold. Copy the rows that you need "
            "into a new workbook, or save the sheet as CSV.",
        )
    names = [entry.filename.lower() for entry in entries]
    if len(set(names)) != len(names):
        raise ValueError("two parts have one name")


def _refuse_spoilt(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Unpack one entry in pieces: its real size and checksum must be those of the directory."""
    if entry.compress_type not in _STORED_METHODS:
        raise ValueError("a packing method that no spreadsheet program uses")
    tail = b""
    with archive.open(entry) as part:
        while piece := part.read(_CHUNK):
            if any(word in tail + piece for word in _DECLARATIONS):
                raise UnreadableWorkbook(
                    "unreadable_file",
                    "The workbook holds a document type declaration, which no spreadsheet program writes. "
                    "Save it again from a spreadsheet program.",
                )
            tail = piece[-16:]


def _first_sheet(archive: zipfile.ZipFile) -> str:
    """Return the name of the part that holds the first sheet."""
    from defusedxml import DefusedXmlException  # noqa: PLC0415 - only needed for workbooks
    from defusedxml.ElementTree import fromstring  # noqa: PLC0415

    try:
        book = fromstring(archive.read("xl/workbook.xml"), forbid_dtd=True)
        links = fromstring(archive.read("xl/_rels/workbook.xml.rels"), forbid_dtd=True)
        sheet = next(item for item in book.iter() if _local(item.tag) == "sheet")
        link = next(value for name, value in sheet.attrib.items() if _local(name) == "id")
        target = next(item.attrib["Target"] for item in links if item.attrib.get("Id") == link)
        path = target.removeprefix("/") if target.startswith("/") else target
        path = path if path.startswith("xl/") else f"xl/{path}"
        return archive.getinfo(path).filename
    except (KeyError, StopIteration, ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise UnreadableWorkbook(
            "unreadable_file",
            "The file is packed like an XLSX workbook but holds no sheet. "
            "Save the table as an XLSX workbook or as CSV.",
        ) from error


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _extent(sheet: bytes) -> _Extent:
    """
    Measure a sheet by its cells, never by its ``dimension`` tag.

    :raises UnreadableWorkbook: if a row or cell is not written as spreadsheet programs write it.
    """
    extent = _Extent()
    unnumbered_rows = _measure_rows(sheet, extent)
    unnumbered_cells = _measure_cells(sheet, extent)
    extent.rows += unnumbered_rows
    if unnumbered_cells:
        extent.columns += max(len(_ANY_CELL.findall(row)) for row in _ANY_ROW.split(sheet))
    if extent.rows * extent.columns > MAX_CELLS:
        raise UnreadableWorkbook(
            "too_large",
            f"The sheet reaches to row {extent.rows} and column {extent.columns}, which is more than can be "
            "read at once. Delete what stands below and beside the table, or save it as CSV.",
        )
    if _FORMULA.search(sheet):
        _find_empty_formulas(sheet, extent)
    return extent


def _measure_rows(sheet: bytes, extent: _Extent) -> int:
    found = unnumbered = 0
    for match in _ROW.finditer(sheet):
        found += 1
        reference = _REFERENCE.search(match[1])
        if reference is None:
            unnumbered += 1
        elif not _ROW_REFERENCE.fullmatch(reference[1]):
            raise _odd_sheet()
        else:
            extent.rows = max(extent.rows, int(reference[1]))
    if found != sum(1 for _ in _ANY_ROW.finditer(sheet)):
        raise _odd_sheet()
    return unnumbered


def _measure_cells(sheet: bytes, extent: _Extent) -> int:
    """Take every cell into the extent, note the error cells, and count those without a reference."""
    found = unnumbered = last_row = 0
    columns: set[bytes] = set()
    for cell in _CELL.finditer(sheet):
        found += 1
        place = _place(cell)
        if place is None:
            unnumbered += 1
        else:
            columns.add(place[0])
            last_row = max(last_row, place[1])
        if cell[3] and _ERROR.search(cell[3]):
            _add_fault(extent, place, "shows an error; correct it or empty the cell")
    if found != sum(1 for _ in _ANY_CELL.finditer(sheet)):
        raise _odd_sheet()
    extent.cells = found
    extent.rows = max(extent.rows, last_row)
    extent.columns = max((_column_number(letters) for letters in columns), default=0)
    return unnumbered


def _place(cell: re.Match[bytes]) -> tuple[bytes, int] | None:
    """Return column and row of a cell, or ``None`` if it has no reference; two are one too many."""
    if cell[1]:
        return cell[1], int(cell[2])
    references = _REFERENCE.findall(cell[3])
    if not references:
        return None
    place = _CELL_REFERENCE.fullmatch(references[0])
    if place is None or len(references) > 1:
        raise _odd_sheet()
    return place[1], int(place[2])


def _find_empty_formulas(sheet: bytes, extent: _Extent) -> None:
    for piece in _CELL_END.split(sheet)[:-1]:
        opened = list(_CELL.finditer(piece)) if _FORMULA.search(piece) else []
        if not opened:
            continue
        cell = opened[-1]
        body = piece[cell.end() :]
        if _FORMULA.search(body) and not _STORED_VALUE.search(body):
            message = "holds a formula whose result is not stored; replace the formula with its value"
            _add_fault(extent, _place(cell), message)


def _add_fault(extent: _Extent, place: tuple[bytes, int] | None, message: str) -> None:
    if place is None:
        raise _odd_sheet()
    column, row = place
    earlier = extent.faults.get(row)
    fault = f"cell {column.decode('ascii')}{row} {message}"
    extent.faults[row] = fault if earlier is None else f"{earlier}; {fault}"


def _odd_sheet() -> UnreadableWorkbook:
    return UnreadableWorkbook(
        "unreadable_file",
        "The sheet is not written as a spreadsheet program writes it. Open it in a spreadsheet "
        "program and save it again, or save it as CSV.",
    )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _refuse_false_sizes(archive: zipfile.ZipFile, extent: _Extent) -> None:
    """Refuse more strings than the part can hold, and texts too long to be copied into every cell."""
    for entry in archive.infolist():
        if not entry.filename.lower().endswith("sharedstrings.xml"):
            continue
        part = archive.read(entry)
        for claimed in _COUNT.finditer(part):
            count = _PLAIN_COUNT.fullmatch(claimed[1])
            if count is None or int(count[1]) > len(part):
                raise _odd_sheet()
        longest = max(len(item) for item in _TEXT_ITEM.split(part))
        if longest * extent.cells > MAX_TEXT_BYTES:
            raise UnreadableWorkbook(
                "too_large", "A cell holds a text that is too long. Shorten it, or save the sheet as CSV."
            )


def _values(content: bytes) -> Iterator[Sequence[object]]:
    import python_calamine  # noqa: PLC0415 - 40 ms that most processes never need

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        yield from book.get_sheet_by_index(0).iter_rows()
    except python_calamine.CalamineError as error:
        raise _odd_sheet() from error
    except BaseException as error:
        # A fault inside calamine arrives as a class that it does not export and that is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise _odd_sheet() from error


def _row(number: int, values: Sequence[object], faults: dict[int, str]) -> SheetRow:
    fault = faults.get(number)
    cells = []
    for value in values:
        try:
            cells.append(_WRITERS[type(value)](value))
        except ValueError as error:
            cells.append("")
            fault = str(error) if fault is None else f"{fault}; {error}"
    return SheetRow(number, cells, fault)


def _number_text(value: float) -> str:
    if not math.isfinite(value) or abs(value) >= EXACT_DIGITS:
        raise ValueError(f"the number {value!r} is longer than a spreadsheet keeps; format the cell as text")
    if value.is_integer():
        return str(int(value))
    return format(Decimal(repr(value)), "f")


def _moment_text(value: datetime) -> str:
    return value.date().isoformat() if value.time() == time() else value.isoformat()


_WRITERS: dict[type, Callable[..., str]] = {
    str: str.strip,
    float: _number_text,
    int: str,
    bool: lambda value: "TRUE" if value else "FALSE",
    date: date.isoformat,
    datetime: _moment_text,
    time: time.isoformat,
    timedelta: str,
}
