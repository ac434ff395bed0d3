"""Codes with days, and what Xero and Sage 50 get (F7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mhep.kernel.money import Money, percent_of
from payments.rules.booking.codes import (
    ACCOUNT,
    FUNDER,
    MOVEMENT,
    PROVIDER,
    VAT,
    Code,
    CodeBook,
    Subject,
    code_fault,
    vat_name,
)
from payments.rules.booking.facts import (
    BookedDocument,
    BookedLine,
    Leg,
    Movement,
    Named,
    Written,
    moved,
    with_vat,
)
from payments.rules.booking.sage import as_sage
from payments.rules.booking.xero import A_FILE, HEADINGS, as_xero
from payments.rules.vat import NO_VAT, VatGroup, VatKind, vat_groups

DAY = date(2026, 7, 3)
STANDARD = VatKind("standard", Decimal(20))
FUNDED, PROVIDED = Named(1, "F1", "Funder"), Named(2, "P1", "Provider")
JOB, START = Named(7, "JOB", "Job"), Named(8, "START", "Start")
INCOME = Subject(ACCOUNT, account="INCOME", funder=1, outcome=7)
ACCOUNTS = (
    *("RECEIVABLES", "INCOME", "VAT_OUTPUT", "PAYABLES", "PROVIDER_COSTS", "VAT_INPUT", "BANK"),
    *("UNALLOCATED", "IN_TRANSIT", "BANK_CHARGES"),
)


def book(*more: Code) -> CodeBook:
    """Return codes for everything: accounts are called by themselves."""
    subjects = {Subject(ACCOUNT, account=account): account[:8] for account in ACCOUNTS}
    subjects |= {Subject(VAT, vat=vat): vat for vat in ("standard 20", "unstated", MOVEMENT, "standard 5")}
    subjects |= {Subject(FUNDER, funder=1): "F1", Subject(PROVIDER, provider=2): "P1"}
    return CodeBook([*(Code(each, date.min, code) for each, code in subjects.items()), *more])


def sale(
    number: int, lines: Sequence[BookedLine], *, is_credit: bool = False, is_sale: bool = True
) -> Movement:
    """Return the movement of an issued document with these lines."""
    groups = vat_groups((line.vat, line.net) for line in lines)
    taxed = with_vat(lines, groups)
    vat = sum(group.vat_minor for group in groups)
    document = BookedDocument(f"DOC-{number}", is_sale, is_credit, "Funder", "PO-1", DAY, DAY, taxed, vat)
    owed, earned, tax = (
        ("RECEIVABLES", "INCOME", "VAT_OUTPUT") if is_sale else ("PAYABLES", "PROVIDER_COSTS", "VAT_INPUT")
    )
    side = -1 if is_sale == is_credit else 1
    funder, provider = (FUNDED, None) if is_sale else (None, PROVIDED)
    nets = Counter[Named | None]()
    for line in lines:
        nets[line.outcome] += line.net

    def leg(account: str, amount: int, *, outcome: Named | None = None, document: str = "") -> Leg:
        return Leg(account, amount, funder=funder, provider=provider, outcome=outcome, document=document)

    legs = [leg(owed, side * (document.net + vat), document=document.number)]
    legs += [leg(earned, -side * net, outcome=outcome) for outcome, net in nets.items() if net]
    legs += [leg(tax, -side * vat)] if vat else []
    return Movement(number, DAY, "Document issued", "", tuple(legs), document)


def cells(written: Written, heading: str) -> list[object]:
    return [row[file.headings.index(heading)] for file in written.files for row in file.rows]


lines = st.builds(
    BookedLine,
    description=st.just("Job"),
    outcome=st.sampled_from([None, JOB, START]),
    count=st.integers(1, 30),
    unit=st.integers(1, 10**6),
    vat=st.sampled_from([STANDARD, NO_VAT, VatKind("standard", Decimal(5))]),
)


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        (Subject(ACCOUNT, account="INCOME", funder=1, outcome=7), "funder and outcome"),
        (Subject(ACCOUNT, account="INCOME", funder=1, outcome=8), "funder"),
        (Subject(ACCOUNT, account="INCOME", funder=1), "funder"),
        (Subject(ACCOUNT, account="INCOME", funder=9, outcome=7), "outcome"),
        (Subject(ACCOUNT, account="INCOME", provider=1, outcome=7), "outcome"),
        (Subject(ACCOUNT, account="INCOME", funder=9), "all"),
        (Subject(ACCOUNT, account="INCOME", provider=1), "all"),
    ],
)
def test_the_narrowest_code_wins(subject: Subject, code: str) -> None:
    codes = CodeBook(
        [
            Code(Subject(ACCOUNT, account="INCOME"), DAY, "all"),
            Code(Subject(ACCOUNT, account="INCOME", outcome=7), DAY, "outcome"),
            Code(Subject(ACCOUNT, account="INCOME", funder=1), DAY, "funder"),
            Code(INCOME, DAY, "funder and outcome"),
        ]
    )
    assert codes.of(subject, DAY).code == code
    assert not codes.missing


def test_a_code_holds_from_its_day_until_the_next() -> None:
    subject = Subject(ACCOUNT, account="BANK")
    codes = CodeBook([Code(subject, DAY, "1"), Code(subject, DAY + timedelta(days=2), "2")])
    found = [codes.of(subject, DAY + timedelta(days=days)).code for days in range(-1, 4)]
    assert found == ["", "1", "1", "2", "2"]
    assert codes.missing == {subject: DAY - timedelta(days=1)}


def test_what_is_missing_is_named_once_for_all_with_its_earliest_day() -> None:
    codes = CodeBook([])
    for days in (3, 1, 2):
        codes.of(INCOME, DAY + timedelta(days=days))
    codes.of(Subject(FUNDER, funder=1), DAY)
    assert codes.missing == {
        Subject(ACCOUNT, account="INCOME"): DAY + timedelta(days=1),
        Subject(FUNDER, funder=1): DAY,
    }


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (STANDARD, "standard 20"),
        (VatKind("standard", Decimal("20.00")), "standard 20"),
        (VatKind("standard", Decimal("5.5")), "standard 5.5"),
        (VatKind("exempt", Decimal(0), "Training"), "exempt"),
        (NO_VAT, "unstated"),
    ],
)
def test_a_way_of_taxing_has_one_name(kind: VatKind, name: str) -> None:
    assert vat_name(kind) == name


@pytest.mark.parametrize("code", ["4000", "T1", "20% (VAT on Income)", "N/A", "4000-10", "0"])
def test_codes_of_xero_and_sage_are_codes(code: str) -> None:
    assert not code_fault(code)


@given(st.lists(lines, min_size=1, max_size=8))
def test_vat_divided_among_lines_adds_up_to_each_group(given_lines: list[BookedLine]) -> None:
    groups = vat_groups((line.vat, line.net) for line in given_lines)
    taxed = with_vat(given_lines, groups)
    for group in groups:
        assert sum(line.vat_minor for line in taxed if line.vat == group.kind) == group.vat_minor
    assert [line.net for line in taxed] == [line.net for line in given_lines]


def test_a_line_taxed_in_a_way_that_its_document_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="no sum"):
        with_vat([BookedLine("Job", JOB, 1, 100, STANDARD)], [VatGroup(NO_VAT, 100, 0)])


@given(st.lists(st.tuples(st.lists(lines, min_size=1, max_size=4), st.booleans()), max_size=6))
def test_f7_what_xero_books_is_what_the_ledger_says(documents: list[tuple[list[BookedLine], bool]]) -> None:
    movements = [sale(number, each, is_credit=credit) for number, (each, credit) in enumerate(documents)]
    written = as_xero(movements, book(), "GBP")
    assert written.effect == moved(movements)
    net = sum(
        int(str(count)) * unit.minor
        for count, unit in zip(cells(written, "*Quantity"), cells(written, "*UnitAmount"), strict=True)
        if isinstance(unit, Money)
    )
    tax = sum(each.minor for each in cells(written, "TaxAmount") if isinstance(each, Money))
    assert net + tax == moved(movements).get("RECEIVABLES", 0)
    assert set(cells(written, "*InvoiceNumber")) == {f"DOC-{number}" for number in range(len(documents))}


def test_xero_gets_500_documents_a_file_and_no_document_is_torn() -> None:
    line = BookedLine("Job", JOB, 1, 100, STANDARD)
    other = BookedLine("Start", START, 2, 100, STANDARD)
    movements = [sale(number, [line, other]) for number in range(A_FILE + 1)]
    movements += [sale(9999, [line], is_credit=True)]
    written = as_xero(movements, book(), "GBP")
    sizes = {
        file.name: len({row[HEADINGS.index("*InvoiceNumber")] for row in file.rows}) for file in written.files
    }
    assert sizes == {"xero-invoices-1": 500, "xero-invoices-2": 1, "xero-credit-notes-1": 1}
    assert len(written.files[0].rows) == 1000
    exact = as_xero(movements[:A_FILE], book(), "GBP")
    assert [file.name for file in exact.files] == ["xero-invoices-1"]


def test_lines_whose_vat_xero_would_round_apart_are_put_together() -> None:
    """Three times 0.33 at 20% is 0.20 on the document, and 0.07 a line in Xero."""
    movement = sale(1, [BookedLine(f"Job {each}", JOB, 1, 33, STANDARD) for each in "abc"])
    assert sum(percent_of(33, Decimal(20)) for _ in "abc") == 21
    written = as_xero([movement], book(), "GBP")
    assert cells(written, "*UnitAmount") == [Money(99, "GBP")]
    assert cells(written, "*Description") == ["1 × Job a; 1 × Job b; 1 × Job c"]
    assert written.warnings == ()


def test_vat_that_xero_rounds_apart_even_then_is_a_warning_with_both_amounts() -> None:
    movement = sale(1, [BookedLine("Job", JOB, 1, 33, STANDARD), BookedLine("Start", START, 1, 33, STANDARD)])
    codes = book(Code(Subject(ACCOUNT, account="INCOME", outcome=8), date.min, "4001"))
    written = as_xero([movement], codes, "GBP")
    assert len(written.files[0].rows) == 2
    (warning,) = written.warnings
    assert warning.startswith("DOC-1: Xero works out VAT of 0.14, the document says 0.13.")
    assert written.effect == moved([movement])


@given(st.lists(st.tuples(st.lists(lines, min_size=1, max_size=4), st.booleans(), st.booleans()), max_size=5))
def test_f7_what_sage_books_of_documents_is_what_the_ledger_says(
    documents: list[tuple[list[BookedLine], bool, bool]],
) -> None:
    movements = [
        sale(number, each, is_credit=credit, is_sale=is_sale)
        for number, (each, credit, is_sale) in enumerate(documents)
    ]
    written = as_sage(movements, book(), "GBP")
    assert written.effect == moved(movements)
    types = {("SI", "SC")[credit] if is_sale else ("PI", "PC")[credit] for _, credit, is_sale in documents}
    assert set(cells(written, "Type")) == types


@pytest.mark.parametrize(
    ("legs", "types"),
    [
        (((Leg("UNALLOCATED", 5), Leg("RECEIVABLES", -5, funder=FUNDED))), ["SA"]),
        (((Leg("RECEIVABLES", 5, funder=FUNDED), Leg("UNALLOCATED", -5))), ["SP"]),
        (((Leg("BANK_CHARGES", 5), Leg("RECEIVABLES", -5, funder=FUNDED))), ["SC"]),
        (((Leg("RECEIVABLES", 5, funder=FUNDED), Leg("BANK_CHARGES", -5))), ["SI"]),
        (((Leg("PAYABLES", 5, provider=PROVIDED), Leg("IN_TRANSIT", -5))), ["PA"]),
        (((Leg("IN_TRANSIT", 5), Leg("PAYABLES", -5, provider=PROVIDED))), ["PR"]),
        (((Leg("PAYABLES", 5, provider=PROVIDED), Leg("BANK_CHARGES", -5))), ["PC"]),
        (((Leg("BANK_CHARGES", 5), Leg("PAYABLES", -5, provider=PROVIDED))), ["PI"]),
        (((Leg("BANK", 5), Leg("UNALLOCATED", -5))), ["JD", "JC"]),
        ((Leg("RECEIVABLES", 5, funder=FUNDED), Leg("RECEIVABLES", -5, funder=FUNDED)), []),
        ((Leg("RECEIVABLES", 5, funder=FUNDED), Leg("PAYABLES", -5, provider=PROVIDED)), ["JD", "JC"]),
        (
            (
                Leg("PAYABLES", 3, provider=PROVIDED),
                Leg("PAYABLES", 4, provider=PROVIDED),
                Leg("IN_TRANSIT", -7),
            ),
            ["PA"],
        ),
    ],
)
def test_each_movement_has_its_type_in_sage_and_books_what_the_ledger_says(
    legs: tuple[Leg, ...], types: list[str]
) -> None:
    movement = Movement(1, DAY, "Money allocated", "", legs)
    written = as_sage([movement], book(), "GBP")
    assert cells(written, "Type") == types
    assert written.effect == moved([movement])
    assert {str(each) for each in cells(written, "Tax Code")} <= {MOVEMENT}


def test_codes_that_sage_would_cut_off_are_a_warning() -> None:
    code = Code(Subject(ACCOUNT, account="BANK"), DAY, "120000000")
    movement = Movement(1, DAY, "Line", "", (Leg("BANK", 5), Leg("UNALLOCATED", -5)))
    assert as_sage([movement], book(code), "GBP").warnings == (
        "Sage 50 takes codes of up to 8 signs. These are longer: 120000000.",
    )


def test_texts_for_sage_are_plain_and_short() -> None:
    movement = Movement(1, DAY, "Line", "Søren’s café – " * 9, (Leg("BANK", 5), Leg("UNALLOCATED", -5)))
    details = cells(as_sage([movement], book(), "GBP"), "Details")
    assert all(len(str(each)) <= 60 and str(each).isascii() for each in details)
