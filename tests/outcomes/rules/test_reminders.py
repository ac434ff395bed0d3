"""What of the needs of people, and of the days of a queue, is worth a reminder."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.rules.caseload import Need, NeedKind
from outcomes.rules.reminders import Due, PersonsNeeds, due_needs, split_by_wait, worth_reminding

TODAY = date(2026, 7, 1)
days = st.dates(TODAY - timedelta(60), TODAY + timedelta(60))


def person(*needs: tuple[NeedKind, int], is_over: bool = False) -> PersonsNeeds:
    """Return somebody who needs these, each so many days from today."""
    return PersonsNeeds(
        [Need(kind, TODAY + timedelta(away), "why") for kind, away in needs], TODAY, is_over=is_over
    )


@pytest.mark.parametrize(("away", "is_told"), [(-40, True), (0, True), (7, True), (8, False)])
def test_what_is_due_within_a_week_is_told(away: int, is_told: bool) -> None:  # noqa: FBT001
    found = due_needs([person((NeedKind.CLAIM_SOON, away))])
    assert found == ({NeedKind.CLAIM_SOON: Due(1, TODAY + timedelta(away), TODAY)} if is_told else {})


def test_needs_of_a_kind_are_counted_with_their_oldest_day() -> None:
    people = [
        person((NeedKind.CONSENT, -3), (NeedKind.QUERY, -1), (NeedKind.QUERY, -9)),
        person((NeedKind.CONSENT, -5)),
        person(),
    ]
    assert due_needs(people) == {
        NeedKind.CONSENT: Due(2, TODAY - timedelta(5), TODAY),
        NeedKind.QUERY: Due(2, TODAY - timedelta(9), TODAY),
    }


@pytest.mark.parametrize("kind", NeedKind)
def test_after_a_programme_ended_only_questions_and_claims_are_told(kind: NeedKind) -> None:
    found = worth_reminding(person((kind, -1), is_over=True))
    assert bool(found) is (kind in {NeedKind.QUERY, NeedKind.CLAIM})


@given(st.dictionaries(days, st.integers(1, 9)))
def test_every_event_of_a_queue_is_told_once_and_the_long_waits_apart(by_day: dict[date, int]) -> None:
    long, others = split_by_wait(by_day, TODAY)

    assert sum(due.count for due in (long, others) if due) == sum(by_day.values())
    assert long is None or long.oldest == min(by_day)
    assert others is None or others.oldest >= TODAY - timedelta(5)
    assert (long is None) is all(day >= TODAY - timedelta(5) for day in by_day)
