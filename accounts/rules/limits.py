"""How long a sign-in lasts, how long a confirmation counts, and how long wrong codes make one wait."""

from __future__ import annotations

from datetime import datetime, timedelta

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
CONFIRMED_FOR = timedelta(minutes=10)
WARN_BEFORE_END = timedelta(minutes=5)

FREE_TRIES = 5
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)


def ends_at(began_at: datetime, seen_at: datetime) -> datetime:
    """Return when a sign-in ends if nothing more happens: after 30 idle minutes, 12 hours in all."""
    return min(seen_at + IDLE, began_at + LONGEST)


def is_confirmed(confirmed_at: datetime, at: datetime) -> bool:
    """Tell whether a person who proved at ``confirmed_at`` who they are need not do it again."""
    return at < confirmed_at + CONFIRMED_FOR


def wait_after(wrong_codes: int) -> timedelta:
    """
    Return how long to wait after so many wrong codes in a row: at first not at all, then ever longer.

    It never grows beyond 15 minutes, so nobody is locked out for good.
    """
    if wrong_codes < FREE_TRIES:
        return timedelta(0)
    doublings = min(wrong_codes - FREE_TRIES, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)
