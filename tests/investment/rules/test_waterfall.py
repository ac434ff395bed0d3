"""Who is paid first out of what was earned."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from investment.rules.waterfall import DEFAULT_ORDER, Tier, check_order, distribute

AMOUNTS = st.integers(0, 10**12)
CLAIMS = st.fixed_dictionaries(dict.fromkeys(Tier, AMOUNTS))
ORDERS = st.permutations(list(Tier))


def test_money_runs_down_the_tiers_until_it_ends() -> None:
    owed = {Tier.COSTS: 100, Tier.PROVIDERS: 250, Tier.INTEREST: 30, Tier.PRINCIPAL: 1_000}
    paid = distribute(400, owed)
    assert [(step.tier, step.paid, step.left) for step in paid.steps] == [
        (Tier.COSTS, 100, 0),
        (Tier.PROVIDERS, 250, 0),
        (Tier.INTEREST, 30, 0),
        (Tier.PRINCIPAL, 20, 980),
    ]
    assert paid.residual == 0


def test_what_is_left_when_all_are_paid_is_the_residual() -> None:
    assert distribute(150, {Tier.COSTS: 100}).residual == 50


@pytest.mark.parametrize("available", [0, -1, -500])
def test_nothing_available_pays_nobody(available: int) -> None:
    paid = distribute(available, {Tier.COSTS: 100})
    assert paid.paid(Tier.COSTS) == 0
    assert paid.left(Tier.COSTS) == 100
    assert paid.residual == 0


@given(AMOUNTS, CLAIMS, ORDERS)
def test_what_is_paid_and_left_over_is_what_there_was(
    available: int, owed: dict[Tier, int], order: list[Tier]
) -> None:
    paid = distribute(available, owed, order)
    assert sum(step.paid for step in paid.steps) + paid.residual == available
    assert all(0 <= step.paid <= step.owed for step in paid.steps)


@given(AMOUNTS, CLAIMS, ORDERS)
def test_a_tier_gets_nothing_before_those_above_it_are_paid_in_full(
    available: int, owed: dict[Tier, int], order: list[Tier]
) -> None:
    paid = distribute(available, owed, order)
    for above, below in zip(paid.steps, paid.steps[1:], strict=False):
        assert not below.paid or not above.left
    assert not paid.residual or not any(step.left for step in paid.steps)


@given(AMOUNTS, AMOUNTS, CLAIMS)
def test_more_money_never_pays_anybody_less(available: int, more: int, owed: dict[Tier, int]) -> None:
    less, greater = distribute(available, owed), distribute(available + more, owed)
    assert all(greater.paid(tier) >= less.paid(tier) for tier in Tier)


def test_an_order_names_every_tier_once() -> None:
    check_order(DEFAULT_ORDER)
    with pytest.raises(ValueError, match="COSTS once; it has it 0 times"):
        check_order(DEFAULT_ORDER[1:])
    with pytest.raises(ValueError, match="INTEREST once; it has it 2 times"):
        check_order([*DEFAULT_ORDER, Tier.INTEREST])


def test_nobody_is_owed_less_than_nothing() -> None:
    with pytest.raises(ValueError, match="less than nothing"):
        distribute(1, {Tier.COSTS: -1})
