"""Exact amounts (catalogue M1, M2, M10, M11)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mhep.kernel.money import Money, from_major, instalments, percent_of, simple_interest, split, to_major

AMOUNTS = st.integers(0, 10**15)
PERCENTAGES = st.decimals(0, 100, places=6)


def half_up(minor: int, percent: Decimal) -> int:
    """The same rule by another way: decimal arithmetic, quantized half away from zero."""
    with localcontext(prec=60):
        return int((Decimal(minor) * percent / 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def halfway_cases() -> list[tuple[int, Decimal, int]]:
    """Return 200 amounts and percentages whose share ends in exactly a half, and the next whole unit."""
    cases = []
    for percent in map(Decimal, ("50", "12.5", "2.5", "0.5", "37.5", "62.5", "87.5", "20", "100", "5")):
        ratio = Fraction(percent) / 100
        for whole in range(2000):
            minor = (whole + Fraction(1, 2)) / ratio
            if minor.denominator == 1:
                cases.append((int(minor), percent, whole + 1))
            if len(cases) % 25 == 0 and cases and cases[-1][1] == percent:
                break
    return cases[:200]


def test_there_are_200_halfway_cases() -> None:
    assert len(halfway_cases()) == 200


@pytest.mark.parametrize("currency", ["GBP", "EUR", "DKK"])
def test_halves_go_up_and_a_credit_mirrors_its_charge(currency: str) -> None:
    """Catalogue M10."""
    for minor, percent, expected in halfway_cases():
        assert Money(percent_of(minor, percent), currency) == Money(expected, currency)
        assert percent_of(-minor, percent) == -expected


@given(AMOUNTS, PERCENTAGES)
def test_a_share_is_rounded_half_up_at_any_size(minor: int, percent: Decimal) -> None:
    assert percent_of(minor, percent) == half_up(minor, percent)
    assert percent_of(-minor, percent) == -percent_of(minor, percent)


def test_a_share_does_not_depend_on_the_precision_of_decimals() -> None:
    with localcontext(prec=3):
        assert percent_of(123_456_789_012_345, Decimal("33.333333")) == 41_152_262_592_592


@given(AMOUNTS, st.integers(1, 60))
def test_instalments_are_equal_and_rounded_down_with_the_remainder_in_the_first(
    total: int, count: int
) -> None:
    """Catalogue M1, M2: they sum to the penny, one payer pays all, nothing stays nothing."""
    first, *others = instalments(total, count)
    assert len(others) == count - 1
    assert first + sum(others) == total
    assert set(others) <= {total // count}
    assert 0 <= first - total // count < count


@pytest.mark.parametrize("count", [0, -1])
def test_no_instalments_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        instalments(100, count)


@given(AMOUNTS, AMOUNTS)
def test_two_currencies_never_mix(one: int, other: int) -> None:
    """Catalogue M11."""
    for attempt in (
        lambda: Money(one, "GBP") + Money(other, "DKK"),
        lambda: Money(one, "GBP") - Money(other, "EUR"),
        lambda: Money(one, "EUR") < Money(other, "DKK"),
    ):
        with pytest.raises(ValueError, match="do not mix"):
            attempt()


@given(AMOUNTS, AMOUNTS)
def test_amounts_of_one_currency_add_up(one: int, other: int) -> None:
    total = Money(one, "DKK") + Money(other, "DKK")
    assert total.minor == one + other
    assert total - Money(other, "DKK") == Money(one, "DKK")
    assert -total == Money(-one - other, "DKK")


@pytest.mark.parametrize("minor", [1.0, Decimal(1), True, "1"])
def test_money_takes_whole_minor_units_only(minor: object) -> None:
    with pytest.raises(TypeError, match="whole minor units"):
        Money(minor, "GBP")  # type: ignore[arg-type]


@given(AMOUNTS)
def test_an_amount_written_out_reads_back(minor: int) -> None:
    assert from_major(to_major(minor)) == minor


@pytest.mark.parametrize(
    ("minor", "text"),
    [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (-33330, "-333.30"), (10**11, "1000000000.00")],
)
def test_amounts_are_written_with_two_decimals_and_no_separators(minor: int, text: str) -> None:
    assert to_major(minor) == text


@pytest.mark.parametrize(
    "text", ["", "1.234", "-1", "+1", "1,00", "1e3", ".5", "1.", " 1", "NaN", "1\n", "١"]
)
def test_what_is_no_plain_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        from_major(text)


@pytest.mark.parametrize(
    ("text", "minor"), [("1250", 125000), ("1250.5", 125050), ("0.01", 1), ("007.10", 710)]
)
def test_plain_amounts_are_read(text: str, minor: int) -> None:
    assert from_major(text) == minor


def test_interest_on_1000_pounds_at_8_5_per_cent_is_23_pence_a_day() -> None:
    """The worked example of the United Kingdom's guidance on late payment."""
    assert simple_interest(1_000_00, Decimal("8.5")) == 23
    assert simple_interest(1_000_00 * 365, Decimal("8.5")) == 85_00


@given(AMOUNTS, PERCENTAGES)
def test_interest_of_a_whole_year_is_the_percentage(minor: int, percent: Decimal) -> None:
    assert simple_interest(minor * 365, percent) == percent_of(minor, percent)


@given(st.integers(-(10**15), 10**15), st.lists(st.integers(0, 10**9), min_size=1).filter(any))
def test_m2_a_split_adds_up_and_no_part_is_a_unit_away_from_its_share(total: int, weights: list[int]) -> None:
    parts = split(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(Fraction(total) * weight / sum(weights) - part) < 1
        assert part == 0 or weight > 0


def test_m2_what_a_split_leaves_over_goes_to_the_largest_fractions_and_then_the_earlier() -> None:
    assert split(100, [1, 1, 1]) == (34, 33, 33)
    assert split(-100, [1, 1, 1]) == (-34, -33, -33)
    assert split(10, [3, 4, 3]) == (3, 4, 3)
    assert split(1, [1, 2]) == (0, 1)


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1], [2, -1]])
def test_a_split_by_nothing_or_below_zero_is_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="split by weights"):
        split(1, weights)
