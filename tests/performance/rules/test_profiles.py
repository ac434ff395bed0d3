"""Profiles: versions, quarters, and what is left spread up to the cap, to the unit."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mhep.kernel.periods import Month
from mhep.shared.tables import Row
from performance.rules.metrics import Unit
from performance.rules.profiles import (
    SUBJECTS,
    CannotReprofile,
    Plan,
    Restated,
    Rhythm,
    read_profile,
    read_value,
    reprofiled,
    restated,
    write_value,
)

APRIL = Month(2026, 4)
QUARTERS = Plan(APRIL, Rhythm.QUARTER, (0, 30, 60, 90))
AMOUNTS = st.integers(0, 10**8)
SETTINGS = settings(deadline=None)  # the machine may be busy


@SETTINGS
@given(st.lists(AMOUNTS, min_size=1, max_size=30), st.data())
def test_results_and_what_is_left_always_add_up_to_the_cap(values: list[int], data: st.DataObject) -> None:
    locked = data.draw(st.integers(0, len(values) - 1))
    results = data.draw(st.lists(AMOUNTS, min_size=locked, max_size=locked))
    cap = sum(results) + data.draw(AMOUNTS)
    plan = reprofiled(Plan(APRIL, Rhythm.MONTH, tuple(values)), results, cap)
    assert sum(plan.values) == cap
    assert list(plan.values[:locked]) == results
    assert (plan.locked, len(plan.values)) == (locked, len(values))
    ahead = list(zip(values[locked:], plan.values[locked:], strict=True))
    assert all(new_a <= new_b + 1 for a, new_a in ahead for b, new_b in ahead if a <= b)


def test_a_published_profile_drawn_anew_ends_at_its_cap() -> None:
    """A published contract whose second plan left 235,817.00 of 1,439,148.00 to two quarters (domain 1.9)."""
    done = [143_914_800 - 23_581_700]
    plan = reprofiled(Plan(APRIL, Rhythm.QUARTER, (1, 15_031_017, 8_550_683)), done, 143_914_800)
    assert plan.values[1:] == (15_031_017, 8_550_683)


def test_what_is_left_is_spread_evenly_where_nothing_was_planned_any_more() -> None:
    assert reprofiled(Plan(APRIL, Rhythm.MONTH, (9, 0, 0, 0)), [4], 14).values == (4, 4, 3, 3)


@pytest.mark.parametrize(
    ("results", "cap", "words"),
    [([1, 2, 3, 4], 100, "No period is left"), ([50, 60], 100, "Raise what it may come to")],
)
def test_a_plan_without_room_or_time_is_refused(results: list[int], cap: int, words: str) -> None:
    with pytest.raises(CannotReprofile, match=words):
        reprofiled(QUARTERS, results, cap)


def test_months_of_a_quarter_share_it_evenly() -> None:
    plan = Plan(APRIL, Rhythm.QUARTER, (10, 3))
    assert [value for _, value in plan.by_month()] == [4, 3, 3, 1, 1, 1]
    assert plan.planned(APRIL, Month(2026, 5)) == 7
    assert plan.planned(Month(2026, 6), Month(2026, 7)) == 4
    assert plan.planned(Month(2027, 1), Month(2027, 3)) is None
    assert plan.last_month == Month(2026, 9)


@pytest.mark.parametrize(
    ("month", "place"),
    [(Month(2026, 3), None), (APRIL, 0), (Month(2026, 6), 0), (Month(2026, 7), 1), (Month(2027, 4), None)],
)
def test_a_month_belongs_to_one_period(month: Month, place: int | None) -> None:
    assert QUARTERS.place_of(month) == place


def test_a_result_that_is_known_otherwise_now_stands_with_both_values() -> None:
    plan = reprofiled(QUARTERS, [5, 28], 200)
    assert restated(plan, [5, 27, 99]) == (Restated(Month(2026, 7), 28, 27),)
    assert restated(plan, [None, 28]) == ()


def table(*lines: str) -> list[Row]:
    return [Row(number, tuple(line.split(","))) for number, line in enumerate(lines, 2)]


def test_a_table_of_periods_becomes_a_plan_in_order() -> None:
    found = read_profile(table("2026-07,30", "2026-04,0", "2026-10,60"), Rhythm.QUARTER, Unit.OUTCOMES)
    assert found.plan == Plan(APRIL, Rhythm.QUARTER, (0, 30, 60))


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((), "empty"),
        (("2026-04,-1",), "bad_value"),
        (("2026-04,1.5",), "bad_value"),
        (("2026-04,many",), "bad_value"),
        (("2026-04,1e99999",), "bad_value"),
        (("2026-04,NaN",), "bad_value"),
        (("April,1",), "bad_value"),
        (("2026-04,1", "2026-04,2"), "duplicate_period"),
        (("2026-04,1", "2026-06,2"), "gap"),
    ],
)
def test_a_table_that_cannot_be_a_plan_is_refused_with_its_place(lines: tuple[str, ...], code: str) -> None:
    found = read_profile(table(*lines), Rhythm.MONTH, Unit.OUTCOMES)
    assert found.plan is None
    assert found.rejections[0].code == code


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("12", Unit.PEOPLE, 12),
        (" 1,250.5 ", Unit.AMOUNT, 125_050),
        ("38.5%", Unit.PER_CENT, 385),
        ("30", Unit.DAYS, 300),
    ],
)
def test_values_are_read_in_the_unit_of_what_is_planned(text: str, unit: Unit, value: int) -> None:
    assert read_value(text, unit) == value
    assert read_value(write_value(value, unit), unit) == value


def test_what_is_planned_are_metrics_outcomes_and_money() -> None:
    assert {"referrals", "starts", "job-starts", "job-start-rate", "outcomes", "spend"} <= set(SUBJECTS)
    assert not {"outcomes-against-profile", "spend-against-cap"} & set(SUBJECTS)
    assert SUBJECTS["starts"].is_additive
    assert not SUBJECTS["job-start-rate"].is_additive
    assert not SUBJECTS["spend"].is_of_people
