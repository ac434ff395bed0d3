"""What a facility owes on a day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from investment.rules.facility import Movement, MovementKind, standing

RATE = Decimal("6.5")
FIRST = date(2026, 1, 1)
DAYS = st.integers(0, 2_000).map(lambda days: FIRST + timedelta(days=days))
DRAWN = st.builds(Movement, DAYS, st.just(MovementKind.DRAWDOWN), st.integers(1, 10**10))


def by_the_day(movements: list[Movement], at: date) -> Decimal:
    """Add up the interest day by day: the same rule by another way."""
    total, day = Decimal(0), FIRST
    while day < at:
        principal = sum(
            each.amount if each.kind is MovementKind.DRAWDOWN else -each.amount
            for each in movements
            if each.on <= day and each.kind in (MovementKind.DRAWDOWN, MovementKind.PRINCIPAL)
        )
        total += Decimal(principal) * RATE / 100 / 365
        day += timedelta(days=1)
    return total


def test_interest_is_on_what_was_drawn_and_not_repaid() -> None:
    movements = [
        Movement(date(2026, 1, 1), MovementKind.DRAWDOWN, 100_000_00),
        Movement(date(2026, 7, 2), MovementKind.PRINCIPAL, 40_000_00),
    ]
    after = standing(movements, Decimal(5), date(2027, 1, 1))
    assert after.principal == 60_000_00
    assert after.interest_accrued == 3_997_26  # 182 days on 100,000 and 183 days on 60,000
    assert after.owed == 63_997_26


def test_a_payment_of_interest_lowers_what_is_due_and_not_what_accrues() -> None:
    drawn = [Movement(FIRST, MovementKind.DRAWDOWN, 100_000_00)]
    paid = [*drawn, Movement(date(2026, 6, 1), MovementKind.INTEREST, 1_000_00)]
    at = date(2026, 12, 31)
    assert standing(paid, RATE, at).interest_accrued == standing(drawn, RATE, at).interest_accrued
    assert standing(paid, RATE, at).interest_due == standing(drawn, RATE, at).interest_due - 1_000_00


def test_what_comes_later_is_left_out() -> None:
    assert (
        standing([Movement(date(2026, 6, 1), MovementKind.DRAWDOWN, 1)], RATE, date(2026, 5, 31)).drawn == 0
    )


@given(st.lists(DRAWN, max_size=4), st.integers(0, 400))
def test_interest_agrees_with_the_sum_of_its_days(movements: list[Movement], days: int) -> None:
    at = FIRST + timedelta(days=days)
    assert abs(standing(movements, RATE, at).interest_accrued - by_the_day(movements, at)) <= Decimal(
        "0.5001"
    )


@given(st.lists(DRAWN, max_size=6), DAYS)
def test_what_stands_does_not_depend_on_the_order_in_which_it_was_written(
    movements: list[Movement], at: date
) -> None:
    assert standing(movements, RATE, at) == standing(reversed(movements), RATE, at)
