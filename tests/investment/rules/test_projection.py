"""What the coming months bring, and the most that is missing."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from investment.rules.facility import Movement, MovementKind
from investment.rules.projection import (
    Ahead,
    Facility,
    Position,
    flows_ahead,
    flows_of,
    peak_cash_need,
    project,
)
from investment.rules.waterfall import Tier
from mhep.kernel.periods import Month

FIRST = Month(2026, 1)
FREE = Facility(rate=Decimal(0))
AMOUNTS = st.integers(0, 10**9)


def months(*figures: tuple[int, int, int, int]) -> list[Ahead]:
    return [Ahead(FIRST + at, *each) for at, each in enumerate(figures)]


MONTHS = st.lists(st.tuples(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS), max_size=12).map(lambda rows: months(*rows))


def test_a_drawdown_pays_the_providers_and_receipts_repay_it() -> None:
    projected = project(months((0, 0, 800, 1_000), (900, 0, 0, 0), (300, 0, 0, 0)), Position(), FREE)
    assert [each.cash for each in projected] == [0, 100, 400]
    assert [each.principal for each in projected] == [800, 0, 0]
    assert [each.distribution.paid(Tier.PRINCIPAL) for each in projected] == [200, 800, 0]


def test_what_cannot_be_paid_stands_first_in_the_next_month() -> None:
    projected = project(months((100, 0, 250, 0), (400, 0, 0, 0)), Position(), FREE)
    assert projected[0].missing == 150
    assert projected[1].distribution.paid(Tier.PROVIDERS) == 150
    assert projected[1].missing == 0
    assert projected[1].cash == 250


def test_interest_is_paid_before_principal_and_a_reserve_is_kept() -> None:
    drawn = Position(movements=(Movement(FIRST.first_day, MovementKind.DRAWDOWN, 365_000),))
    facility = Facility(rate=Decimal(10), reserve=500)
    (month,) = project(months((4_000, 0, 0, 0)), drawn, facility)
    assert month.distribution.paid(Tier.INTEREST) == 3_000  # 30 days at 100 a day
    assert month.distribution.paid(Tier.PRINCIPAL) == 500
    assert month.cash == 500


@given(MONTHS, AMOUNTS)
def test_no_money_appears_or_is_lost(ahead: list[Ahead], cash: int) -> None:
    projected = project(ahead, Position(cash=cash), Facility(rate=Decimal(7)))
    paid = sum(step.paid for each in projected for step in each.distribution.steps)
    brought = sum(each.received + each.drawn for each in ahead)
    assert cash + brought - paid == (projected[-1].cash if projected else cash)
    assert all(each.cash >= 0 and each.principal >= 0 for each in projected)


@given(MONTHS)
def test_the_facility_never_gets_back_more_principal_than_was_drawn(ahead: list[Ahead]) -> None:
    projected = project(ahead, Position(), FREE)
    repaid = sum(each.distribution.paid(Tier.PRINCIPAL) for each in projected)
    assert repaid <= sum(each.drawn for each in ahead)
    assert sum(flow.amount for flow in flows_ahead(projected)) == repaid - sum(each.drawn for each in ahead)


@given(MONTHS, AMOUNTS)
def test_cash_of_the_peak_need_is_enough_and_one_less_is_not(ahead: list[Ahead], cash: int) -> None:
    undrawn = [Ahead(each.month, each.received, each.costs, each.providers) for each in ahead]
    peak = peak_cash_need(undrawn, cash)
    need = peak.amount if peak else 0
    assert not any(each.missing for each in project(undrawn, Position(cash=cash + need), FREE))
    if peak:
        assert any(each.missing for each in project(undrawn, Position(cash=cash + need - 1), FREE))


def test_movements_are_seen_from_the_investors_side() -> None:
    day = FIRST.first_day
    flows = flows_of([Movement(day, MovementKind.DRAWDOWN, 100), Movement(day, MovementKind.INTEREST, 5)])
    assert [flow.amount for flow in flows] == [-100, 5]
