"""What a month holds of one place, as whole numbers that only ever add up. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import Enum


class OutcomeKind(Enum):
    """What an outcome is in the pathway from referral to lasting work. Its text is what pages show."""

    ENGAGEMENT = "Engagement"
    JOB_START = "Job start"
    SUSTAINED_13 = "Work sustained for 13 weeks"
    SUSTAINED_26 = "Work sustained for 26 weeks or more"
    EDUCATION = "Education start"
    OTHER = "Other outcome"


# The codes by which programme files name the first steps of the pathway; later ones are known by their weeks.
CODES = {
    **dict.fromkeys(("ENGAGED", "ENGAGEMENT", "ENG", "ATTACH", "OPSTART"), OutcomeKind.ENGAGEMENT),
    **dict.fromkeys(("JOB_START", "START", "ENTRY", "JOB"), OutcomeKind.JOB_START),
    **dict.fromkeys(("EDUCATION", "EDUCATION_START", "EDU"), OutcomeKind.EDUCATION),
}
WEEKS_13, WEEKS_26, DAYS_OF_A_WEEK = 13, 26, 7


def kind_of(code: str, weeks: int | None, days_after_a_job: int | None) -> OutcomeKind:
    """
    Return what an outcome type is in the pathway.

    :param weeks: for how many weeks work is to last, where the type is worked out from periods of work.
    :param days_after_a_job: how long after a job start the type may be claimed at the earliest; None where it
        requires no job start.
    """
    if weeks is None and days_after_a_job is not None:
        weeks = days_after_a_job // DAYS_OF_A_WEEK
    if weeks is not None and weeks >= WEEKS_13:
        return OutcomeKind.SUSTAINED_26 if weeks >= WEEKS_26 else OutcomeKind.SUSTAINED_13
    return CODES.get(code, OutcomeKind.OTHER)


@dataclass(frozen=True, slots=True)
class MonthFacts:
    """
    What happened in some months in some places: counts of people and outcomes, and net minor units.

    Counts of outcomes are those verified less those voided, in the month in which they are priced; so they
    are the lines of invoices, and those of a closed month never change. ``joined`` and ``left`` are people
    who came into support and out of it: their sums to a day differ by who is in support then.
    ``contact_days`` are the days from the start to the first contact with an employer, added up over the
    people ``contacted``.
    """

    referrals: int = 0
    starts: int = 0
    starts_out_of_work: int = 0
    joined: int = 0
    left: int = 0
    left_working: int = 0
    contacted: int = 0
    contact_days: int = 0
    contacted_in_30: int = 0
    followed_18: int = 0
    working_18: int = 0
    engagements: int = 0
    job_starts: int = 0
    job_starters: int = 0
    job_starters_out_of_work: int = 0
    sustained_13: int = 0
    sustained_26: int = 0
    education_starts: int = 0
    other_outcomes: int = 0
    decided: int = 0
    at_once: int = 0
    charged_minor: int = 0
    invoiced_minor: int = 0

    def __add__(self, other: MonthFacts) -> MonthFacts:
        return MonthFacts(*(getattr(self, name) + getattr(other, name) for name in NAMES))

    @property
    def outcomes(self) -> int:
        """Outcomes of every kind."""
        return (
            self.engagements
            + self.job_starts
            + self.sustained_13
            + self.sustained_26
            + self.education_starts
            + self.other_outcomes
        )

    @property
    def in_support(self) -> int:
        """Who is in support at the end, where the facts go back to the beginning."""
        return self.joined - self.left


NAMES = tuple(field.name for field in fields(MonthFacts))
NOTHING = MonthFacts()


def total(facts: Iterable[MonthFacts]) -> MonthFacts:
    """Return the sum of facts; of none it is nothing."""
    return sum(facts, NOTHING)
