"""
Drawing a sample by risk, the same one again from the same seed.

Sampling without replacement in which an event's chance grows with its risk points (Efraimidis and
Spirakis): each event gets a number from the seed and its own reference alone, so neither the order of
the events nor an event left out changes what the others get. Exact decimals make it the same everywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal

_DIGITS = 40
_RANGE = Decimal(2) ** 64
_MONEY_POINTS = 4
_REJECTED_POINTS = 3
_LATE_POINTS = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    A verified event as the risk sees it.

    :param amount: what funders were charged for it, in minor units.
    :param is_late: submitted when at most a tenth of the days allowed was left.
    :param evidence: how many kinds of evidence are recorded.
    :param rejected_percent: the share of the provider's decided events that were rejected before.
    """

    reference: str
    amount: int
    is_late: bool
    evidence: int
    rejected_percent: int


@dataclass(frozen=True, slots=True)
class Risk:
    """How much an event weighs in the draw, from 1, and why in words."""

    points: int
    reasons: tuple[str, ...]


def risk_of(candidate: Candidate, largest: int) -> Risk:
    """
    Return the risk of one event.

    :param largest: the largest amount among all candidates.
    """
    money = _MONEY_POINTS * candidate.amount // largest if largest > 0 and candidate.amount > 0 else 0
    rejected = min(candidate.rejected_percent // 10, _REJECTED_POINTS)
    parts = (
        (money, "its amount"),
        (_LATE_POINTS if candidate.is_late else 0, "submitted late"),
        (
            1 if candidate.evidence <= 1 else 0,
            "a single kind of evidence" if candidate.evidence else "no evidence",
        ),
        (rejected, "the provider's events were rejected before"),
    )
    return Risk(1 + sum(points for points, _ in parts), tuple(reason for points, reason in parts if points))


def sample_size(population: int, percent: int) -> int:
    """Return how many events are ``percent`` per cent of them, rounded up; at least one of any."""
    return -(-population * percent // 100)


def draw(seed: str, points: Mapping[str, int], size: int) -> list[str]:
    """Return ``size`` references, or all if there are fewer, in the order in which they were drawn."""
    return sorted(points, key=lambda reference: (_key(seed, reference, points[reference]), reference))[:size]


def largest_amount(candidates: Iterable[Candidate]) -> int:
    """Return the largest amount of all candidates, 0 without any."""
    return max((candidate.amount for candidate in candidates), default=0)


def _key(seed: str, reference: str, points: int) -> Decimal:
    """Return an exponential time with the points as its rate: whoever is first is drawn first."""
    digest = hashlib.sha256(f"{len(seed)}:{seed}{reference}".encode()).digest()
    number = (Decimal(int.from_bytes(digest[:8])) + Decimal("0.5")) / _RANGE
    exact = Context(prec=_DIGITS)
    return exact.divide(-exact.ln(number), Decimal(points))
