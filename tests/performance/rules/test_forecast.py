"""When a cap binds, and how sure that is."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mhep.kernel.periods import Month
from performance.rules.forecast import Binding, Room, binding_of, in_words

FIRST, LAST = Month(2026, 5), Month(2027, 3)
EVEN = [100_00] * 12


def amounts_of(seed: int) -> list[int]:
    """Return made-up amounts of six to twelve months."""
    chance = random.Random(seed)  # noqa: S311 - made-up amounts
    return [chance.randrange(1_000_000) for _ in range(chance.randint(6, 12))]


amounts = st.integers(0, 2**32).map(amounts_of)


def binding(left: int, recent: Sequence[int], last: Month = LAST) -> Binding:
    found = binding_of(Room(left, recent, FIRST, last))
    assert found is not None
    return found


def test_even_months_bind_when_their_sum_reaches_what_is_left() -> None:
    found = binding(300_00, EVEN)
    assert found.likely_month == found.earliest == found.latest == Month(2026, 7)
    assert (found.chance, found.likely) == (10, 1100_00)


def test_a_cap_that_a_usual_year_does_not_reach_does_not_bind() -> None:
    found = binding(2000_00, EVEN)
    assert (found.likely_month, found.earliest, found.chance) == (None, None, 0)
    assert in_words(found, FIRST).startswith("It does not bind before the end")


@pytest.mark.parametrize("months", range(6))
def test_fewer_than_six_months_say_nothing(months: int) -> None:
    assert binding_of(Room(1, EVEN[:months], FIRST, LAST)) is None
    assert "It takes six" in in_words(None, FIRST) or "it takes six" in in_words(None, FIRST)


def test_only_the_last_twelve_months_count() -> None:
    assert binding(300_00, [9_999_00, *EVEN]) == binding(300_00, EVEN)


def test_an_uneven_year_gives_a_span_that_holds_the_likely_month_and_says_it() -> None:
    found = binding(500_00, [20_00, 180_00] * 6)
    assert found.earliest is not None
    assert found.likely_month is not None
    assert found.earliest < found.likely_month
    assert found.latest is None or found.likely_month < found.latest
    assert "four chances in five between" in in_words(found, FIRST)


@given(amounts, st.integers(1, 10**7))
def test_the_earliest_is_never_after_the_likely_nor_that_after_the_latest(
    recent: list[int], left: int
) -> None:
    found = binding(left, recent)
    never = LAST + 1
    months = [month or never for month in (found.earliest, found.likely_month, found.latest)]
    assert months == sorted(months)
    assert found.low <= found.likely + 1
    assert found.likely <= found.high + 1


@given(amounts, st.integers(1, 10**7), st.integers(0, 10**6))
def test_more_room_never_binds_earlier_nor_is_likelier(recent: list[int], left: int, more: int) -> None:
    tight, wide = binding(left, recent), binding(left + more, recent)
    assert (tight.likely_month or LAST + 1) <= (wide.likely_month or LAST + 1)
    assert tight.chance >= wide.chance


def test_the_span_holds_about_four_fifths_of_what_comes() -> None:
    """A back-test on made-up years of one kind: the last six months lie in the span as often as it says."""
    chance = random.Random(20)  # noqa: S311 - made-up amounts
    held = 0
    for _ in range(500):
        year = [max(int(chance.gauss(100_00, 30_00)), 0) for _ in range(18)]
        found = binding(1, year[:12], FIRST + 5)
        held += found.low <= sum(year[12:]) <= found.high
    assert 370 <= held <= 430
