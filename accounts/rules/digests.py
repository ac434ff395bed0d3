"""On which day, and from when on, somebody gets the digest of what waits for them."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

FIRST_HOUR, LAST_HOUR = 5, 20  # of the hours that a person may choose
QUIET_FROM = 21  # from this hour on nothing is sent any more, whatever kept it until then
WORKING_DAYS = frozenset(range(5))  # Monday to Friday
USUAL_HOUR = 8


@dataclass(frozen=True, slots=True)
class Wish:
    """When a person wants the digest: weekdays (Monday is 0), from which hour on, and in which time zone."""

    weekdays: Set[int]
    hour: int
    zone: str


def day_due(wish: Wish, at: datetime) -> date | None:
    """
    Return the person's own day whose digest may be sent at ``at``; None when none may.

    Asked every few minutes it gives each wanted day, also when the clocks change: an hour that a day does
    not have is over when the next has come, and an hour that comes twice is the same day both times.
    """
    local = at.astimezone(ZoneInfo(wish.zone))
    is_wanted = local.weekday() in wish.weekdays and wish.hour <= local.hour < QUIET_FROM
    return local.date() if is_wanted else None
