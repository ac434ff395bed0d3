"""Months, financial years and quarters."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mhep.kernel.periods import Month, YearStart

DAYS = st.dates(date(1990, 1, 1), date(2089, 12, 31))


@given(DAYS)
def test_a_month_begins_on_its_first_and_ends_on_its_last_day(day: date) -> None:
    month = Month.of(day)
    assert month.first_day == day.replace(day=1)
    assert month.last_day == day.replace(day=monthrange(day.year, day.month)[1])
    assert month.first_day <= day <= month.last_day


@given(DAYS, st.integers(0, 600))
def test_months_add_up_across_years(day: date, months: int) -> None:
    month = Month.of(day)
    assert (month + months) - months == month
    assert len(list(month.until(month + months))) == months + 1
    assert ((month + 1).first_day - timedelta(days=1)) == month.last_day


def test_no_month_lies_between_a_month_and_the_one_before() -> None:
    assert list(Month(2026, 4).until(Month(2026, 3))) == []


@given(DAYS)
def test_a_month_is_read_as_it_is_written(day: date) -> None:
    assert Month.parse(str(Month.of(day))) == Month.of(day)


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-00", "0000-01", "2026-4", "26-04", "2026-04-01", "", "2026-04\n"]
)
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a month"):
        Month.parse(text)


@given(DAYS, st.sampled_from(["04-01", "01-01", "07-01", "04-06", "12-31"]))
def test_a_day_lies_in_the_financial_year_that_began_last(day: date, text: str) -> None:
    year_start = YearStart.parse(text)
    began = [date(year, year_start.month, year_start.day) for year in range(1980, 2095)]
    assert year_start.year_of(day) == max(start for start in began if start <= day).year
    assert str(year_start) == text


@pytest.mark.parametrize("text", ["02-29", "13-01", "04-31", "4-1", "", "04-01 "])
def test_a_financial_year_starts_on_a_day_that_every_year_has(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        YearStart.parse(text)


@pytest.mark.parametrize(
    ("starts", "ends"),
    [("04-01", {6, 9, 12, 3}), ("01-01", {3, 6, 9, 12}), ("02-01", {4, 7, 10, 1}), ("04-06", {6, 9, 12, 3})],
)
def test_a_quarter_ends_with_its_third_month(starts: str, ends: set[int]) -> None:
    found = {number for number in range(1, 13) if YearStart.parse(starts).ends_quarter(Month(2026, number))}
    assert found == ends
