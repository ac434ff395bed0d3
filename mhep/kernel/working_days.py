"""Working days and public holidays of a country."""

from __future__ import annotations

from datetime import date
from functools import cache

import holidays

ENGLAND = "ENG"
UNITED_KINGDOM = "GB"


def is_working_day(day: date, country: str) -> bool:
    """Tell whether banks work on that day; of the United Kingdom the days of England count."""
    return day.weekday() < 5 and not is_holiday(day, country)


def is_holiday(day: date, country: str) -> bool:
    """Tell whether the day is a public holiday there; a country that is not known has none."""
    return bool(country) and day in _holidays(country, day.year)


@cache
def _holidays(country: str, year: int) -> frozenset[date]:
    try:
        subdivision = ENGLAND if country == UNITED_KINGDOM else None
        return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))
    except NotImplementedError:
        return frozenset()
