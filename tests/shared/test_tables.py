"""Tables from CSV and XLSX: every byte string gives rows or a refusal in words (F1-F6)."""

from __future__ import annotations

import csv
import io
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from datetime import time as clock

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mhep.kernel.problems import Problem
from mhep.shared import tables
from mhep.shared.tables import Row, Table, UnreadableTable, read_table
from tests.shared.workbooks import LINKS, SHEET, STRINGS, changed, packed, replaced, workbook

HEADINGS = ("event", "job", "hours")
SOUND = workbook(HEADINGS, ["E1", "Café", 20.0], ["E2", "Shop", 15.5])


def cells(content: bytes) -> list[tuple[str, ...]]:
    return [row.cells for row in read_table(content, HEADINGS).rows]


def outcome(content: bytes) -> Table | tuple[Problem, ...]:
    """Return the table or the reasons for its refusal; any other exception fails the test."""
    try:
        return read_table(content, HEADINGS)
    except UnreadableTable as refused:
        if not refused.problems:
            raise
        return refused.problems


def refusal(content: bytes) -> list[tuple[str, str]]:
    with pytest.raises(UnreadableTable) as caught:
        read_table(content, HEADINGS)
    assert all(
        len(problem.message) > 20 and problem.message.endswith((".", "?"))
        for problem in caught.value.problems
    )
    return [(problem.place, problem.code) for problem in caught.value.problems]


# CSV


def test_columns_come_in_the_order_asked_for() -> None:
    assert cells(b"hours,event,job\n20,E1,Shop\n") == [("E1", "Shop", "20")]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_every_line_end_and_a_byte_order_mark_are_accepted(end: bytes) -> None:
    assert cells(end.join([b"\xef\xbb\xbfevent,job,hours", b"E1,A,1", b"E2,B,2"])) == [
        ("E1", "A", "1"),
        ("E2", "B", "2"),
    ]


def test_cells_are_trimmed_of_every_kind_of_space() -> None:
    assert cells("event , job,\u00a0hours\u00a0\n\u2003E1\t,\u00a0Café Nord ,\u00a0 \n".encode()) == [
        ("E1", "Café Nord", "")
    ]


def test_words_that_other_readers_take_for_nothing_are_kept() -> None:
    assert cells(b"event,job,hours\nNA,null,nan\n007,None,1.50\n") == [
        ("NA", "null", "nan"),
        ("007", "None", "1.50"),
    ]


def test_row_numbers_are_those_of_a_spreadsheet() -> None:
    content = b'event,job,hours\n\nE1,"two\nlines",1\n,,\n  \nE2,B,2\n'
    assert read_table(content, HEADINGS).rows == [Row(3, ("E1", "two\nlines", "1")), Row(6, ("E2", "B", "2"))]


def test_blank_rows_may_stand_above_the_headings() -> None:
    assert read_table(b"\n,,\nevent,job,hours\nE1,,\n", HEADINGS).rows == [Row(4, ("E1", "", ""))]


def test_a_short_row_lacks_its_last_cells() -> None:
    assert cells(b"event,job,hours\nE1\nE2,Shop") == [("E1", "", ""), ("E2", "Shop", "")]


def test_a_row_with_too_many_cells_has_a_fault_and_shifts_no_other() -> None:
    first, second = read_table(b"event,job,hours\nE1,Shop, main street,20\nE2,B,2\n", HEADINGS).rows
    assert first.fault is not None
    assert "4 cells for 3 headings" in first.fault
    assert second == Row(3, ("E2", "B", "2"))


def test_empty_cells_beyond_the_headings_are_no_fault() -> None:
    assert read_table(b"event,job,hours,,\nE1,A,1,,\n", HEADINGS).rows == [Row(2, ("E1", "A", "1"))]


def test_a_value_beneath_no_heading_is_a_fault() -> None:
    assert read_table(b"event,job,hours,\nE1,A,1,note\n", HEADINGS).rows[0].fault is not None


@pytest.mark.parametrize(
    ("line", "problems"),
    [
        (b"event,job", [("column hours", "missing_heading")]),
        (b"event,job,hours,name", [("column name", "unknown_heading")]),
        (b"event,job,hours,job", [("column job", "repeated_heading")]),
        (b"Event,job,hours", [("column Event", "unknown_heading"), ("column event", "missing_heading")]),
        (b"event,,job,hours", [("column 2", "unknown_heading")]),
        (b"E1,Shop,20", [(f"column {name}", "unknown_heading") for name in ("E1", "Shop", "20")]
         + [(f"column {name}", "missing_heading") for name in HEADINGS]),
        (b"event;job;hours", [("", "wrong_delimiter")]),
        (b"event\tjob\thours", [("", "wrong_delimiter")]),
        (b"event|job|hours", [("", "wrong_delimiter")]),
    ],
)  # fmt: skip
def test_every_fault_of_the_headings_is_listed(line: bytes, problems: list[tuple[str, str]]) -> None:
    assert refusal(line + b"\n1,2,3\n") == problems


def test_a_heading_that_is_nearly_right_is_named() -> None:
    with pytest.raises(UnreadableTable, match="Did you mean event"):
        read_table(b"Events,job,hours\n", HEADINGS)


def test_a_table_may_be_empty() -> None:
    assert read_table(b"event,job,hours\n", HEADINGS).rows == []


@pytest.mark.parametrize(
    ("content", "place", "code"),
    [
        (b"", "", "unreadable_file"),
        (b" \n\r\n\t", "", "unreadable_file"),
        (b",,\n,\n", "", "unreadable_file"),
        (b'event,job,hours\nE1,"Shop,20\nE2,B,2\n', "row 2", "unreadable_file"),
        (b'event,job,hours\nE1,"Sh"op,20\n', "row 2", "unreadable_file"),
        (b"event,job,hours\nE1," + b"x" * 200_000 + b",1\n", "row 2", "unreadable_file"),
        (b"event,job,hours\nE1,A\x00,1\n", "", "unreadable_file"),
        ("event,job,hours\nE1,A,1\nE2,Café,1\n".encode("cp1252"), "line 3", "not_utf8"),
        ("event,job,hours\nE1,A,1\n".encode("utf-16"), "", "not_utf8"),
        ("event,job,hours\nE1,A,1\n".encode("utf-16-be"), "", "unreadable_file"),
        (b"event,job,hours\nE1,\xed\xa0\x80,1\n", "line 2", "not_utf8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 512, "", "unreadable_file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "line 1", "not_utf8"),
    ],
)
def test_a_csv_file_that_cannot_be_read_says_where_and_why(content: bytes, place: str, code: str) -> None:
    assert refusal(content) == [(place, code)]


def test_a_file_may_be_as_large_as_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"event,job,hours\nE1,A,1\n"
    monkeypatch.setattr(tables, "MAX_BYTES", len(content))
    assert len(cells(content)) == 1
    assert refusal(content + b"\n") == [("", "too_large")]


def test_a_file_may_have_as_many_rows_as_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_ROWS", 2)
    content = b"event,job,hours\nE1,,\nE2,,\n"
    assert len(cells(content)) == 2
    assert refusal(content + b"E3,,\n") == [("", "too_many_rows")]


@given(
    st.lists(st.tuples(*[st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))] * 3))
)
def test_what_a_csv_writer_wrote_is_read_back(rows: list[tuple[str, str, str]]) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([HEADINGS, *rows])
    trimmed = [tuple(cell.strip() for cell in row) for row in rows]
    assert cells(buffer.getvalue().encode()) == [row for row in trimmed if any(row)]


@given(st.binary(max_size=400))
def test_no_bytes_raise_anything_but_a_refusal(content: bytes) -> None:
    for start in (b"", b"event,job,hours\n", b"PK\x03\x04"):
        outcome(start + content)


# XLSX


def test_a_workbook_reads_as_the_same_table_as_a_csv_file() -> None:
    assert read_table(SOUND, HEADINGS) == read_table(
        "event,job,hours\nE1,Café,20\nE2,Shop,15.5\n".encode(), HEADINGS
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (20.0, "20"),
        (0.1, "0.1"),
        (15.5, "15.5"),
        (0.00001, "0.00001"),
        (-1, "-1"),
        (999_999_999_999_999, "999999999999999"),
        (True, "TRUE"),
        (False, "FALSE"),
        ("007", "007"),
        ("\u00a0x ", "x"),
        (date(2026, 4, 1), "2026-04-01"),
        (datetime.combine(date(2026, 4, 1), clock()), "2026-04-01"),
        (datetime.combine(date(2026, 4, 1), clock(10, 30)), "2026-04-01T10:30:00"),
        (date(1900, 3, 1), "1900-03-01"),
    ],
)
def test_each_kind_of_cell_becomes_the_text_that_people_see(value: object, text: str) -> None:
    assert cells(workbook(HEADINGS, ["E1", value, 1])) == [("E1", text, "1")]


def test_dates_of_a_workbook_that_counts_from_1904_are_right() -> None:
    assert cells(workbook(HEADINGS, ["E1", date(2026, 4, 1), 1], since_1904=True)) == [
        ("E1", "2026-04-01", "1")
    ]


def test_only_the_first_sheet_is_read() -> None:
    assert cells(workbook(HEADINGS, ["E1", "A", 1], sheets=3)) == [("E1", "A", "1")]


def test_rows_keep_their_numbers_and_may_begin_anywhere() -> None:
    content = workbook([], [None, *HEADINGS], [], [None, "E1", "A", 1.0], [None, "E2", None, 2.0])
    assert read_table(content, HEADINGS).rows == [Row(4, ("E1", "A", "1")), Row(5, ("E2", "", "2"))]


@pytest.mark.parametrize("tag", [b"A1:A1", b"A1:XFD1048576", b"B9:A1", b"A1", b"A1:C2", None])
def test_a_false_or_missing_dimension_loses_no_row(tag: bytes | None) -> None:
    """F4."""
    content = workbook(HEADINGS, *[[f"E{number}", "A", number] for number in range(1, 1_001)])
    whole = b'<dimension ref="A1:C1001"/>'
    new = b"" if tag is None else b'<dimension ref="' + tag + b'"/>'
    assert cells(replaced(content, SHEET, whole, new)) == [(f"E{n}", "A", str(n)) for n in range(1, 1_001)]


def test_cells_and_rows_without_references_are_read_in_their_order() -> None:
    content = SOUND
    for reference in (
        b' r="1"',
        b' r="2"',
        b' r="3"',
        *(b' r="%c%d"' % (c, n) for c in b"ABC" for n in (1, 2, 3)),
    ):
        content = replaced(content, SHEET, reference, b"")
    assert cells(content) == cells(SOUND)


def test_a_reference_may_stand_anywhere_in_its_cell_and_in_either_kind_of_quotation_mark() -> None:
    assert cells(replaced(SOUND, SHEET, b'<c r="C3"', b"<c s='0'  r = 'C3'")) == cells(SOUND)


def test_a_formula_counts_by_its_stored_result() -> None:
    content = changed(
        workbook(HEADINGS, ["E1", "A", 1]),
        SHEET,
        lambda data: data.replace(b'<c r="C2"><v>1</v>', b'<c r="C2"><f>4*5</f><v>20</v>'),
    )
    assert read_table(content, HEADINGS).rows == [Row(2, ("E1", "A", "20"))]


def test_a_formula_without_a_stored_result_is_a_fault_of_its_row_alone() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (HEADINGS, ["E1", "A", "=1+1"], ["E2", "B", 2]):
        sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    first, second = read_table(buffer.getvalue(), HEADINGS).rows
    assert first.fault is not None
    assert "cell C2 holds a formula" in first.fault
    assert second == Row(3, ("E2", "B", "2"))


def test_formulas_elsewhere_in_a_sheet_are_no_fault() -> None:
    sparkline = b'<extLst><ext xmlns:xm="x"><xm:f>Sheet1!A1</xm:f></ext></extLst></worksheet>'
    content = replaced(SOUND, SHEET, b"</worksheet>", sparkline)
    assert read_table(content, HEADINGS) == read_table(SOUND, HEADINGS)


def test_many_unfinished_formulas_do_not_stall_the_reader() -> None:
    """F2: a reader that looks for the end of each would take minutes."""
    unfinished = b"".join(b'<row r="%d"><c r="A%d" s="%d"><f>' % (n, n, n) for n in range(4, 40_000))
    started = time.monotonic()
    assert refusal(replaced(SOUND, SHEET, b"</sheetData>", unfinished)) == [("", "unreadable_file")]
    assert time.monotonic() - started < 2


def test_an_error_in_a_cell_is_a_fault_of_its_row_and_not_an_absent_value() -> None:
    content = replaced(SOUND, SHEET, b'<c r="C2"><v>20</v>', b'<c r="C2" t="e"><v>#N/A</v>')
    first, second = read_table(content, HEADINGS).rows
    assert first.fault is not None
    assert "cell C2 shows an error" in first.fault
    assert second.fault is None


@pytest.mark.parametrize("number", [b"1000000000000000", b"1.23456789012345e+18", b"NaN", b"inf"])
def test_a_number_that_a_spreadsheet_cannot_keep_is_a_fault_of_its_row(number: bytes) -> None:
    first, second = read_table(replaced(SOUND, SHEET, b"<v>20</v>", b"<v>" + number + b"</v>"), HEADINGS).rows
    assert first.fault is not None
    assert "format the cell as text" in first.fault
    assert second.fault is None


SPOILT: dict[str, Callable[[], bytes]] = {
    "only a signature": lambda: b"PK",
    "a signature and junk": lambda: b"PK\x03\x04" + b"junk" * 99,
    "an empty archive": packed,
    "the first half": lambda: SOUND[: len(SOUND) // 2],
    "the end cut off": lambda: SOUND[:-30],
    "a byte changed in the packed data": lambda: SOUND[:60] + bytes([SOUND[60] ^ 255]) + SOUND[61:],
    "another kind of document": lambda: packed(("word/document.xml", b"<w/>")),
    "an OpenDocument sheet": lambda: packed(("mimetype", b"application/vnd.oasis.opendocument.spreadsheet")),
    "a binary workbook": lambda: packed(("xl/workbook.bin", b"\x83\x01\x00")),
    "no workbook part": lambda: changed(SOUND, "xl/workbook.xml", lambda _: None),
    "an empty workbook part": lambda: changed(SOUND, "xl/workbook.xml", lambda _: b""),
    "a workbook without sheets": lambda: changed(SOUND, "xl/workbook.xml", lambda _: b"<workbook/>"),
    "no relations": lambda: changed(SOUND, LINKS, lambda _: None),
    "relations that lead nowhere": lambda: replaced(SOUND, LINKS, b"sheet1", b"sheet7"),
    "relations that lead outside": lambda: replaced(
        SOUND, LINKS, b"worksheets/sheet1", b"../../etc/passwd"
    ),
    "no sheet part": lambda: changed(SOUND, SHEET, lambda _: None),
    "an empty sheet part": lambda: changed(SOUND, SHEET, lambda _: b""),
    "a sheet that is no XML": lambda: changed(SOUND, SHEET, lambda _: b"\x00\xff" * 99),
    "half a sheet": lambda: changed(SOUND, SHEET, lambda data: data[: len(data) // 2]),
    "half a row": lambda: changed(SOUND, SHEET, lambda data: data[: data.index(b'r="B3"')]),
    "no strings": lambda: changed(SOUND, STRINGS, lambda _: None),
    "too few strings": lambda: replaced(SOUND, SHEET, b"<v>0</v>", b"<v>999</v>"),
    "strings in another encoding": lambda: replaced(SOUND, STRINGS, "Café".encode(), b"Caf\xe9\xff"),
    "strings that claim to be billions": lambda: changed(
        SOUND, STRINGS, lambda data: data.replace(b'uniqueCount="', b'uniqueCount="4000000000')
    ),
    "strings that claim it in another spelling": lambda: changed(
        SOUND, STRINGS, lambda data: data.replace(b'uniqueCount="', b'uniqueCount="&#52;00000000')
    ),
    "a cell at the far corner": lambda: replaced(SOUND, SHEET, b'r="C3"', b'r="XFD1048576"'),
    "a cell beyond the far corner": lambda: replaced(SOUND, SHEET, b'r="C3"', b'r="ZZZZZZ1"'),
    "a cell in row four billion": lambda: replaced(SOUND, SHEET, b'r="C3"', b'r="C4000000000"'),
    "a cell in no row": lambda: replaced(SOUND, SHEET, b'r="C3"', b'r="C0"'),
    "a cell without a column": lambda: replaced(SOUND, SHEET, b'r="C3"', b'r="3"'),
    "a cell with an empty reference": lambda: replaced(SOUND, SHEET, b'r="C3"', b'r=""'),
    "a cell with a spelled-out reference": lambda: replaced(SOUND, SHEET, b'r="C3"', b'r="&#88;FD3"'),
    "a cell with two references": lambda: replaced(SOUND, SHEET, b'r="C3"', b'r="C3" r="XFD1048576"'),
    "an error in a cell without a reference": lambda: replaced(
        SOUND, SHEET, b'<c r="C3"><v>15.5</v>', b'<c t="e"><v>#N/A</v>'
    ),
    "a cell behind a bracket": lambda: replaced(SOUND, SHEET, b'r="C3"', b'x=">" r="XFD1048576"'),
    "a row numbered in billions": lambda: replaced(SOUND, SHEET, b'<row r="3"', b'<row r="4000000000"'),
    "a row numbered minus one": lambda: replaced(SOUND, SHEET, b'<row r="3"', b'<row r="-1"'),
    "an internal entity": lambda: replaced(
        SOUND, SHEET, b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet'
    ),
    "an external entity": lambda: replaced(
        SOUND, STRINGS, b"<sst", b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><sst'
    ),
    "entities that multiply": lambda: replaced(
        SOUND, "xl/workbook.xml", b"<workbook",
        b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><workbook',
    ),
    "an empty document type": lambda: replaced(SOUND, STRINGS, b"<sst", b"<!DOCTYPE x><sst"),
    "a document type behind padding": lambda: replaced(
        SOUND, SHEET, b"<worksheet", b" " * ((1 << 20) - 60) + b"<!DOCTYPE x><worksheet"
    ),
    "one name twice": lambda: _with_twin(SOUND),
    "200 MB in 200 kB": lambda: packed(("xl/workbook.xml", b"0" * 200_000_000)),
    "many entries": lambda: packed(*[(f"xl/{number}.xml", b"") for number in range(2_001)]),
    "a size that is a lie": lambda: _with_false_size(SOUND),
    "an encrypted entry": lambda: _with_flag(SOUND),
    "an unusual packing": lambda: _repacked(SOUND, zipfile.ZIP_BZIP2),
}  # fmt: skip


def _with_twin(content: bytes) -> bytes:
    buffer = io.BytesIO(content)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(SHEET.upper(), b"<worksheet/>")
    return buffer.getvalue()


def _directory(content: bytes, name: bytes) -> int:
    """Return where the directory's entry of that name begins."""
    return content.rindex(name) - 46


def _with_false_size(content: bytes) -> bytes:
    place = _directory(content, SHEET.encode()) + 24
    return content[:place] + (100).to_bytes(4, "little") + content[place + 4 :]


def _with_flag(content: bytes) -> bytes:
    place = _directory(content, SHEET.encode()) + 8
    return content[:place] + b"\x01" + content[place + 1 :]


def _repacked(content: bytes, method: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", method) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return buffer.getvalue()


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_workbook_is_refused_in_words(name: str) -> None:
    """F1, F3, F5."""
    ((place, code),) = refusal(SPOILT[name]())
    assert (place, code) in {("", "unreadable_file"), ("", "too_large")}


def test_a_bomb_is_refused_at_once_and_unopened() -> None:
    """F3: less than a second, less than 100 MB."""
    bomb = packed((SHEET, b"0" * 200_000_000))
    assert len(bomb) < 250_000
    tracemalloc.start()
    started = time.monotonic()
    assert refusal(bomb) == [("", "too_large")]
    assert time.monotonic() - started < 1
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_a_long_text_in_many_cells_is_refused() -> None:
    content = workbook(HEADINGS, *[["E", "job", 1]] * 30_000)
    long = replaced(content, STRINGS, b"<t>job</t>", b"<t>" + bytes(range(97, 123)) * 1_000 + b"</t>")
    assert refusal(long) == [("", "too_large")]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_change_to_a_workbook_raises_anything_but_a_refusal(data: st.DataObject) -> None:
    """F2: numbers are exchanged and bytes are changed in one part."""
    with zipfile.ZipFile(io.BytesIO(SOUND)) as archive:
        name = data.draw(st.sampled_from(archive.namelist()))
        part = bytearray(archive.read(name))
    digits = [place for place, byte in enumerate(part) if 48 <= byte <= 57]
    place = data.draw(st.sampled_from(digits) if digits else st.just(0))
    part[place : place + 1] = data.draw(
        st.sampled_from([b"-1", b"4294967296", b"99999999999999999999", b"NaN"]) | st.binary()
    )
    outcome(changed(SOUND, name, lambda _: bytes(part)))
