"""What credit notes come to against their invoice, however its lines are divided (ADR 0020)."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from payments.rules.billing import BillableLine, bill

AMOUNTS = st.lists(st.integers(1, 10**9), min_size=1, max_size=30)
RATES = st.decimals(0, 100, places=6)


@st.composite
def partitions(draw: st.DrawFn) -> tuple[list[int], list[list[int]]]:
    """Draw the lines of an invoice, and the same lines divided among credit notes."""
    amounts = draw(AMOUNTS)
    places = draw(st.lists(st.integers(0, 5), min_size=len(amounts), max_size=len(amounts)))
    notes: dict[int, list[int]] = {}
    for amount, place in zip(amounts, places, strict=True):
        notes.setdefault(place, []).append(amount)
    return amounts, list(notes.values())


def invoice_sums(amounts: list[int], rate: Decimal) -> tuple[int, int]:
    draft = bill([BillableLine(key, amount, None) for key, amount in enumerate(amounts)], rate).invoice
    assert draft is not None
    return draft.net, draft.vat


def credit_sums(amounts: list[int], rate: Decimal) -> tuple[int, int]:
    lines = [BillableLine(key, -amount, 1_000 + key) for key, amount in enumerate(amounts)]
    draft = bill(lines, rate).credit_note
    assert draft is not None
    return draft.net, draft.vat


@given(partitions(), RATES)
def test_a_full_set_of_credits_is_the_invoice_net_and_its_vat_but_for_rounding_by_document(
    divided: tuple[list[int], list[list[int]]], rate: Decimal
) -> None:
    amounts, notes = divided
    net, vat = invoice_sums(amounts, rate)
    credited = [credit_sums(note, rate) for note in notes]
    assert sum(each for each, _ in credited) == net
    assert 2 * abs(sum(each for _, each in credited) - vat) <= len(notes) + 1


@given(AMOUNTS, RATES)
def test_an_invoice_credited_on_one_note_is_credited_to_the_penny(amounts: list[int], rate: Decimal) -> None:
    assert credit_sums(amounts, rate) == invoice_sums(amounts, rate)
