"""
Control limits for a series of months: XmR charts by the rules of NHS England's Making Data Count.

Everything is exact (fractions), so moving a series moves its limits by as much, and scaling it scales them.
What the rules mean is set out, with worked tables, in ``docs/algorithms/control-charts.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from itertools import pairwise

from performance.rules.metrics import Wanted

LIMIT = Fraction(266, 100)  # average moving ranges between the mean and a limit
NEAR = LIMIT * 2 / 3  # 1.773…
SCREEN = Fraction(3267, 1000)  # average moving ranges above which a range is an outlier
BASELINE = 12  # points that the limits are worked out from
RUN = 7  # points in a row that are a signal

Value = int | Fraction


class SpecialCause(Enum):
    """Why a point is no chance. The text is what pages show; the order is which is named first."""

    OUTSIDE = "outside a limit"
    ONE_SIDE = "7 or more in a row on one side of the mean"
    TREND = "7 in a row all rising or all falling"
    NEAR_LIMIT = "2 of 3 close to a limit"


class Meaning(Enum):
    """What a point says. The text is what pages show."""

    COMMON = "Usual variation"
    IMPROVEMENT = "Unusual: improvement"
    CONCERN = "Unusual: concern"
    NEUTRAL = "Unusual"


class Variation(Enum):
    """What the newest point says of the series: the first of the two icons. The text is what pages show."""

    COMMON = "No significant change"
    IMPROVEMENT_HIGH = "Improving: higher than usual"
    IMPROVEMENT_LOW = "Improving: lower than usual"
    CONCERN_HIGH = "Of concern: higher than usual"
    CONCERN_LOW = "Of concern: lower than usual"
    NEUTRAL_HIGH = "Higher than usual"
    NEUTRAL_LOW = "Lower than usual"


class Assurance(Enum):
    """Whether the target will be met if nothing changes: the second icon. The text is what pages show."""

    MEETS = "Consistently meets the target"
    MISSES = "Consistently misses the target"
    INCONSISTENT = "Meets or misses the target by chance"


@dataclass(frozen=True, slots=True)
class Signal:
    """A rule that a point is part of; ``high`` tells whether it speaks for high or rising values."""

    rule: SpecialCause
    high: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """One point with every signal that it is part of, the weightiest first."""

    value: Fraction
    signals: tuple[Signal, ...]
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class Limits:
    """The mean, the average moving range, and what follows from them."""

    mean: Fraction
    average_range: Fraction

    @property
    def lower(self) -> Fraction:
        return self.mean - LIMIT * self.average_range

    @property
    def upper(self) -> Fraction:
        return self.mean + LIMIT * self.average_range

    @property
    def near_lower(self) -> Fraction:
        return self.mean - NEAR * self.average_range

    @property
    def near_upper(self) -> Fraction:
        return self.mean + NEAR * self.average_range


@dataclass(frozen=True, slots=True)
class Rebase:
    """From this place of the series on the limits are worked out anew, and why."""

    at: int
    reason: str


@dataclass(frozen=True, slots=True)
class Method:
    """
    How a series is judged.

    :param baseline: points of a phase that its limits come from; ``None`` takes them all.
    :param screened: leave ranges above 3.267 times their average out of the limits, as the R package does and
        the Excel tool does not.
    """

    wanted: Wanted = Wanted.NEITHER
    baseline: int | None = BASELINE
    screened: bool = False


@dataclass(frozen=True, slots=True)
class Phase:
    """The points from ``first`` up to, not including, ``end``, that share limits."""

    first: int
    end: int
    limits: Limits
    counted: int  # points that the limits come from
    reason: str  # why the phase began; empty for the first

    @property
    def is_trial(self) -> bool:
        """Tell whether the limits come from too few points to be relied on."""
        return self.counted < BASELINE


@dataclass(frozen=True, slots=True)
class ControlChart:
    """A series judged: its points in order, and the phases that they fall into."""

    points: tuple[Judged, ...]
    phases: tuple[Phase, ...]
    wanted: Wanted

    @property
    def variation(self) -> Variation:
        """Return what the newest point says."""
        newest = self.points[-1]
        if not newest.signals:
            return Variation.COMMON
        return Variation[f"{newest.meaning.name}_{'HIGH' if newest.signals[0].high else 'LOW'}"]

    def assurance(self, target: Value | None) -> Assurance | None:
        """Return whether the newest limits keep to the right side of the target; None where neither is."""
        if target is None or self.wanted is Wanted.NEITHER:
            return None
        limits = self.phases[-1].limits
        if limits.lower <= target <= limits.upper:
            return Assurance.INCONSISTENT
        is_above = limits.lower > target
        return Assurance.MEETS if is_above == (self.wanted is Wanted.HIGHER) else Assurance.MISSES

    @property
    def rebase_suggested(self) -> int | None:
        """
        Return the place where the first long run after the locked points of the newest phase begins, or None.

        The limits stay until somebody records why the level changed (:class:`Rebase`).
        """
        phase = self.phases[-1]
        after = phase.first + phase.counted
        sides = [_side(each.value, phase.limits.mean) for each in self.points[after : phase.end]]
        return next((after + run.start for run in _runs(sides)), None)


def judge(
    values: Sequence[Value], method: Method | None = None, rebases: Sequence[Rebase] = ()
) -> ControlChart:
    """
    Judge a series, oldest first; a month without a value is left out of it by the caller.

    :raises ValueError: for an empty series, or a rebase without a reason or outside of the series.
    """
    method = method or Method()
    series = [Fraction(value) for value in values]
    if not series:
        raise ValueError("A series needs at least one point.")
    phases = tuple(_phases(series, method, rebases))
    points: list[Judged] = []
    for phase in phases:
        points.extend(_judged(series[phase.first : phase.end], phase.limits, method.wanted))
    return ControlChart(tuple(points), phases, method.wanted)


def limits_of(values: Sequence[Value], *, screened: bool = False) -> Limits:
    """Return the limits of these points, all of which count; one point alone has no range."""
    series = [Fraction(value) for value in values]
    ranges = [abs(after - before) for before, after in pairwise(series)]
    average = _mean(ranges)
    if screened:
        average = _mean([each for each in ranges if each < SCREEN * average])
    return Limits(_mean(series), average)


def _mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values) if values else Fraction(0)


def _phases(series: Sequence[Fraction], method: Method, rebases: Sequence[Rebase]) -> Iterator[Phase]:
    starts = {0: ""}
    for rebase in rebases:
        if not rebase.reason.strip():
            raise ValueError("A rebase needs a reason.")
        if not 0 < rebase.at < len(series):
            raise ValueError("A rebase falls on a point after the first.")
        starts[rebase.at] = rebase.reason
    for first, end in pairwise([*sorted(starts), len(series)]):
        counted = series[first:end][: method.baseline]
        limits = limits_of(counted, screened=method.screened)
        yield Phase(first, end, limits, len(counted), starts[first])


def _judged(values: Sequence[Fraction], limits: Limits, wanted: Wanted) -> Iterator[Judged]:
    """Hold the points of one phase against its limits."""
    rules = (
        _outside(values, limits),
        _one_side(values, limits),
        _trend(values),
        _near_limit(values, limits),
    )
    for place, value in enumerate(values):
        signals = tuple(
            Signal(rule, high=marks[place] > 0)
            for rule, marks in zip(SpecialCause, rules, strict=True)
            if marks[place]
        )
        yield Judged(value, signals, _meaning(signals, wanted))


def _meaning(signals: Sequence[Signal], wanted: Wanted) -> Meaning:
    if not signals:
        return Meaning.COMMON
    if wanted is Wanted.NEITHER:
        return Meaning.NEUTRAL
    is_good = signals[0].high == (wanted is Wanted.HIGHER)
    return Meaning.IMPROVEMENT if is_good else Meaning.CONCERN


# Each rule gives a mark for each point: 1 where it speaks for high values, -1 for low ones, 0 for neither.


def _side(value: Fraction, middle: Fraction) -> int:
    return (value > middle) - (value < middle)


def _outside(values: Sequence[Fraction], limits: Limits) -> list[int]:
    return [(value > limits.upper) - (value < limits.lower) for value in values]


def _one_side(values: Sequence[Fraction], limits: Limits) -> list[int]:
    sides = [_side(value, limits.mean) for value in values]
    marks = [0] * len(sides)
    for run in _runs(sides):
        for place in run:
            marks[place] = sides[place]
    return marks


def _trend(values: Sequence[Fraction]) -> list[int]:
    """Mark the points of six steps the same way; where one trend turns into another, the later one counts."""
    steps = [_side(after, before) for before, after in pairwise(values)]
    marks = [0] * len(values)
    for run in _runs(steps, RUN - 1):
        for place in range(run.start, run.stop + 1):
            marks[place] = steps[run.start]
    return marks


def _near_limit(values: Sequence[Fraction], limits: Limits) -> list[int]:
    """Mark the points close to a limit of any three on one side of the mean of which two or more are."""
    sides = [_side(value, limits.mean) for value in values]
    close = [
        limits.near_upper < value <= limits.upper or limits.lower <= value < limits.near_lower
        for value in values
    ]
    marks = [0] * len(values)
    for start in range(len(values) - 2):
        three = range(start, start + 3)
        if abs(sum(sides[place] for place in three)) == 3 and sum(close[place] for place in three) >= 2:
            for place in three:
                marks[place] = marks[place] or (sides[place] if close[place] else 0)
    return marks


def _runs(marks: Sequence[int], least: int = RUN) -> Iterator[range]:
    """Give the places of each unbroken run of one mark other than 0 that is long enough."""
    start = 0
    for place in range(1, len(marks) + 1):
        if place == len(marks) or marks[place] != marks[start]:
            if marks[start] and place - start >= least:
                yield range(start, place)
            start = place
