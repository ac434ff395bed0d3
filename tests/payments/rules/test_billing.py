"""From charges to documents (spec: invoicing): what cancels, what waits, what adds up."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor

from hypothesis import given
from hypothesis import strategies as st

from mhep.kernel.periods import Month, YearStart
from payments.rules.billing import BillableLine, bill, cancelled, falls_due_for_billing

NO_VAT = Decimal(0)
CHARGES = st.lists(st.integers(0, 5000), max_size=12)


@st.composite
def open_lines(draw: st.DrawFn) -> list[BillableLine]:
    """Draw charges, and credits of some: of charges here or billed before, of the same amount or another."""
    charges = [BillableLine(key, amount, None) for key, amount in enumerate(draw(CHARGES), start=1)]
    here = draw(st.lists(st.sampled_from(charges), unique=True)) if charges else []
    credits_ = [
        BillableLine(100 + line.key, -draw(st.sampled_from((line.amount, line.amount + 5))), line.key)
        for line in here
        if line.amount
    ]
    before = [
        BillableLine(200 + key, -amount, 900 + key) for key, amount in enumerate(draw(CHARGES)) if amount
    ]
    return draw(st.permutations(charges + credits_ + before))


@given(open_lines(), st.decimals(0, 100, places=3))
def test_documents_and_what_waits_are_all_that_was_open(lines: list[BillableLine], rate: Decimal) -> None:
    gone = cancelled(lines)
    kept = [line for line in lines if line.key not in gone]
    billed = bill(kept, rate)
    net = (billed.invoice.net if billed.invoice else 0) - (
        billed.credit_note.net if billed.credit_note else 0
    )
    amounts = {line.key: line.amount for line in lines}
    assert net + sum(amounts[key] for key in billed.waiting) == sum(amounts.values())
    on_paper = [key for draft in (billed.invoice, billed.credit_note) if draft for key in draft.lines]
    assert sorted([*on_paper, *billed.waiting, *gone]) == sorted(amounts)


@given(open_lines())
def test_what_cancels_is_pairs_of_a_charge_and_its_credit_of_the_same_amount(
    lines: list[BillableLine],
) -> None:
    by_key = {line.key: line for line in lines}
    pairs = {
        frozenset((line.key, line.credits))
        for line in lines
        if line.credits in by_key and by_key[line.credits].amount + line.amount == 0
    }
    assert cancelled(lines) == frozenset().union(*pairs)


@given(open_lines(), st.decimals(0, 100, places=3))
def test_vat_is_on_the_net_sum_rounded_half_up(lines: list[BillableLine], rate: Decimal) -> None:
    billed = bill(lines, rate)
    for draft in filter(None, (billed.invoice, billed.credit_note)):
        assert draft.net > 0
        assert draft.vat == floor(draft.net * Fraction(rate) / 100 + Fraction(1, 2))
        assert draft.gross == draft.net + draft.vat


def test_half_a_penny_of_vat_is_a_penny() -> None:
    draft = bill([BillableLine(1, 250, None)], Decimal("20.2")).invoice
    assert draft is not None
    assert draft.vat == 51  # 50.5


def test_vat_is_rounded_once_and_not_line_by_line() -> None:
    draft = bill([BillableLine(key, 1, None) for key in range(10)], Decimal(50)).invoice
    assert draft is not None
    assert draft.vat == 5


def test_a_sum_of_zero_makes_no_document_and_its_lines_wait() -> None:
    billed = bill([BillableLine(1, 0, None), BillableLine(2, -300, 900)], NO_VAT)
    assert billed.invoice is None
    assert billed.waiting == (1,)
    assert billed.credit_note is not None
    assert billed.credit_note.lines == (2,)


def test_no_lines_make_no_document() -> None:
    billed = bill([], NO_VAT)
    assert (billed.invoice, billed.credit_note, billed.waiting) == (None, None, ())


def test_a_credit_of_another_amount_stands_beside_its_charge() -> None:
    """A marginal clawback need not equal what was paid for the event."""
    lines = [BillableLine(1, 500, None), BillableLine(2, -300, 1)]
    assert cancelled(lines) == frozenset()


def test_a_quarterly_agreement_is_billed_in_the_third_month_of_a_quarter_of_its_financial_year() -> None:
    july = YearStart.parse("07-01")
    months = list(Month(2026, 1).until(Month(2026, 12)))
    assert [m.number for m in months if falls_due_for_billing(m, quarterly=True, financial_year=july)] == [
        3,
        6,
        9,
        12,
    ]
    assert all(falls_due_for_billing(m, quarterly=False, financial_year=july) for m in months)
