"""How long a token of the API may last, how often it may ask, and which roles it may have."""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts.rules.matrix import Role

PREFIX = "mhep_"  # so that whoever finds one in a text knows what it is
LIFETIMES = (30, 90, 180, 365)  # days
WINDOW = timedelta(minutes=1)

# An administrator's token could let others in and raise itself; no program is one.
NO_ROLE_OF_A_TOKEN = frozenset({Role.ADMINISTRATOR})


def may_be_a_token(role: str) -> bool:
    """Tell whether a token may have the role of that name."""
    return Role[role] not in NO_ROLE_OF_A_TOKEN


def window_of(at: datetime) -> datetime:
    """Return when the minute began in which a request at ``at`` counts."""
    return at.replace(second=0, microsecond=0)


def seconds_left(at: datetime) -> int:
    """Return in how many seconds the count of requests begins anew, at least 1."""
    return max(int((window_of(at) + WINDOW - at).total_seconds()), 1)
