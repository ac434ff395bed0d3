"""Tables to download: the same figures as CSV and XLSX, and no text that a spreadsheet program runs (X1)."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime

import openpyxl
import pytest

from mhep.kernel.money import Money
from mhep.shared.sheets import Sheet, as_csv, as_xlsx

RUNNING = [
    "=1+1",
    '=HYPERLINK("http://example.org","x")',
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1,1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\0=1",
    " =1",
    "\u00a0=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
]


def csv_rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_both_files_hold_the_same_table() -> None:
    sheet = Sheet(
        "INV-000001",
        ("Who", "When", "Lines", "Net"),
        [
            ("Ealing, “West”", date(2026, 4, 6), 3, Money(123_456_789, "GBP")),
            ("Harrow", date(2026, 4, 7), 0, Money(-5, "GBP")),
        ],
    )

    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(sheet)))

    assert csv_rows(as_csv(sheet)) == [
        ["Who", "When", "Lines", "Net"],
        ["Ealing, “West”", "2026-04-06", "3", "1234567.89"],
        ["Harrow", "2026-04-07", "0", "-0.05"],
    ]
    assert book.sheetnames == ["INV-000001"]
    assert list(book.worksheets[0].iter_rows(values_only=True)) == [
        ("Who", "When", "Lines", "Net"),
        ("Ealing, “West”", datetime(2026, 4, 6), 3, 1234567.89),  # noqa: DTZ001 (a day in a workbook has no zone)
        ("Harrow", datetime(2026, 4, 7), 0, -0.05),  # noqa: DTZ001
    ]


@pytest.mark.parametrize("text", RUNNING)
def test_no_text_is_run_by_a_spreadsheet_program(text: str) -> None:
    sheet = Sheet("X", ("Reference",), [(text,)])

    (_, (cell,)) = csv_rows(as_csv(sheet))
    in_book = openpyxl.load_workbook(io.BytesIO(as_xlsx(sheet))).worksheets[0]["A2"]

    assert cell.startswith("'")
    assert in_book.data_type in {"s", "inlineStr"}


@pytest.mark.parametrize("text", ["E-001", "a=b", "P 1", "é", "0012", "1e5"])
def test_a_harmless_text_is_left_as_it_is(text: str) -> None:
    sheet = Sheet("X", ("Reference",), [(text,)])

    (_, (cell,)) = csv_rows(as_csv(sheet))
    in_book = openpyxl.load_workbook(io.BytesIO(as_xlsx(sheet))).worksheets[0]["A2"]

    assert cell == text
    assert (in_book.value, in_book.data_type) == (text, "s")
