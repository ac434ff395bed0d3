"""F8: the rows that a check left out can be left out of the judging; what is good stays just as good."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from mhep.shared.tables import Row
from outcomes.rules.acceptance import OutcomeRule, Person, judge_events
from participants.rules.acceptance import ProgrammeScope, ServiceScope, judge_participants
from participants.rules.work import judge_work

EXAMPLES = settings(max_examples=500, deadline=None)
FIRST = date(2026, 4, 1)
PEOPLE = {"P1": Person(FIRST, FIRST), "P2": Person(FIRST, None)}
RULES = {
    "START": OutcomeRule("START", 0, once_per_job=True),
    "STAY": OutcomeRule("STAY", 1, requires="START", min_days_after=7),
}
SCOPE = ProgrammeScope(services={"S1": ServiceScope(["A1"], ()), "S2": ServiceScope()}, areas={"A1", "A2"})

days = st.integers(0, 20).map(lambda number: (FIRST + timedelta(days=number)).isoformat())
maybe = st.one_of(st.just(""), days)
people = st.sampled_from(["P1", "P2", "P3", ""])
jobs = st.sampled_from(["", "A", "B"])


def rows(*cells: st.SearchStrategy[str]) -> st.SearchStrategy[list[Row]]:
    """Return lists of rows with these cells, numbered as a spreadsheet does."""
    lists = st.lists(st.tuples(*cells), max_size=8)
    return lists.map(lambda found: [Row(number, each) for number, each in enumerate(found, 2)])


def without(given_rows: list[Row], left_out: set[int]) -> list[Row]:
    return [row for row in given_rows if row.number not in left_out]


events = rows(
    st.sampled_from(["E1", "E2", "E3", "E4", ""]),
    people,
    st.sampled_from(["START", "STAY", "OTHER"]),
    days,
    st.sampled_from(["", "20", "x"]),
    jobs,
    st.just(""),
    days,
    maybe,
    maybe,
)
participants = rows(
    st.sampled_from(["P1", "P2", "P3", ""]),
    st.sampled_from(["S1", "S2", "S9"]),
    st.sampled_from(["", "A1", "A2", "A9"]),
    st.just(""),
    maybe,
    maybe,
    maybe,
)
periods = rows(people, jobs, st.sampled_from(["work", "education", "x"]), days, maybe, st.just("20"))


@EXAMPLES
@given(events)
def test_f8_outcomes_that_were_left_out_bear_on_no_other(found: list[Row]) -> None:
    first = judge_events(found, rules=RULES, people=PEOPLE, stored=())
    good = without(found, {each.row for each in first.rejections})
    again = judge_events(good, rules=RULES, people=PEOPLE, stored=())
    assert (again.accepted, again.unchanged, again.rejections) == (first.accepted, first.unchanged, [])


@EXAMPLES
@given(participants)
def test_f8_participants_that_were_left_out_bear_on_no_other(found: list[Row]) -> None:
    first = judge_participants(found, scope=SCOPE, stored={})
    good = without(found, {each.row for each in first.rejections})
    again = judge_participants(good, scope=SCOPE, stored={})
    assert (again.accepted, again.unchanged, again.rejections) == (first.accepted, first.unchanged, [])


@EXAMPLES
@given(periods)
def test_f8_jobs_that_were_left_out_bear_on_no_other(found: list[Row]) -> None:
    first = judge_work(found, people={"P1", "P2"}, stored=())
    good = without(found, {each.row for each in first.rejections})
    again = judge_work(good, people={"P1", "P2"}, stored=())
    assert (again.accepted, again.closed, again.rejections) == (first.accepted, first.closed, [])
