"""The investor's return."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from investment.rules.returns import Flow, internal_rate, multiple


def test_a_year_at_ten_per_cent() -> None:
    flows = [Flow(date(2025, 1, 1), -100_00), Flow(date(2026, 1, 1), 110_00)]
    assert internal_rate(flows) == Decimal("0.1000")
    assert multiple(flows) == Decimal("1.10")


def test_what_is_known_of_spreadsheets() -> None:
    """The example in the manuals of spreadsheet programs: 37.34%."""
    flows = [
        Flow(date(2008, 1, 1), -10_000_00),
        Flow(date(2008, 3, 1), 2_750_00),
        Flow(date(2008, 10, 30), 4_250_00),
        Flow(date(2009, 2, 15), 3_250_00),
        Flow(date(2009, 4, 1), 2_750_00),
    ]
    assert internal_rate(flows) == Decimal("0.3734")


def test_there_is_none_before_anything_came_back() -> None:
    assert internal_rate([Flow(date(2026, 1, 1), -100)]) is None
    assert internal_rate([]) is None
    assert multiple([]) is None
    assert multiple([Flow(date(2026, 1, 1), -100)]) == Decimal("0.00")


def test_a_loss_is_below_zero() -> None:
    rate = internal_rate([Flow(date(2025, 1, 1), -100_00), Flow(date(2026, 1, 1), 80_00)])
    assert rate == Decimal("-0.2000")


@given(st.integers(1, 10**9), st.integers(-90, 300), st.integers(1, 5))
def test_the_rate_of_one_payment_back_is_found_again(paid_in: int, per_cent: int, years: int) -> None:
    start, end = date(2021, 1, 1), date(2021 + years, 1, 1)
    back = round(paid_in * (1 + per_cent / 100) ** ((end - start).days / 365))
    rate = internal_rate([Flow(start, -paid_in * 1_000), Flow(end, back * 1_000)])
    if back and paid_in > 10**6:
        assert rate is not None
        assert abs(rate - Decimal(per_cent) / 100) <= Decimal("0.0002")
