"""Are we on track: judged by stated rules. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from performance.rules.forecast import Binding

ON_TRACK, NEAR = Fraction(95, 100), Fraction(85, 100)  # of what the profile has
AHEAD = Fraction(10, 100)  # by which the spend may be ahead of the time that has gone


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
