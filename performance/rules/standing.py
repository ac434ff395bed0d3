"""Are we on track, and what should be asked at the review: judged by stated rules. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from fractions import Fraction

from mhep.kernel.periods import Month
from performance.rules.forecast import Binding

ON_TRACK, NEAR = Fraction(95, 100), Fraction(85, 100)  # of what the profile has
AHEAD = Fraction(10, 100)  # by which the spend may be ahead of the time that has gone
FULL_CASELOAD = 20  # people for each full-time specialist (IPS-25, item 1)
GOOD_FIDELITY = 100  # of 125: "good fidelity"
REVIEW_EVERY = 365  # days between fidelity reviews of a service
ACCEPTED_AT_ONCE = 90  # per cent, below which evidence comes back too often
SOON = 3  # months: a cap that binds within a quarter


class Track(Enum):
    """How something stands. Its text is what pages show; the shape beside it says the same."""

    ON_TRACK = "On track"
    WATCH = "Watch"
    OFF_TRACK = "Off track"
    UNKNOWN = "Nothing to hold it against"

    @property
    def shape(self) -> str:
        """A sign that tells the states apart without colour."""
        return {"ON_TRACK": "●", "WATCH": "▲", "OFF_TRACK": "■", "UNKNOWN": "○"}[self.name]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one thing stands, what it is, and why in a sentence."""

    about: str
    track: Track
    why: str


def against_profile(achieved: int, expected: int | None) -> Track:
    """Judge results against the profile: on track from 95%, to watch from 85%."""
    if not expected:
        return Track.UNKNOWN
    share = Fraction(achieved, expected)
    if share >= ON_TRACK:
        return Track.ON_TRACK
    return Track.WATCH if share >= NEAR else Track.OFF_TRACK


def spend_against_time(spent: int, cap: int | None, gone: Fraction, binding: Binding | None) -> Track:
    """
    Judge spend: off track once nothing is left, to watch where it is more than a tenth ahead of time, or
    where the cap is more likely than not to bind before the end.

    :param gone: the share of the agreement's time that has gone.
    """
    if not cap:
        return Track.UNKNOWN
    used = Fraction(spent, cap)
    if used >= 1 and gone < 1:
        return Track.OFF_TRACK
    binds = binding is not None and binding.likely_month is not None
    return Track.WATCH if used > gone + AHEAD or binds else Track.ON_TRACK


@dataclass(frozen=True, slots=True)
class CapNews:
    """A cap by its name, its forecast, the first month that is not closed, and whether nothing is left."""

    name: str
    binding: Binding | None
    first: Month
    is_used_up: bool


@dataclass(frozen=True, slots=True)
class ServiceNews:
    """What of a service can give rise to a question; None where it is not known."""

    name: str
    caseload: Decimal | None
    fidelity: int | None
    reviewed_on: date | None
    accepted: Decimal | None


def questions(caps: list[CapNews], services: list[ServiceNews], today: date) -> Iterator[str]:
    """Yield what to ask at the review, the dearest first."""
    for cap in caps:
        binding = cap.binding
        if cap.is_used_up:
            yield f"{cap.name}: the cap is used up. Who pays for outcomes from here on?"
        elif binding and binding.earliest and binding.earliest < cap.first + SOON:
            yield f"{cap.name}: the cap may bind within a quarter. What is to happen then?"
    for service in services:
        yield from _of_service(service, today)


def _of_service(service: ServiceNews, today: date) -> Iterator[str]:
    if service.caseload is not None and service.caseload > FULL_CASELOAD:
        yield f"{service.name} has {service.caseload} people for each full-time specialist; 20 is the most."
    if service.fidelity is None:
        yield f"{service.name} has had no fidelity review: when is the first?"
    elif service.fidelity < GOOD_FIDELITY:
        yield f"{service.name} scored {service.fidelity} of 125 on fidelity; 100 is good. What is the plan?"
    if service.reviewed_on and (today - service.reviewed_on).days > REVIEW_EVERY:
        yield f"The last fidelity review of {service.name} is more than a year old: when is the next?"
    if service.accepted is not None and service.accepted < ACCEPTED_AT_ONCE:
        yield f"{service.name}: {service.accepted}% of outcomes were verified at once. What is missing?"
