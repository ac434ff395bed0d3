"""The sustainment clock: against a calendar gone through day by day, and what always holds of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from funders.rules.definition import SustainmentDefinition
from outcomes.rules.sustainment import Clock, Span, State, clock_at
from participants.rules.work import WorkRecord
from tests.outcomes.rules import day_by_day

DAY = timedelta(1)
FIRST = date(2024, 1, 1)
HOURS = [None, *map(Decimal, ("0", "8", "15.5", "16", "20", "30"))]

days = st.integers(0, 90).map(lambda number: FIRST + number * DAY)
kinds = {"J1": "work", "J2": "work", "C1": "education"}


@st.composite
def records(draw: st.DrawFn) -> WorkRecord:
    job = draw(st.sampled_from(sorted(kinds)))
    starts_on = draw(days)
    length = draw(st.none() | st.integers(0, 40))
    ends_on = None if length is None else starts_on + length * DAY
    return WorkRecord("P", job, kinds[job], starts_on, ends_on, draw(st.sampled_from(HOURS)))


@st.composite
def terms(draw: st.DrawFn, *, below: bool = True) -> SustainmentDefinition:
    weeks = draw(st.integers(1, 5))
    minimum = draw(st.none() | st.sampled_from(HOURS[1:]))
    allowed = [hours for hours in HOURS[1:] if hours is not None and (minimum is None or hours > minimum)]
    return SustainmentDefinition(
        weeks=weeks,
        within_weeks=draw(st.none() | st.integers(weeks, weeks + 3)),
        max_gap_days=draw(st.integers(0, 12)),
        hours_min=minimum,
        hours_below=draw(st.none() | st.sampled_from(allowed)) if below and allowed else None,
        counts=draw(st.sampled_from(("work", "education", "work_and_education"))),
        same_job=draw(st.booleans()),
    )


persons = st.lists(records(), max_size=7)
floors = st.none() | days
as_of_days = st.integers(-5, 150).map(lambda number: FIRST + number * DAY)


def job(first: date, last: date | None = None, hours: str | None = "20", name: str = "J1") -> WorkRecord:
    return WorkRecord(
        "P", name, kinds.get(name, "work"), first, last, Decimal(hours) if hours is not None else None
    )


def told(clock: Clock) -> day_by_day.Answer:
    return str(clock.state), clock.days, clock.outcome_date


def later(clock: Clock) -> date:
    """Return the date to compare by: none is later than any."""
    return clock.outcome_date or date.max


# Against the specification, gone through day by day


@settings(deadline=None)
@given(persons, terms(), as_of_days, floors)
def test_the_clock_says_what_going_day_by_day_says(
    person: list[WorkRecord], rule: SustainmentDefinition, as_of: date, floor: date | None
) -> None:
    clock = clock_at(person, rule, as_of=as_of, not_before=floor)
    assert told(clock) == day_by_day.answer(person, rule, as_of, floor)


def crowded(random: Random) -> tuple[list[WorkRecord], SustainmentDefinition, date, date | None]:
    """Return a person with much work, terms that are often met, a day to ask about, and a floor."""
    person = []
    for _ in range(random.randint(1, 9)):
        name, starts_on = random.choice(sorted(kinds)), FIRST + random.randint(0, 60) * DAY
        ends_on = starts_on + random.randint(0, 30) * DAY if random.random() < 0.8 else None
        person.append(WorkRecord("P", name, kinds[name], starts_on, ends_on, random.choice(HOURS)))
    weeks = random.randint(1, 4)
    rule = SustainmentDefinition(
        weeks,
        random.choice((None, weeks, weeks + 1, weeks + 3)),
        random.choice((0, 1, 3, 7, 14)),
        random.choice((None, None, Decimal(16))),
        random.choice((None, None, Decimal(20), Decimal(30))),
        random.choice(("work", "education", "work_and_education")),
        random.random() < 0.4,
    )
    return person, rule, FIRST + random.randint(0, 120) * DAY, random.choice((None, FIRST + 20 * DAY))


@pytest.mark.parametrize("seed", range(10))
def test_two_hundred_people_with_much_work_get_what_going_day_by_day_gives(seed: int) -> None:
    random = Random(seed)  # noqa: S311
    for _ in range(200):
        person, rule, as_of, floor = crowded(random)
        clock = clock_at(person, rule, as_of=as_of, not_before=floor)
        assert told(clock) == day_by_day.answer(person, rule, as_of, floor), (person, rule, as_of, floor)


@settings(max_examples=250, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 12), st.integers(1, 8)), min_size=3, max_size=8),
    st.integers(5, 8),
    st.integers(0, 3),
)
def test_windows_that_drop_old_days_are_right_too(
    spells: list[tuple[int, int]], gap: int, spare: int
) -> None:
    """Spells and gaps in turn, and a narrow window: what random terms seldom give."""
    rule = SustainmentDefinition(2, 2 + spare, gap)
    person, day = [], FIRST
    for worked, idle in spells:
        person.append(job(day, day + (worked - 1) * DAY))
        day += (worked + idle) * DAY
    person.append(job(day))
    for as_of in (day - DAY, day, day + 20 * DAY):
        assert told(clock_at(person, rule, as_of=as_of)) == day_by_day.answer(person, rule, as_of, None)


# Properties that always hold


@settings(deadline=None)
@given(persons, terms(), as_of_days, floors, st.randoms(use_true_random=False))
def test_the_order_of_periods_does_not_matter(
    person: list[WorkRecord], rule: SustainmentDefinition, as_of: date, floor: date | None, random: Random
) -> None:
    shuffled = list(person)
    random.shuffle(shuffled)
    assert clock_at(shuffled, rule, as_of=as_of, not_before=floor) == clock_at(
        person, rule, as_of=as_of, not_before=floor
    )


def without(person: Sequence[WorkRecord], day: date) -> Iterator[WorkRecord]:
    for record in person:
        if day < record.starts_on or (record.ends_on is not None and day > record.ends_on):
            yield record
            continue
        if record.starts_on < day:
            yield replace(record, ends_on=day - DAY)
        if record.ends_on is None or record.ends_on > day:
            yield replace(record, starts_on=day + DAY)


@settings(deadline=None)
@given(persons, terms(), as_of_days, floors, days)
def test_removing_a_day_never_makes_the_date_earlier(
    person: list[WorkRecord], rule: SustainmentDefinition, as_of: date, floor: date | None, day: date
) -> None:
    assume(day <= as_of)
    fewer = clock_at(list(without(person, day)), rule, as_of=as_of, not_before=floor)
    assert later(fewer) >= later(clock_at(person, rule, as_of=as_of, not_before=floor))


@settings(deadline=None)
@given(persons, records(), terms(below=False), as_of_days, floors)
def test_adding_work_never_makes_the_date_later(
    person: list[WorkRecord],
    more: WorkRecord,
    rule: SustainmentDefinition,
    as_of: date,
    floor: date | None,
) -> None:
    added = clock_at([*person, more], rule, as_of=as_of, not_before=floor)
    assert later(added) <= later(clock_at(person, rule, as_of=as_of, not_before=floor))


@settings(deadline=None)
@given(persons, terms(), as_of_days, floors, st.integers(1, 60))
def test_a_projected_date_stays_while_nothing_begins_ends_or_changes(
    person: list[WorkRecord],
    rule: SustainmentDefinition,
    as_of: date,
    floor: date | None,
    passed: int,
) -> None:
    until = as_of + passed * DAY
    quiet = [
        record
        for record in person
        if not as_of < record.starts_on <= until
        and not (record.ends_on is not None and as_of < record.ends_on <= until)
    ]
    before = clock_at(quiet, rule, as_of=as_of, not_before=floor)
    assume(before.outcome_date is not None)
    after = clock_at(quiet, rule, as_of=until, not_before=floor)
    assert after.outcome_date == before.outcome_date
    assert (after.state is State.ACHIEVED) == (later(before) <= until)


@settings(deadline=None)
@given(persons, terms(), as_of_days, floors)
def test_what_is_achieved_is_never_after_the_day_and_what_is_projected_is(
    person: list[WorkRecord], rule: SustainmentDefinition, as_of: date, floor: date | None
) -> None:
    clock = clock_at(person, rule, as_of=as_of, not_before=floor)
    if clock.state is State.ACHIEVED:
        assert later(clock) <= as_of
        assert clock.days == clock.needed
    else:
        assert later(clock) > as_of
    assert 0 <= clock.days <= clock.needed


@settings(deadline=None)
@given(persons, terms(), as_of_days, floors)
def test_the_line_to_look_at_adds_up_to_the_days(
    person: list[WorkRecord], rule: SustainmentDefinition, as_of: date, floor: date | None
) -> None:
    clock = clock_at(person, rule, as_of=as_of, not_before=floor)
    assert bool(clock.run) == (clock.state is not State.IDLE)
    assert all(0 < gap.days <= rule.max_gap_days for gap in clock.gaps)
    if clock.run:
        assert clock.window_from is not None
        seen = [(max(span.first, clock.window_from), span.last) for span in clock.run]
        assert sum((last - first).days + 1 for first, last in seen if last >= first) == clock.days
        ends_by = later(clock) - DAY if clock.state is State.ACHIEVED else as_of
        assert clock.run[-1].last <= ends_by
        whole = (clock.run[-1].last - clock.run[0].first).days + 1
        assert sum(each.days for each in (*clock.run, *clock.gaps)) == whole


@settings(deadline=None)
@given(
    st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    st.sampled_from([(13, 91), (26, 182), (52, 364)]),
    st.integers(0, 364),
)
def test_t3_weeks_are_days_whatever_leap_days_and_clock_changes_lie_between(
    start: date, weeks_and_days: tuple[int, int], passed: int
) -> None:
    weeks, in_days = weeks_and_days
    rule = SustainmentDefinition(weeks)
    due = start + in_days * DAY
    person = [job(start)]
    on_the_way = clock_at(person, rule, as_of=start + min(passed, in_days - 1) * DAY)
    assert (on_the_way.state, on_the_way.outcome_date) == (State.RUNNING, due)
    assert on_the_way.days == min(passed + 1, in_days)
    assert told(clock_at(person, rule, as_of=due)) == ("achieved", in_days, due)


# Cases to read


W13 = SustainmentDefinition(13)


def test_a_job_begun_on_1_march_is_sustained_for_13_weeks_on_31_may() -> None:
    person = [job(date(2026, 3, 1))]
    assert told(clock_at(person, W13, as_of=date(2026, 5, 29))) == ("running", 90, date(2026, 5, 31))
    assert told(clock_at(person, W13, as_of=date(2026, 5, 30))) == ("running", 91, date(2026, 5, 31))
    assert told(clock_at(person, W13, as_of=date(2026, 5, 31))) == ("achieved", 91, date(2026, 5, 31))


def test_a_job_that_ends_a_day_short_leads_nowhere() -> None:
    person = [job(FIRST, FIRST + 89 * DAY)]
    assert told(clock_at(person, W13, as_of=FIRST + 89 * DAY)) == ("running", 90, None)
    assert told(clock_at(person, W13, as_of=FIRST + 90 * DAY)) == ("idle", 0, None)


def test_an_end_still_to_come_is_not_known() -> None:
    assert clock_at([job(FIRST, FIRST + 40 * DAY)], W13, as_of=FIRST + 39 * DAY).outcome_date == (
        FIRST + 91 * DAY
    )


def test_a_gap_may_be_as_long_as_the_terms_say_and_not_a_day_longer() -> None:
    rule = SustainmentDefinition(2, max_gap_days=3)
    for gap, expected in ((3, FIRST + 17 * DAY), (4, FIRST + (7 + 4 + 14) * DAY)):
        person = [job(FIRST, FIRST + 6 * DAY), job(FIRST + (7 + gap) * DAY)]
        assert clock_at(person, rule, as_of=FIRST + 12 * DAY).outcome_date == expected


def test_two_jobs_one_after_the_other_count_together_unless_the_job_must_be_the_same() -> None:
    person = [job(FIRST, FIRST + 9 * DAY), job(FIRST + 10 * DAY, name="J2")]
    as_of = FIRST + 13 * DAY
    assert told(clock_at(person, SustainmentDefinition(2), as_of=as_of)) == ("running", 14, as_of + DAY)
    one = clock_at(person, SustainmentDefinition(2, same_job=True), as_of=as_of)
    assert (*told(one), one.job) == ("running", 4, FIRST + 24 * DAY, "J2")


def test_hours_of_jobs_held_together_are_added_up() -> None:
    person = [job(FIRST, hours="10"), job(FIRST + 5 * DAY, FIRST + 8 * DAY, hours="6", name="J2")]
    rule = SustainmentDefinition(1, hours_min=Decimal(16))
    assert clock_at(person, rule, as_of=FIRST + 8 * DAY).run == (Span(FIRST + 5 * DAY, FIRST + 8 * DAY),)
    assert told(clock_at(person, rule, as_of=FIRST + 8 * DAY)) == ("running", 4, None)
    below = SustainmentDefinition(1, hours_below=Decimal(16), max_gap_days=4)
    clock = clock_at(person, below, as_of=FIRST + 10 * DAY)
    assert told(clock) == ("running", 7, FIRST + 11 * DAY)
    assert clock.gaps == (Span(FIRST + 5 * DAY, FIRST + 8 * DAY),)


def test_no_digit_of_the_hours_is_lost() -> None:
    nearly, rest = "15." + "9" * 60, "0." + "0" * 59 + "1"
    rule = SustainmentDefinition(1, hours_min=Decimal(16))
    assert clock_at([job(FIRST, hours=nearly)], rule, as_of=FIRST).state is State.IDLE
    both = [job(FIRST, hours=nearly), job(FIRST, hours=rest, name="J2")]
    assert clock_at(both, rule, as_of=FIRST).state is State.RUNNING
    ended = [job(FIRST, hours=nearly), job(FIRST, FIRST, hours=rest, name="J2")]
    assert clock_at(ended, rule, as_of=FIRST).outcome_date is None


@pytest.mark.parametrize(("gap", "reached_after"), [(7, 21), (8, 29), (9, 30)])
def test_the_days_must_lie_within_the_window_to_the_day(gap: int, reached_after: int) -> None:
    """Two weeks within three: a gap of eight days leaves room for no day before it."""
    rule = SustainmentDefinition(2, within_weeks=3, max_gap_days=10)
    person = [job(FIRST, FIRST + 6 * DAY), job(FIRST + (7 + gap) * DAY)]
    due = FIRST + reached_after * DAY
    assert clock_at(person, rule, as_of=FIRST + 20 * DAY).outcome_date == due
    assert told(clock_at(person, rule, as_of=due)) == ("achieved", 14, due)


def test_days_of_a_run_that_have_left_the_window_no_longer_count() -> None:
    rule = SustainmentDefinition(2, within_weeks=2, max_gap_days=20)
    person = [job(FIRST, FIRST + 4 * DAY)]
    assert told(clock_at(person, rule, as_of=FIRST + 15 * DAY)) == ("running", 3, None)
    assert told(clock_at(person, rule, as_of=FIRST + 24 * DAY)) == ("running", 0, None)
    assert told(clock_at(person, rule, as_of=FIRST + 25 * DAY)) == ("idle", 0, None)


def test_of_several_jobs_the_one_nearest_to_its_date_is_taken_then_the_one_with_most_days() -> None:
    rule = SustainmentDefinition(2, same_job=True, max_gap_days=5)
    ended = [job(FIRST, FIRST + 5 * DAY), job(FIRST + 1 * DAY, FIRST + 8 * DAY, name="J2")]
    most = clock_at(ended, rule, as_of=FIRST + 9 * DAY)
    assert (*told(most), most.job) == ("running", 8, None, "J2")
    goes_on = clock_at([*ended, job(FIRST + 9 * DAY, name="J3")], rule, as_of=FIRST + 9 * DAY)
    assert (*told(goes_on), goes_on.job) == ("running", 1, FIRST + 23 * DAY, "J3")


@pytest.mark.parametrize("weeks", [2, 2_000_000_000])
def test_the_end_of_the_calendar_is_no_date(weeks: int) -> None:
    person = [job(date(9999, 12, 20))]
    rule = SustainmentDefinition(weeks, within_weeks=weeks)
    assert told(clock_at(person, rule, as_of=date(9999, 12, 31))) == ("running", 12, None)


def test_reaching_on_the_last_day_of_the_calendar_gives_no_date() -> None:
    clock = clock_at([job(date(9999, 12, 25))], SustainmentDefinition(1), as_of=date.max)
    assert told(clock) == ("running", 7, None)


def test_the_first_day_of_the_calendar_can_be_asked_about() -> None:
    clock = clock_at([job(date.min)], SustainmentDefinition(1, within_weeks=3), as_of=date.min)
    assert told(clock) == ("running", 1, date.min + 7 * DAY)


def test_nothing_known_is_idle() -> None:
    assert clock_at([], W13, as_of=FIRST) == Clock(State.IDLE, 0, 91)
    assert clock_at([job(FIRST + DAY)], W13, as_of=FIRST) == Clock(State.IDLE, 0, 91)
    assert clock_at([], replace(W13, same_job=True), as_of=FIRST).remaining == 91
