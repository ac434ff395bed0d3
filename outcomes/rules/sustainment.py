"""
From periods of work to what can be claimed, and when (spec: sustainment).

Nothing here goes day by day. The periods that are known give spans of days that count; a run is
a row of spans with short enough gaps; and N counting days lie within a window of W days exactly
if at most W - N days among them do not count. So one pass over the spans finds the first day on
which enough days count, however far it lies ahead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from enum import StrEnum
from itertools import pairwise

from funders.rules.definition import SustainmentDefinition
from participants.rules.work import WorkRecord

_LAST_DAY = date.max.toordinal()
# Hours have as many digits as they were given; a sum of them must keep every one.
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
_NO_HOURS = Decimal(0)

_Days = tuple[int, int]
"""The first and the last of some days on end, as ordinals."""


class State(StrEnum):
    """How far somebody is: the milestone is behind, the run goes on, or there is no run."""

    ACHIEVED = "achieved"
    RUNNING = "running"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Span:
    """Days on end, both ends included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Clock:
    """
    Where a person stands on a milestone, as far as a day lets know, and a line to draw it with.

    ``days`` of the ``needed`` ones count. ``outcome_date`` is the date that can be claimed, or
    could be if all goes on as it is; none if that leads nowhere. ``run`` holds the spans of
    counting days of the run that is shown: up to the day that reached the milestone, or to the
    day asked about; it is empty when idle. Days of the run before ``window_from`` are too old to
    count among ``days``. ``job`` is the job that was counted, where each is counted by itself.
    """

    state: State
    days: int
    needed: int
    outcome_date: date | None = None
    run: tuple[Span, ...] = ()
    window_from: date | None = None
    job: str | None = None

    @property
    def remaining(self) -> int:
        """How many more days must count."""
        return self.needed - self.days

    @property
    def gaps(self) -> tuple[Span, ...]:
        """The days within the run that do not count."""
        return tuple(
            Span(date.fromordinal(first), date.fromordinal(last))
            for first, last in _gaps((span.first.toordinal(), span.last.toordinal()) for span in self.run)
        )


def clock_at(
    records: Iterable[WorkRecord],
    terms: SustainmentDefinition,
    *,
    as_of: date,
    not_before: date | None = None,
) -> Clock:
    """
    Return where one person stands at the end of ``as_of``, by what is known on that day.

    :param records: the person's periods in any order, those that begin later included.
    :param not_before: the outcome date of the earliest live event of the required type; earlier
        days do not count. Whether there must be one is the caller's business.
    """
    today = as_of.toordinal()
    floor = not_before.toordinal() if not_before else 0
    periods = [_Period.known(record, today, floor) for record in records if record.starts_on <= as_of]
    if not terms.same_job:
        return _clock(periods, terms, today)
    jobs: dict[str, list[_Period]] = {}
    for period in periods:
        jobs.setdefault(period.record.job, []).append(period)
    clocks = (_clock(jobs[job], terms, today, job) for job in sorted(jobs))
    return min(clocks, key=_preference, default=_idle(terms))


def _preference(clock: Clock) -> tuple[int, bool, date, int]:
    """Order the clocks of several jobs: achieved, running, idle; by date, none last; by most days."""
    day = clock.outcome_date
    return _ORDER[clock.state], day is None, day or date.max, -clock.days


_ORDER = {state: place for place, state in enumerate(State)}


@dataclass(frozen=True, slots=True)
class _Period:
    """A record as it is known on a day: what is still to come of its end is not."""

    record: WorkRecord
    first: int
    last: int

    @classmethod
    def known(cls, record: WorkRecord, today: int, floor: int) -> _Period:
        ends_on = record.ends_on.toordinal() if record.ends_on else _LAST_DAY
        return cls(
            record,
            max(record.starts_on.toordinal(), floor),
            ends_on if ends_on <= today else _LAST_DAY,
        )


def _clock(
    periods: Iterable[_Period], terms: SustainmentDefinition, today: int, job: str | None = None
) -> Clock:
    spans = _counting_spans(periods, terms)
    needed = 7 * terms.weeks
    window = 7 * terms.within_weeks if terms.within_weeks is not None else None
    reached = _first_reached(spans, terms)
    achieved = reached is not None and reached < today
    shown = reached if reached is not None and achieved else today
    run = _run_at(shown, spans, terms.max_gap_days)
    if not run:
        return _idle(terms)
    oldest = shown - window + 1 if window is not None else run[0][0]
    return Clock(
        state=State.ACHIEVED if achieved else State.RUNNING,
        days=needed
        if achieved
        else sum(last - max(first, oldest) + 1 for first, last in run if last >= oldest),
        needed=needed,
        outcome_date=_day(reached + 1) if reached is not None else None,
        run=tuple(Span(date.fromordinal(first), date.fromordinal(last)) for first, last in run),
        window_from=_day(oldest),
        job=job,
    )


def _idle(terms: SustainmentDefinition) -> Clock:
    return Clock(State.IDLE, 0, 7 * terms.weeks)


def _day(ordinal: int) -> date | None:
    """Return the day, unless the calendar does not reach that far."""
    return date.fromordinal(ordinal) if 1 <= ordinal <= _LAST_DAY else None


def _counting_spans(periods: Iterable[_Period], terms: SustainmentDefinition) -> list[_Days]:
    """Return the days that count (clause 1) as spans, in order, none touching the next."""
    changes = sorted(_changes(periods, terms.counts), key=lambda change: change[0])
    spans: list[_Days] = []
    state = _Day()
    for (day, kind, step, hours), (next_day, *_) in pairwise([*changes, (_LAST_DAY + 1, "", 0, _NO_HOURS)]):
        state.change(kind, step, hours)
        if day == next_day or not state.counts(terms):
            continue
        first = spans.pop()[0] if spans and spans[-1][1] == day - 1 else day
        spans.append((first, next_day - 1))
    return spans


_Change = tuple[int, str, int, Decimal]
"""From a day on: the kind of period, whether one more (1) or fewer (-1), and the hours to add."""


def _changes(periods: Iterable[_Period], counts: str) -> Iterator[_Change]:
    for period in periods:
        record = period.record
        if period.first <= period.last and counts in (record.kind, "work_and_education"):
            hours = record.hours if record.hours is not None else _NO_HOURS
            yield period.first, record.kind, 1, hours
            yield period.last + 1, record.kind, -1, hours.copy_negate()


class _Day:
    """What holds on a day: periods of each kind, and the hours of work together."""

    __slots__ = ("_hours", "_periods")

    def __init__(self) -> None:
        self._periods = {"work": 0, "education": 0}
        self._hours = _NO_HOURS

    def change(self, kind: str, step: int, hours: Decimal) -> None:
        self._periods[kind] += step
        if kind == "work":
            self._hours = _EXACT.add(self._hours, hours)

    def counts(self, terms: SustainmentDefinition) -> bool:
        if self._periods["education"]:
            return True
        return (
            self._periods["work"] > 0
            and (terms.hours_min is None or self._hours >= terms.hours_min)
            and (terms.hours_below is None or self._hours < terms.hours_below)
        )


def _first_reached(spans: Iterable[_Days], terms: SustainmentDefinition) -> int | None:
    """Return the first day on which enough days of its run count within the window (clauses 2 and 3)."""
    needed = 7 * terms.weeks
    # Of the days from the first to the last of those needed, so many need not count.
    spare = 7 * terms.within_weeks - needed if terms.within_weeks is not None else None
    in_reach: deque[tuple[int, int]] = deque()  # days of the run counted and missed before each span
    counted = missed = previous = 0
    for first, last in spans:
        gap = first - previous - 1
        if not in_reach or gap > terms.max_gap_days:
            in_reach.clear()
            counted = missed = gap = 0
        missed += gap
        in_reach.append((counted, missed))
        while spare is not None and missed - in_reach[0][1] > spare:
            in_reach.popleft()
        # The days needed may begin with the first that is in reach, and end in this span.
        reached = first + max(0, in_reach[0][0] + needed - 1 - counted)
        if reached <= last:
            return reached
        counted += last - first + 1
        previous = last
    return None


def _run_at(day: int, spans: list[_Days], max_gap: int) -> list[_Days]:
    """Return the spans of the run that is not broken on the day, as far as that day; none without one."""
    begun = [(first, min(last, day)) for first, last in spans if first <= day]
    if not begun or day - begun[-1][1] > max_gap:
        return []
    place = len(begun) - 1
    while place and begun[place][0] - begun[place - 1][1] - 1 <= max_gap:
        place -= 1
    return begun[place:]


def _gaps(spans: Iterable[_Days]) -> Iterator[_Days]:
    for (_, last), (first, _) in pairwise(spans):
        yield last + 1, first - 1
