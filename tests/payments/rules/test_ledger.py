"""Double entry as a rule: what balances, and what undoes what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.rules.ledger import Balance, Entry, Unbalanced, balance_of, balances, opposite

ACCOUNTS = ("BANK", "RECEIVABLES", "INCOME")
amounts = st.integers(-(10**12), 10**12).filter(bool)
entries = st.lists(
    st.builds(Entry, st.sampled_from(ACCOUNTS), amounts, funder=st.integers(1, 3)), max_size=12
)


@pytest.mark.parametrize(
    ("amounts", "reason"),
    [
        ((), "two sides"),
        ((5,), "two sides"),
        ((5, -5, 0), "nothing"),
        ((500, -499), "0.01 apart"),
        ((-500, 400), "-1.00 apart"),
    ],
)
def test_what_is_no_journal_is_refused_with_the_reason(amounts: tuple[int, ...], reason: str) -> None:
    with pytest.raises(Unbalanced, match=reason):
        balance_of(Entry("BANK", amount) for amount in amounts)


@given(entries)
def test_m3_entries_and_their_opposite_leave_nothing_anywhere(listed: list[Entry]) -> None:
    both = [*listed, *opposite(listed)]
    if len(both) >= 2:
        balance_of(both)
    assert all(balance.net == 0 for balance in balances(both, ACCOUNTS))
    assert {(entry.account, entry.funder) for entry in opposite(listed)} == {
        (entry.account, entry.funder) for entry in listed
    }


def test_the_balances_stand_in_the_order_of_the_accounts_with_both_sides() -> None:
    listed = [Entry("INCOME", -1000), Entry("BANK", 700), Entry("BANK", 600), Entry("BANK", -300)]
    assert balances(listed, ACCOUNTS) == [Balance("BANK", 1300, 300), Balance("INCOME", 0, 1000)]
    assert [balance.net for balance in balances(listed, ACCOUNTS)] == [1000, -1000]
