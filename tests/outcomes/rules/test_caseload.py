"""Who needs something today, on the day before it is due, on the day, and after."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from outcomes.rules.caseload import (
    Foreseen,
    NeedKind,
    Query,
    Standing,
    most_people,
    needs_of,
)

TODAY = date(2026, 6, 20)
SETTLED = Standing(
    referred_on=date(2026, 4, 1),
    started_on=date(2026, 4, 6),
    consented_on=date(2026, 4, 6),
    first_employer_contact_on=date(2026, 4, 20),
    last_activity_on=date(2026, 6, 18),
)


def kinds(standing: Standing, today: date = TODAY) -> list[NeedKind]:
    return [need.kind for need in needs_of(standing, today)]


def test_somebody_with_everything_needs_nothing() -> None:
    assert kinds(SETTLED) == []


def test_consent_is_missing_from_the_referral_on_and_after_it_was_withdrawn() -> None:
    (need,) = needs_of(replace(SETTLED, consented_on=None), TODAY)
    assert (need.kind, need.due_on) == (NeedKind.CONSENT, date(2026, 4, 6))
    referred = Standing(date(2026, 6, 19), None, None, None, None)
    (need,) = needs_of(referred, TODAY)
    assert (need.kind, need.due_on) == (NeedKind.CONSENT, date(2026, 6, 19))


def test_the_first_employer_contact_is_due_thirty_days_after_the_start() -> None:
    standing = replace(SETTLED, started_on=date(2026, 6, 1), first_employer_contact_on=None)
    (need,) = needs_of(standing, TODAY)
    assert (need.kind, need.due_on) == (NeedKind.EMPLOYER_CONTACT, date(2026, 7, 1))


@pytest.mark.parametrize(("days", "is_quiet"), [(20, False), (21, True), (22, True)])
def test_support_is_quiet_after_twenty_one_days(days: int, is_quiet: bool) -> None:  # noqa: FBT001
    standing = replace(SETTLED, last_activity_on=TODAY - timedelta(days=days))
    assert (kinds(standing) == [NeedKind.QUIET]) is is_quiet


def test_without_any_activity_it_is_the_start_that_counts() -> None:
    standing = replace(SETTLED, last_activity_on=None)
    (need,) = needs_of(standing, TODAY)
    assert (need.kind, need.due_on) == (NeedKind.QUIET, date(2026, 4, 27))
    assert "75 days" in need.why


@pytest.mark.parametrize(("days", "is_shown"), [(1, True), (28, True), (29, False)])
def test_a_claim_is_foreseen_four_weeks_ahead(days: int, is_shown: bool) -> None:  # noqa: FBT001
    day = TODAY + timedelta(days=days)
    foreseen = Foreseen("Job sustained", day, is_reached=False, evidence="payslip")
    needs = needs_of(replace(SETTLED, foreseen=(foreseen,)), TODAY)
    assert bool(needs) is is_shown
    if is_shown:
        unit = "day" if days == 1 else "days"
        assert needs[0].why == f"Job sustained: {days} more {unit}. Collect: payslip."


def test_what_can_be_claimed_stays_until_it_is() -> None:
    foreseen = Foreseen("Job sustained", TODAY - timedelta(days=400), is_reached=True)
    (need,) = needs_of(replace(SETTLED, foreseen=(foreseen,)), TODAY)
    assert (need.kind, need.why) == (NeedKind.CLAIM, "Job sustained can be claimed.")


def test_a_question_is_told_in_its_words() -> None:
    query = Query("Job start", TODAY, "Which month is the payslip of?")
    (need,) = needs_of(replace(SETTLED, queries=(query,)), TODAY)
    assert need.why == "Answer the question about Job start: Which month is the payslip of?"


def test_what_is_longest_overdue_comes_first_and_on_one_day_the_question() -> None:
    standing = replace(
        SETTLED,
        consented_on=None,
        first_employer_contact_on=None,
        queries=(Query("Job start", date(2026, 4, 6), ""),),
    )
    assert kinds(standing) == [NeedKind.QUERY, NeedKind.CONSENT, NeedKind.EMPLOYER_CONTACT]


@pytest.mark.parametrize(("percents", "most"), [([100], 20), ([100, 50], 30), ([60], 12), ([1], 0), ([], 0)])
def test_a_full_time_specialist_helps_twenty(percents: list[int], most: int) -> None:
    assert most_people(percents) == most
