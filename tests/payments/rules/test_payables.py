"""What is paid to whom."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from payments.rules.payables import Payable, propose

DOCUMENTS = st.lists(
    st.builds(
        Payable,
        st.integers(1, 10**6),
        st.integers(1, 4),
        st.integers(-(10**9), 10**9).filter(lambda each: each != 0),
    ),
    unique_by=lambda each: each.document,
)


def test_a_credit_note_is_taken_off_what_its_provider_is_paid() -> None:
    proposal = propose([Payable(1, 7, 900_00), Payable(2, 7, -150_00), Payable(3, 8, 100_00)])
    assert [(order.provider, order.amount) for order in proposal.orders] == [(7, 750_00), (8, 100_00)]
    assert proposal.amount == 850_00


def test_whoever_owes_as_much_as_it_is_owed_waits() -> None:
    proposal = propose([Payable(1, 7, 100), Payable(2, 7, -100)])
    assert not proposal.orders
    assert [each.document for each in proposal.waiting] == [1, 2]


@given(DOCUMENTS)
def test_every_document_is_in_one_order_or_waits(payables: list[Payable]) -> None:
    proposal = propose(payables)
    placed = [each for order in proposal.orders for each in order.documents] + list(proposal.waiting)
    assert sorted(placed, key=lambda each: each.document) == sorted(payables, key=lambda each: each.document)
    assert all(order.amount > 0 for order in proposal.orders)
    assert len({order.provider for order in proposal.orders}) == len(proposal.orders)
    assert sum(each.amount for each in proposal.waiting) <= 0
    assert proposal.amount + sum(each.amount for each in proposal.waiting) == sum(
        each.amount for each in payables
    )


@given(DOCUMENTS)
def test_the_order_in_which_documents_come_does_not_matter(payables: list[Payable]) -> None:
    assert propose(payables) == propose(reversed(payables))
