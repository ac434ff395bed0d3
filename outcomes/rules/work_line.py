"""A person's periods of work as a line to look at: bars in a row for each job, on one scale of days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from participants.rules.work import WorkRecord

WIDTH = 1000  # of the drawing, in its own units
ROW = 40


@dataclass(frozen=True, slots=True)
class Bar:
    """One period on the line, in units of the drawing."""

    x: int
    y: int
    width: int
    record: WorkRecord
    until: date


@dataclass(frozen=True, slots=True)
class WorkLine:
    """The whole drawing; ``goal_x`` is where the next sustained outcome falls, if it is foreseen."""

    bars: tuple[Bar, ...]
    starts_on: date
    ends_on: date
    today_x: int
    goal_x: int | None
    height: int


def work_line(records: Sequence[WorkRecord], today: date, goal_on: date | None = None) -> WorkLine | None:
    """Draw the periods up to today, or to the goal where that is later; nothing without a period."""
    begun = sorted((each for each in records if each.starts_on <= today), key=lambda each: each.starts_on)
    if not begun:
        return None
    first, last = begun[0].starts_on, max(today, goal_on or today)
    jobs = list(dict.fromkeys(each.job for each in begun))

    def place(day: date) -> int:
        return (day - first).days * WIDTH // max((last - first).days, 1)

    bars = []
    for each in begun:
        until = min(each.ends_on or today, today)
        x = place(each.starts_on)
        width = max(place(until) - x, 4)
        bars.append(Bar(x, jobs.index(each.job) * ROW, width, each, until))
    return WorkLine(
        bars=tuple(bars),
        starts_on=first,
        ends_on=last,
        today_x=place(today),
        goal_x=place(goal_on) if goal_on else None,
        height=len(jobs) * ROW,
    )
