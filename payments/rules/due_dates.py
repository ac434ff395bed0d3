"""When documents fall due (spec: invoicing, Documents), and working days of a country."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import holidays

ENGLAND = "ENG"
UNITED_KINGDOM = "GB"


def is_working_day(day: date, country: str) -> bool:
    """Tell whether banks work on that day; of the United Kingdom the days of England count."""
    return day.weekday() < 5 and day not in _holidays(country, day.year)


def due_date(issued_on: date, payment_days: int, *, country: str = "") -> date:
    """
    Return the issue date plus ``payment_days``; with a country, the next working day there from that day on.

    A country whose holidays are not known has working days from Monday to Friday.
    """
    day = issued_on + timedelta(days=payment_days)
    while country and not is_working_day(day, country):
        day += timedelta(days=1)
    return day


@cache
def _holidays(country: str, year: int) -> frozenset[date]:
    try:
        subdivision = ENGLAND if country == UNITED_KINGDOM else None
        return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))
    except NotImplementedError:
        return frozenset()
