"""Bank files: the same from each format, every known fault found and classed, nothing taken twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.rules.bank_csv import ColumnMapping, guess, headings_of
from payments.rules.bank_files import BankFormat, format_of, read_bank_file
from payments.rules.bank_mt940 import read_mt940
from payments.rules.bank_statement import (
    CODES,
    Known,
    Line,
    Statement,
    UnreadableBankFile,
    exact_minor,
    keys_of,
    new_lines,
)
from tests.payments.rules.bank_files import ACCOUNT, LINES, MAPPING, Told, camt, csv_file, made, many_lines
from tests.payments.rules.bank_files import mt940 as mt940_file
from tests.payments.rules.bank_files import ofx as ofx_file


def read(content: bytes, mapping: ColumnMapping | None = MAPPING) -> Statement:
    _, (statement,) = read_bank_file(content, account=ACCOUNT, currency="GBP", mapping=mapping)
    return statement


def codes(content: bytes, mapping: ColumnMapping | None = MAPPING) -> list[str]:
    """Return the codes with which a file is refused; none if it is taken."""
    try:
        read(content, mapping)
    except UnreadableBankFile as refusal:
        return [problem.code if problem.message else "" for problem in refusal.problems]
    return []


@pytest.mark.parametrize("form", BankFormat)
def test_every_format_gives_the_same_days_amounts_and_balances(form: BankFormat) -> None:
    content = made(form)
    assert format_of(content) == form
    statement = read(content)
    assert [(line.booked_on, line.amount) for line in statement.lines] == [
        (line.booked_on, line.amount) for line in LINES
    ]
    assert "INV-000001" in statement.lines[0].words
    assert statement.closing == Told().closing
    if form != BankFormat.OFX:
        assert statement.opening == 1000_00
    if form != BankFormat.CSV:
        assert [line.bank_key for line in statement.lines] == ["B-1", "B-2", "B-3", "B-4"]


@pytest.mark.parametrize("version", ["02", "04", "06", "08", "10", "13"])
def test_camt_of_every_version_is_read_with_its_own_way_to_say_booked(version: str) -> None:
    status = "<Sts>BOOK</Sts>" if int(version) < 7 else "<Sts><Cd>BOOK</Cd></Sts>"
    assert len(read(camt(Told(), version, status).encode()).lines) == len(LINES)


def test_camt_takes_booked_entries_only() -> None:
    pending = camt(Told(lines=LINES[:1]), status="<Sts>PDNG</Sts>")
    assert codes(pending.replace("350.00", "100.00").replace("1250.00", "1000.00").encode()) == ["no_lines"]


def test_ofx_as_xml_is_read_too() -> None:
    content = (
        '<?xml version="1.0"?><?OFX OFXHEADER="200"?><OFX><STMTRS><CURDEF>GBP</CURDEF><BANKACCTFROM>'
        f"<ACCTID>{ACCOUNT}</ACCTID></BANKACCTFROM><STMTTRN><DTPOSTED>20260402</DTPOSTED><TRNAMT>10.50</TRNAMT>"
        "<FITID>1</FITID><NAME>A &amp; B</NAME><MEMO>INV-000002</MEMO></STMTTRN></STMTRS></OFX>"
    )
    (line,) = read(content.encode()).lines
    assert (line.amount, line.words) == (10_50, "A & B INV-000002")


def test_mt940_reversals_go_the_other_way() -> None:
    text = mt940_file(Told(lines=LINES[:1])).replace("C250,00N", "RC250,00N").replace("1250,00", "750,00")
    assert read(text.encode()).lines[0].amount == -250_00


def test_several_statements_in_one_mt940_are_told_apart() -> None:
    later = Told(lines=LINES[2:], opening=Told(lines=LINES[:2]).closing)
    content = (mt940_file(Told(lines=LINES[:2])) + "-\r\n" + mt940_file(later)).encode()
    assert [len(statement.lines) for statement in read_mt940(content)] == [2, 2]


def spoilt(text: str, was: str, becomes: str) -> Callable[[], bytes]:
    """Return what makes a file in which something stands otherwise."""
    assert was in text
    return lambda: text.replace(was, becomes).encode()


def xml(text: str) -> bytes:
    return text.encode()


BILLION = (
    '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE d SYSTEM "file:///etc/passwd">'
HEADER = '<?xml version="1.0" encoding="UTF-8"?>'
FAULTS: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (bytes, "unreadable_file"),
    "only blanks": (lambda: b" \n\t", "unreadable_file"),
    "too large": (lambda: b"x" * 20_000_001, "too_large"),
    "a workbook": (lambda: b"PK\x03\x04rest", "unknown_format"),
    "a PDF": (lambda: b"%PDF-1.7", "unknown_format"),
    "plain words": (lambda: b"Dear customer", "unknown_format"),
    "no text": (lambda: b"a,b\n\0,1\n", "unreadable_file"),
    "camt cut off": (lambda: camt(Told()).encode()[:-40], "unreadable_file"),
    "camt with entities": (lambda: xml(camt(Told()).replace(HEADER, BILLION)), "unsafe_xml"),
    "camt with an outside document": (lambda: xml(camt(Told()).replace(HEADER, OUTSIDE)), "unsafe_xml"),
    "camt of an unknown version": (lambda: xml(camt(Told(), "14")), "unknown_version"),
    "camt.052": (lambda: xml(camt(Told()).replace("camt.053", "camt.052")), "not_a_statement"),
    "other xml": (lambda: b"<html/>", "unknown_format"),
    "camt in half pennies": (lambda: xml(camt(Told()).replace("250.00<", "250.005<")), "bad_amount"),
    "camt with a sign": (lambda: xml(camt(Told()).replace(">250.00<", ">-250.00<")), "bad_amount"),
    "camt with no number": (lambda: xml(camt(Told()).replace(">250.00<", ">1e999999<")), "bad_amount"),
    "camt with no way": (lambda: xml(camt(Told()).replace("CRDT", "CRD")), "ambiguous_amount"),
    "camt with no day": (lambda: xml(camt(Told()).replace("<Dt>2026-04-03<", "<Dt>3 April<")), "bad_date"),
    "camt in two currencies": (
        lambda: xml(camt(Told()).replace('"GBP">12.50', '"EUR">12.50')),
        "wrong_currency",
    ),
    "mt940 without an opening balance": (
        lambda: mt940_file(Told()).replace(":60F:", ":60X:").encode() + b":60F:",
        "unreadable_file",
    ),
    "mt940 without a closing balance": (
        mt940_file(Told()).split(":62F:")[0].encode,
        "missing_balance",
    ),
    "mt940 with a broken line": (
        lambda: mt940_file(Told()).replace(":61:260402", ":61:26AA02", 1).encode(),
        "unreadable_file",
    ),
    "ofx with entities": (
        lambda: ofx_file(Told()).replace("<OFX>", "<!DOCTYPE a [<!ENTITY b 'c'>]><OFX>").encode(),
        "unsafe_xml",
    ),
    "ofx of no account": (lambda: b"OFXHEADER:100\n\n<OFX><SIGNONMSGSRSV1></OFX>", "not_a_statement"),
    "ofx cut off": (lambda: ofx_file(Told()).encode()[:-120], "unreadable_file"),
    "ofx with no day": (
        lambda: ofx_file(Told()).replace("<DTPOSTED>20260402", "<DTPOSTED>20261302").encode(),
        "bad_date",
    ),
    "ofx without an amount": (
        lambda: ofx_file(Told()).replace("<TRNAMT>250.00", "").encode(),
        "ambiguous_amount",
    ),
    "csv without the column": (lambda: b"Day,Amount\n1,2\n", "missing_column"),
    "csv with headings only": (lambda: b"Date,Description,Amount,Balance\n", "no_lines"),
    "csv with a word for an amount": (
        lambda: csv_file(Told()).replace(",250.00,", ",two,").encode(),
        "bad_amount",
    ),
    "csv with no day": (lambda: csv_file(Told()).replace("02/04/2026", "31/02/2026").encode(), "bad_date"),
    "csv with a line too few": (
        lambda: csv_file(Told()).replace("02/04/2026,CHARGES,-12.50,1237.50\r\n", "").encode(),
        "balance_mismatch",
    ),
}


@pytest.mark.parametrize(("make", "code"), FAULTS.values(), ids=FAULTS.keys())
def test_f5_every_known_fault_is_found_and_classed(make: Callable[[], bytes], code: str) -> None:
    assert codes(make()) == [code]
    assert code in CODES


@pytest.mark.parametrize("form", [BankFormat.CAMT053, BankFormat.MT940, BankFormat.CSV])
@pytest.mark.parametrize("wrong_by", [1, -1, 100_00])
def test_a_statement_that_does_not_add_up_is_refused(form: BankFormat, wrong_by: int) -> None:
    assert codes(made(form, Told(wrong_by=wrong_by))) == ["balance_mismatch"]


@pytest.mark.parametrize("form", [BankFormat.CAMT053, BankFormat.MT940, BankFormat.OFX])
def test_a_statement_of_another_account_or_currency_is_refused(form: BankFormat) -> None:
    assert codes(made(form, Told(account="GB94BARC10201530093459"))) == ["wrong_account"]
    assert codes(made(form, Told(currency="EUR"))) == ["wrong_currency"]
    assert codes(made(form, Told(account="GB33 BUKB 2020 1555 5555 55"))) == []


@given(
    form=st.sampled_from(list(BankFormat)),
    amounts=st.lists(st.integers(-(10**10), 10**10).filter(bool), min_size=1, max_size=9),
    opening=st.integers(-(10**9), 10**9),
)
def test_f1_any_amounts_come_through_each_format_to_the_penny(
    form: BankFormat, amounts: list[int], opening: int
) -> None:
    lines = [
        Line(date(2026, 4, 1 + place), amount, f"LINE {place}", bank_key=f"K{place}")
        for place, amount in enumerate(amounts)
    ]
    statement = read(made(form, Told(lines=lines, opening=opening)))
    assert [line.amount for line in statement.lines] == amounts


@given(st.binary(max_size=300))
def test_f2_any_bytes_give_a_statement_or_a_refusal(content: bytes) -> None:
    assert all(code in CODES for code in codes(content))


@given(
    form=st.sampled_from(list(BankFormat)),
    cut=st.integers(0, 3000),
    by=st.binary(max_size=4),
)
def test_f2_a_damaged_file_gives_a_statement_or_a_refusal(form: BankFormat, cut: int, by: bytes) -> None:
    content = made(form)
    assert all(code in CODES for code in codes(content[:cut] + by + content[cut + len(by) :]))


@given(st.data())
def test_f7_files_that_overlap_or_repeat_add_each_line_once(data: st.DataObject) -> None:
    """Any cuts of a history at days, in any order and any number of times, give the history once."""
    history = many_lines(30)
    days = sorted({line.booked_on for line in history})
    pairs = st.tuples(st.sampled_from(days), st.sampled_from(days)).map(sorted)
    known: list[Known] = []
    for first, last in [*data.draw(st.lists(pairs, max_size=6)), [days[0], days[-1]]]:
        part = [line for line in history if first <= line.booked_on <= last]
        known += [
            Known(line.booked_on, line.amount, key, "CSV") for line, key in new_lines(part, known, "CSV")
        ]
    assert Counter((each.booked_on, each.amount) for each in known) == Counter(
        (line.booked_on, line.amount) for line in history
    )
    assert len({each.key for each in known}) == len(history)


def test_a_day_that_was_only_half_there_is_filled_up() -> None:
    day = date(2026, 4, 1)
    one, other = Line(day, 100, "CARD"), Line(day, 100, "CARD")
    known = [Known(day, 100, keys_of([one])[0], "CSV")]
    assert len(new_lines([one, other, Line(day, 7, "CASH")], known, "CSV")) == 2


def test_the_same_days_in_another_format_add_nothing() -> None:
    known = [
        Known(line.booked_on, line.amount, key, "CAMT053")
        for line, key in zip(LINES, keys_of(LINES), strict=True)
    ]
    as_csv = read(made(BankFormat.CSV)).lines
    assert new_lines(as_csv, known, "CSV") == []
    more = Line(LINES[0].booked_on, LINES[0].amount, "ANOTHER OF THE SAME AMOUNT")
    assert len(new_lines([*as_csv, more], known, "CSV")) == 1


def test_a_text_that_only_differs_in_blanks_and_letters_is_the_same_line() -> None:
    line = Line(date(2026, 4, 1), 5, "Bacs  Ealing ")
    assert keys_of([line]) == keys_of([replace(line, text="BACS EALING")])
    assert keys_of([line]) != keys_of([replace(line, bank_key="BACS EALING")])


@pytest.mark.parametrize(
    ("row", "mapping", "amount"),
    [
        ("27/03/2026;1.234,56;x", ColumnMapping("D", "A", text="T", decimal_mark=","), 1234_56),
        ("2026-03-27;(12.00);x", ColumnMapping("D", "A", text="T", day_order="ymd"), -12_00),
        ("3/27/2026;£1,000.5;x", ColumnMapping("D", "A", text="T", day_order="mdy"), 1000_50),
        ("27 Mar 2026;12.00-;x", ColumnMapping("D", "A", text="T"), -12_00),
        ("27/03/26;12;x", ColumnMapping("D", paid_out="A", text="T"), -12_00),
        ("27.03.2026;-12;x", ColumnMapping("D", paid_in="A", text="T"), 12_00),
    ],
)
def test_f6_csv_habits_are_read_by_the_mapping(row: str, mapping: ColumnMapping, amount: int) -> None:
    (line,) = read(f"D;A;T\n{row}\n".encode(), mapping).lines
    assert (line.booked_on, line.amount) == (date(2026, 3, 27), amount)


def test_csv_with_the_newest_first_is_turned_round() -> None:
    rows = csv_file(Told()).splitlines()
    content = "\r\n".join([rows[0], *reversed(rows[1:])]).encode()
    statement = read(content)
    assert statement.lines[0].booked_on == LINES[0].booked_on
    assert (statement.opening, statement.closing) == (1000_00, Told().closing)


def test_the_columns_are_guessed_by_their_names() -> None:
    content = b"Date,Description,Money in,Money out,Balance\n"
    assert headings_of(content) == ["Date", "Description", "Money in", "Money out", "Balance"]
    guessed = guess(headings_of(content))
    assert (guessed.day, guessed.paid_in, guessed.paid_out, guessed.balance) == (
        *("Date", "Money in", "Money out", "Balance"),
    )
    assert guessed.fault() is None
    assert ColumnMapping.of(guessed.stored()) == guessed


@pytest.mark.parametrize(
    ("mapping", "fault"),
    [
        (ColumnMapping(""), "date"),
        (ColumnMapping("D", text="T"), "amount"),
        (ColumnMapping("D", "A", paid_in="B", text="T"), "amount"),
        (ColumnMapping("D", "A"), "who paid"),
    ],
)
def test_a_mapping_that_is_not_whole_says_what_it_lacks(mapping: ColumnMapping, fault: str) -> None:
    found = mapping.fault()
    assert found is not None
    assert fault in found.words


@pytest.mark.parametrize("text", ["", "NaN", "Infinity", "1.005", "1,00", "1e20", "0x10"])
def test_what_is_no_exact_amount_is_refused(text: str) -> None:
    with pytest.raises(UnreadableBankFile):
        exact_minor(text, "row 1")
