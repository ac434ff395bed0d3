"""The sentences that the figures write, and how results and spend are judged."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from mhep.kernel.periods import Month
from performance.rules.facts import NOTHING, MonthFacts
from performance.rules.forecast import Room, binding_of
from performance.rules.standing import Track, against_profile, spend_against_time
from performance.rules.story import Story, sentences

MAY = Month(2026, 5)
FACTS = MonthFacts(referrals=1, starts=2, job_starts=3, sustained_13=1, charged_minor=1200_00)
EARLIER = MonthFacts(referrals=4, starts=5, job_starts=3, sustained_13=2, charged_minor=1500_00)
STORY = Story(
    month=MAY,
    facts=FACTS,
    earlier=EARLIER,
    twelve=FACTS + EARLIER,
    months=2,
    count=lambda count: f"{count:,}",
    money=lambda minor: f"£{minor // 100:,}",
)


def test_three_sentences_say_what_changed() -> None:
    assert sentences(STORY) == (
        "May 2026: 1 person was referred and 2 started, 3 fewer than in April 2026.",
        "3 job starts were verified, as many as in April 2026; a usual month of the last 2 has 3.",
        "£1,200 was charged, net of VAT, £300 less than in April 2026.",
    )


def test_whoever_is_told_no_money_reads_of_work_that_lasted() -> None:
    assert sentences(replace(STORY, money=None))[2] == (
        "1 outcome for work that lasted were verified, 1 fewer than in April 2026."
    )


def test_the_first_month_is_compared_with_nothing() -> None:
    assert sentences(replace(STORY, earlier=None, months=1)) == (
        "May 2026: 1 person was referred and 2 started.",
        "3 job starts were verified.",
        "£1,200 was charged, net of VAT.",
    )


def test_a_hidden_count_hides_its_difference() -> None:
    hidden = replace(STORY, count=lambda count: "*" if 0 < count < 5 else str(count), months=1)
    assert sentences(hidden)[0] == "May 2026: * people were referred and * started, after 5 in April 2026."


@pytest.mark.parametrize(
    ("achieved", "expected", "track"),
    [
        (95, 100, Track.ON_TRACK),
        (94, 100, Track.WATCH),
        (85, 100, Track.WATCH),
        (84, 100, Track.OFF_TRACK),
        (84, None, Track.UNKNOWN),
        (0, 0, Track.UNKNOWN),
    ],
)
def test_results_against_the_profile(achieved: int, expected: int | None, track: Track) -> None:
    assert against_profile(achieved, expected) is track


@pytest.mark.parametrize(
    ("spent", "gone", "track"),
    [(60, 50, Track.ON_TRACK), (61, 50, Track.WATCH), (100, 99, Track.OFF_TRACK), (100, 100, Track.ON_TRACK)],
)
def test_spend_against_time(spent: int, gone: int, track: Track) -> None:
    assert spend_against_time(spent, 100, Fraction(gone, 100), None) is track
    assert spend_against_time(spent, None, Fraction(gone, 100), None) is Track.UNKNOWN


def test_a_cap_that_is_likely_to_bind_is_to_watch() -> None:
    binding = binding_of(Room(300, [100] * 12, MAY, MAY + 11))
    assert spend_against_time(1, 100, Fraction(1, 2), binding) is Track.WATCH


def test_facts_of_nothing_are_nothing() -> None:
    assert MonthFacts() == NOTHING + NOTHING
