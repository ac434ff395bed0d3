"""On which day, and from when on, somebody gets the digest of what waits for them."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from mhep.kernel.working_days import is_holiday, is_working_day

FIRST_HOUR, LAST_HOUR = 5, 20  # of the hours that a person may choose
QUIET_FROM = 21  # from this hour on nothing is sent any more, whatever kept it until then
WORKING_DAYS = frozenset(range(5))  # Monday to Friday
USUAL_HOUR = 8


@dataclass(frozen=True, slots=True)
class Wish:
    """
    When a person wants the digest: weekdays (Monday is 0), from which hour on, and in which time zone.

    ``country`` is the one whose public holidays they have; empty where none is known.
    """

    weekdays: Set[int]
    hour: int
    zone: str
    country: str = ""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a person's programmes are: an IANA time zone, and the country, empty if it is not known."""

    zone: str
    country: str


def day_due(wish: Wish, at: datetime) -> date | None:
    """
    Return the person's own day whose digest may be sent at ``at``; None when none may.

    None is sent on a public holiday: what was wanted then comes on the next working day.
    Asked every few minutes it gives each wanted day, also when the clocks change: an hour that a day does
    not have is over when the next has come, and an hour that comes twice is the same day both times.
    """
    local = at.astimezone(ZoneInfo(wish.zone))
    is_the_hour = wish.hour <= local.hour < QUIET_FROM
    return local.date() if is_the_hour and _is_wanted(wish, local.date()) else None


def _is_wanted(wish: Wish, day: date) -> bool:
    if is_holiday(day, wish.country):
        return False
    if day.weekday() in wish.weekdays:
        return True
    before = day - timedelta(days=1)
    while is_working_day(day, wish.country) and not is_working_day(before, wish.country):
        if is_holiday(before, wish.country) and before.weekday() in wish.weekdays:
            return True
        before -= timedelta(days=1)
    return False
