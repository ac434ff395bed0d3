"""A run chart: points in time, joined, with mean, control limits and target where there are any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from performance.rules.charts.frame import (
    HIDDEN,
    Axis,
    DataTable,
    Label,
    Number,
    Row,
    Segment,
    Tick,
    Words,
    Write,
    axis_for,
    in_units,
    labels,
    percent,
    places,
    segments,
)
from performance.rules.spc import ControlChart, Judged, Meaning, Phase

TARGET = "Target"


@dataclass(frozen=True, slots=True)
class Reading:
    """
    One month of a series.

    :param label: the month in full, for the table; ``short`` for the axis.
    :param value: ``None`` where there is none, or none that may be shown.
    :param said: what stands in the table instead of the value, such as ``*`` or "no starts".
    """

    label: str
    short: str
    value: Number | None
    said: str = HIDDEN


@dataclass(frozen=True, slots=True)
class Mark:
    """A point: where it is, its shape (the name of a :class:`Meaning`, lower case) and what it says."""

    x: str
    y: str
    shape: str
    text: str


@dataclass(frozen=True, slots=True)
class Level:
    """A line across a part of the plot; ``kind`` is ``mean``, ``limit`` or ``target``."""

    kind: str
    y: str
    x1: str
    x2: str


@dataclass(frozen=True, slots=True)
class RunChart:
    """A run chart ready to be drawn."""

    words: Words
    ticks: tuple[Tick, ...]
    labels: tuple[Label, ...]
    levels: tuple[Level, ...]
    lines: tuple[Segment, ...]
    marks: tuple[Mark, ...]
    latest: Mark | None
    legend: tuple[tuple[str, str], ...]  # shape or kind of line, and what it means
    notes: tuple[str, ...]
    table: DataTable


@dataclass(frozen=True, slots=True)
class Series:
    """
    What a run chart shows.

    :param control: the judgement of the readings that have a value, in order; ``None`` draws no limits.
    :param write: how a value is written.
    """

    readings: Sequence[Reading]
    control: ControlChart | None = None
    target: Number | None = None
    write: Write = in_units


def run_chart(words: Words, series: Series) -> RunChart:
    """
    Lay out a run chart.

    :raises ValueError: if the judgement is of another number of points than the readings have.
    """
    known = [place for place, each in enumerate(series.readings) if each.value is not None]
    if series.control and len(series.control.points) != len(known):
        raise ValueError("The judgement is of other points than the readings.")
    judged = dict(zip(known, series.control.points, strict=True)) if series.control else {}
    axis = axis_for(_all_values(series))
    levels = (*_levels(series, axis, known), *_target(series, axis))
    marks = _marks(series, axis, judged)
    return RunChart(
        words=words,
        ticks=axis.ticks(series.write),
        labels=labels([each.short for each in series.readings]),
        levels=levels,
        lines=tuple(_lines(series.readings, axis)),
        marks=marks,
        latest=marks[-1] if marks else None,
        legend=_legend(marks, levels),
        notes=_notes(series, known),
        table=_table(series, judged, known),
    )


def _all_values(series: Series) -> list[Number]:
    values: list[Number] = [each.value for each in series.readings if each.value is not None]
    if series.target is not None:
        values.append(series.target)
    for phase in series.control.phases if series.control else ():
        values.append(phase.limits.upper)
        if phase.limits.lower > 0 or min(values) < 0:
            values.append(phase.limits.lower)
    return values


def _lines(readings: Sequence[Reading], axis: Axis) -> Iterator[Segment]:
    """Join neighbours; a month without a value leaves a gap."""
    xs = places(len(readings))
    for place in range(len(readings) - 1):
        before, after = readings[place].value, readings[place + 1].value
        if before is not None and after is not None:
            yield from segments(xs[place : place + 2], [axis.y(before), axis.y(after)])


def _marks(series: Series, axis: Axis, judged: dict[int, Judged]) -> tuple[Mark, ...]:
    marks = []
    xs = places(len(series.readings))
    for place, each in enumerate(series.readings):
        if each.value is not None:
            meaning = judged[place].meaning if judged else Meaning.COMMON
            text = f"{each.label}: {series.write(each.value)}"
            if meaning is not Meaning.COMMON:
                text += f". {_said_of(judged[place])}"
            marks.append(Mark(percent(xs[place]), axis.at(each.value), meaning.name.lower(), text))
    return tuple(marks)


def _levels(series: Series, axis: Axis, known: Sequence[int]) -> Iterator[Level]:
    xs = places(len(series.readings))
    half = (xs[1] - xs[0]) / 2 if len(xs) > 1 else 5.0
    for phase in series.control.phases if series.control else ():
        x1 = percent(xs[known[phase.first]] - half)
        x2 = percent(xs[known[phase.end - 1]] + half)
        yield Level("mean", axis.at(phase.limits.mean), x1, x2)
        for value in (phase.limits.lower, phase.limits.upper):
            if value >= axis.low:  # a limit below a count's zero is no limit
                yield Level("limit", axis.at(value), x1, x2)


def _target(series: Series, axis: Axis) -> Iterator[Level]:
    xs = places(len(series.readings))
    if series.target is not None and xs:
        yield Level("target", axis.at(series.target), percent(xs[0] - 2), percent(xs[-1] + 2))


LEGEND = {
    "common": Meaning.COMMON.value,
    "improvement": Meaning.IMPROVEMENT.value,
    "concern": Meaning.CONCERN.value,
    "neutral": Meaning.NEUTRAL.value,
    "mean": "Mean",
    "limit": "Control limits",
    "target": TARGET,
}


def _legend(marks: Sequence[Mark], levels: Sequence[Level]) -> tuple[tuple[str, str], ...]:
    used = {mark.shape for mark in marks} | {level.kind for level in levels}
    return tuple((kind, text) for kind, text in LEGEND.items() if kind in used)


def _notes(series: Series, known: Sequence[int]) -> tuple[str, ...]:
    """Say what a reader must know before they trust the limits, and what the newest ones are."""
    if series.control is None:
        return ()
    newest = series.control.phases[-1]
    limits, write = newest.limits, series.write
    notes = [f"Mean {write(limits.mean)}, control limits {write(limits.lower)} to {write(limits.upper)}."]
    if newest.is_trial:
        notes.append(
            f"Trial limits: they come from {newest.counted} of the 12 months that it takes. Read with care."
        )
    for phase in series.control.phases[1:]:
        notes.append(f"New limits from {_label(series, known, phase.first)}: {phase.reason}")
    suggested = series.control.rebase_suggested
    if suggested is not None:
        notes.append(
            f"The level seems to have changed from {_label(series, known, suggested)}. "
            "If you know why, new limits can be set from there."
        )
    return tuple(notes)


def _label(series: Series, known: Sequence[int], place: int) -> str:
    return series.readings[known[place]].label


def _table(series: Series, judged: dict[int, Judged], known: Sequence[int]) -> DataTable:
    headings = ["Month", "Value"]
    if series.target is not None:
        headings.append(TARGET)
    if series.control:
        headings.extend(["Mean", "Limits", "Reading"])
    phases = {
        place: phase
        for phase in (series.control.phases if series.control else ())
        for place in known[phase.first : phase.end]
    }
    rows = []
    for place, each in enumerate(series.readings):
        cells = [each.said if each.value is None else series.write(each.value)]
        if series.target is not None:
            cells.append(series.write(series.target))
        if series.control:
            cells.extend(_judgement(judged.get(place), phases.get(place), series.write))
        rows.append(Row(each.label, tuple(cells)))
    return DataTable(tuple(headings), tuple(rows))


def _judgement(point: Judged | None, phase: Phase | None, write: Write) -> tuple[str, str, str]:
    if point is None or phase is None:
        return "", "", ""
    limits = phase.limits
    return write(limits.mean), f"{write(limits.lower)} to {write(limits.upper)}", _said_of(point)


def _said_of(point: Judged) -> str:
    """Write what a point means and every rule that says so."""
    why = "; ".join(signal.rule.value for signal in point.signals)
    return f"{point.meaning.value} ({why})" if why else point.meaning.value
