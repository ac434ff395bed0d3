"""
The sustainment clock as the specification tells it: one day after the other, with nothing clever.

Slow, and written from the text alone, so that the rules can be held against it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from funders.rules.definition import SustainmentDefinition
from participants.rules.work import WorkRecord

DAY = timedelta(1)
Answer = tuple[str, int, date | None]
"""State, days and date, as exported."""


def answer(
    records: Sequence[WorkRecord], terms: SustainmentDefinition, as_of: date, not_before: date | None
) -> Answer:
    """Return what the export says of one person."""
    begun = [record for record in records if record.starts_on <= as_of]
    if not terms.same_job:
        return _of(begun, terms, as_of, not_before)
    answers = [
        _of([record for record in begun if record.job == job], terms, as_of, not_before)
        for job in {record.job for record in begun}
    ]
    achieved = [each for each in answers if each[0] == "achieved"]
    running = [each for each in answers if each[0] == "running"]
    if achieved:
        return min(achieved, key=_date)
    if running:
        return min(running, key=lambda each: (_date(each), -each[1]))
    return "idle", 0, None


def _date(each: Answer) -> date:
    return each[2] or date.max


def _of(
    records: Sequence[WorkRecord], terms: SustainmentDefinition, as_of: date, not_before: date | None
) -> Answer:
    needed = 7 * terms.weeks
    standings = list(_standings(records, terms, as_of, not_before))
    reached = next((day for day, _, count in standings if count >= needed), None)
    if reached is not None and reached < as_of:
        return "achieved", needed, reached + DAY
    goes_on, count = next(((goes_on, count) for day, goes_on, count in standings if day == as_of), (False, 0))
    if not goes_on:
        return "idle", 0, None
    return "running", count, reached + DAY if reached is not None else None


def _standings(
    records: Sequence[WorkRecord], terms: SustainmentDefinition, as_of: date, not_before: date | None
) -> Iterator[tuple[date, bool, int]]:
    """Yield each day with whether a run goes on, and how many of its days count within the window."""
    day = min((record.starts_on for record in records), default=date.max)
    run: list[date] = []
    missed = 0
    while day <= as_of + (7 * terms.weeks + 1) * DAY:  # by then a run that goes on gets there
        if _counts(day, records, terms, as_of, not_before):
            run, missed = [*run, day], 0
        else:
            missed += 1
            if missed > terms.max_gap_days:
                run = []
        yield day, bool(run), len(_recent(run, day, terms))
        day += DAY


def _recent(run: list[date], day: date, terms: SustainmentDefinition) -> list[date]:
    if terms.within_weeks is None:
        return run
    return [each for each in run if each > day - 7 * terms.within_weeks * DAY]


def _counts(
    day: date,
    records: Sequence[WorkRecord],
    terms: SustainmentDefinition,
    as_of: date,
    not_before: date | None,
) -> bool:
    if not_before is not None and day < not_before:
        return False
    held = [record for record in records if record.starts_on <= day <= _known_end(record, as_of)]
    if terms.counts != "work" and any(record.kind == "education" for record in held):
        return True
    work = [record for record in held if record.kind == "work"]
    if terms.counts == "education" or not work:
        return False
    hours = sum(Fraction(record.hours or Decimal(0)) for record in work)
    return (terms.hours_min is None or hours >= Fraction(terms.hours_min)) and (
        terms.hours_below is None or hours < Fraction(terms.hours_below)
    )


def _known_end(record: WorkRecord, as_of: date) -> date:
    """Return the last day by what is known: an end that is still to come is not."""
    return record.ends_on if record.ends_on is not None and record.ends_on <= as_of else date.max
