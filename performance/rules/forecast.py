"""
When a cap binds, and how sure that is (docs/algorithms/forecast.md). Pure.

What is charged in a month is taken as a draw from one distribution, whose mean and spread are those of the
last months. The sum of n months to come then lies around n means, and is as uncertain as n draws and as the
mean itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mhep.kernel.money import ratio_of
from mhep.kernel.periods import Month

FEWEST, MOST = 6, 12  # months that a forecast is made from
SPREAD = 1.2816  # standard deviations to either side that hold four fifths of a normal distribution


@dataclass(frozen=True, slots=True)
class Room:
    """
    What a cap leaves, in minor units, and the months through which it counts.

    ``recent`` are the amounts of the last closed months that used it, the newest last.
    """

    left: int
    recent: Sequence[int]
    first: Month
    last: Month


@dataclass(frozen=True, slots=True)
class Binding:
    """
    When a cap would bind: the likely month, and the earliest and latest of four chances in five.

    ``chance`` is that it binds at all by the last month, in tenths rounded down. ``low``, ``likely`` and
    ``high`` are what would be charged through the last month if there were no cap, in minor units, on top of
    what was charged so far. A month is None where the cap does not bind by the last.
    """

    likely_month: Month | None
    earliest: Month | None
    latest: Month | None
    chance: int
    low: int
    likely: int
    high: int
    months_used: int


def binding_of(room: Room) -> Binding | None:
    """Return when the cap binds; None where fewer than six months say how much is charged in one."""
    recent = list(room.recent)[-MOST:]
    months = list(room.first.until(room.last))
    if len(recent) < FEWEST or not months:
        return None
    mean = sum(recent) / len(recent)
    spread = math.sqrt(sum((each - mean) ** 2 for each in recent) / (len(recent) - 1))
    sums = [_sum_of(n, mean, spread, len(recent)) for n in range(1, len(months) + 1)]
    low, likely, high = sums[-1]
    return Binding(
        likely_month=_reached(months, [each[1] for each in sums], room.left),
        earliest=_reached(months, [each[2] for each in sums], room.left),
        latest=_reached(months, [each[0] for each in sums], room.left),
        chance=_tenths_above(room.left, likely, (high - likely) / SPREAD),
        low=max(int(low), 0),
        likely=max(ratio_of(sum(recent) * len(months), len(recent)), 0),
        high=max(int(high), 0),
        months_used=len(recent),
    )


def in_words(binding: Binding | None, first: Month) -> str:
    """
    Say in one sentence when a cap binds and how sure that is.

    :param first: the first month that is not closed.
    """
    if binding is None:
        return "Too few months are closed to say when it binds: it takes six."
    if binding.earliest is None:
        return "It does not bind before the end, whatever a usual month brings."
    sure = f"About {binding.chance} chances in 10 that it binds at all"
    if binding.likely_month is None:
        return f"{sure}; if it does, not before {_named(binding.earliest)}."
    until = f"and {_named(binding.latest)}" if binding.latest else "and the end, if at all"
    when = "already" if binding.likely_month < first else f"in {_named(binding.likely_month)}"
    return f"It is likely to bind {when}; four chances in five between {_named(binding.earliest)} {until}."


def _sum_of(n: int, mean: float, spread: float, known: int) -> tuple[float, float, float]:
    half = SPREAD * spread * math.sqrt(n * (1 + n / known))
    return n * mean - half, n * mean, n * mean + half


def _reached(months: Sequence[Month], sums: Sequence[float], left: int) -> Month | None:
    return next((month for month, amount in zip(months, sums, strict=True) if amount >= left), None)


def _tenths_above(left: int, mean: float, spread: float) -> int:
    if spread <= 0:
        return 10 if mean >= left else 0
    return int(10 * 0.5 * math.erfc((left - mean) / (spread * math.sqrt(2))))


def _named(month: Month) -> str:
    return f"{month.first_day:%B %Y}"
