"""
The rules that an event met when it was claimed, each with its figures: what a verifier looks at.

Whether a rule is met is decided by :mod:`outcomes.rules.acceptance` alone; here are the words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from outcomes.rules.acceptance import Claim, HeldEvent, OutcomeRule, Person, judge_claim

_TENTH = 10
_HOUR = Decimal(1)


@dataclass(frozen=True, slots=True)
class Check:
    """One rule: ``is_met`` is None where the outcome type does not ask for it."""

    title: str
    is_met: bool | None
    figures: str


class Doubt(Enum):
    """Why an event needs a look of its own before it is verified."""

    BROKEN = "breaks a rule as things stand now"
    QUERIED = "has been queried"
    NO_HOURS_MARGIN = "hours close to the minimum"
    NEAR_DEADLINE = "submitted close to the deadline"
    NEAR_WINDOW_END = "close to the end of the window"
    SAME_DAY = "another claim on the same day"
    NO_EVIDENCE = "no evidence recorded"
    CAP_BINDS = "a cap will bind"
    NOBODY_PAYS = "no funder pays"


@dataclass(frozen=True, slots=True)
class Case:
    """
    One claim with what it is judged by.

    :param held: the other events of the person that count.
    :param prerequisite: the one fixed on acceptance, if any.
    """

    claim: Claim
    rule: OutcomeRule
    person: Person
    held: Sequence[HeldEvent]
    prerequisite: Claim | None = None


def checks_of(case: Case) -> list[Check]:
    """Return every rule of the specification for the case, in its order, with figures in words."""
    broken = broken_rules(case)
    return [
        Check(title, not codes & broken if asked(case) else None, figures(case))
        for title, codes, asked, figures in _CHECKS
    ]


def broken_rules(case: Case) -> frozenset[str]:
    """Return the codes of the rules that the claim would break if it were submitted as it stands."""
    judged = judge_claim(case.claim, case.rule, case.person, case.held)
    return frozenset(code for code, _ in judged) if isinstance(judged, list) else frozenset()


def doubts_of(case: Case) -> list[Doubt]:
    """Return the doubts that the claim itself raises, without what it would cost."""
    return [doubt for doubt, is_doubtful in _DOUBTS if is_doubtful(case)]


def _is_close(taken: int, allowed: int | None) -> bool:
    """Tell whether at most a tenth of the days allowed was left."""
    return allowed is not None and (allowed - taken) * _TENTH <= allowed


def _hours_are_close(case: Case) -> bool:
    hours, least = case.claim.hours, case.rule.min_hours
    return hours is not None and least is not None and hours < least + _HOUR


def _day_of_window(case: Case) -> int:
    started = case.person.started_on
    return (case.claim.outcome_date - started).days if started else 0


def _days_to_submit(case: Case) -> int:
    return (case.claim.submitted_on - case.claim.outcome_date).days


def _other_on_the_day(case: Case) -> bool:
    day = case.claim.outcome_date
    return any(held.voided_on is None and held.claim.outcome_date == day for held in case.held)


_DOUBTS: tuple[tuple[Doubt, Callable[[Case], bool]], ...] = (
    (Doubt.BROKEN, lambda case: bool(broken_rules(case))),
    (Doubt.NO_HOURS_MARGIN, _hours_are_close),
    (Doubt.NEAR_DEADLINE, lambda case: _is_close(_days_to_submit(case), case.rule.submit_within_days)),
    (Doubt.NEAR_WINDOW_END, lambda case: _is_close(_day_of_window(case), case.rule.window_days)),
    (Doubt.SAME_DAY, _other_on_the_day),
    (Doubt.NO_EVIDENCE, lambda case: case.rule.evidence.is_needed and not case.claim.evidence),
)


def day_in_words(value: date) -> str:
    """Write a date as people do: ``6 April 2026``."""
    return f"{value.day} {value:%B %Y}"


def days_in_words(count: int) -> str:
    """Write a number of days: ``1 day``, ``91 days``."""
    return f"{count:,} day" if abs(count) == 1 else f"{count:,} days"


def _kinds(evidence: frozenset[str]) -> str:
    return ", ".join(sorted(kind.replace("_", " ") for kind in evidence))


def _start(case: Case) -> str:
    started = case.person.started_on
    if started is None:
        return "The participant has no start date."
    days = (case.claim.outcome_date - started).days
    where = (
        f"{days_in_words(days)} before the outcome"
        if days >= 0
        else f"{days_in_words(-days)} after the outcome"
    )
    return f"Started on {day_in_words(started)}, {where}."


def _window(case: Case) -> str:
    if case.rule.window_days is None:
        return "The outcome counts however late it comes."
    return f"Day {_day_of_window(case):,} of {case.rule.window_days:,} after the start."


def _submission(case: Case) -> str:
    taken, allowed = _days_to_submit(case), case.rule.submit_within_days
    said = f"Submitted on {day_in_words(case.claim.submitted_on)}"
    if allowed is None:
        return f"{said}, {days_in_words(taken)} after the outcome; there is no deadline."
    return f"{said}, day {taken:,} of {allowed:,} allowed."


def _consent(case: Case) -> str:
    given = case.person.consented_on
    return f"Given on {day_in_words(given)}." if given else "The participant has given no consent."


def _once(case: Case) -> str:
    scope = "for each job" if case.rule.once_per_job else "for each participant"
    same = [held.claim.reference for held in case.held if held.claim.outcome == case.claim.outcome]
    return f"Counts once {scope}. Others of this kind: {', '.join(same) or 'none'}."


def _prerequisite(case: Case) -> str:
    if case.rule.requires is None:
        return "Nothing needs to come before."
    earlier = case.prerequisite
    if earlier is None:
        return f"Needs {case.rule.requires}; none is recorded with this event."
    days = (case.claim.outcome_date - earlier.outcome_date).days
    return (
        f"{earlier.outcome} on {day_in_words(earlier.outcome_date)} ({earlier.reference}), "
        f"{days_in_words(days)} before; at least {days_in_words(case.rule.min_days_after)} are needed."
    )


def _hours(case: Case) -> str:
    given = f"{case.claim.hours:f} a week" if case.claim.hours is not None else "Not recorded"
    least = case.rule.min_hours
    return f"{given}; at least {least:f} are needed." if least is not None else f"{given}; no minimum."


def _evidence(case: Case) -> str:
    said = f"Recorded: {_kinds(case.claim.evidence) or 'none'}."
    wanted = case.rule.evidence.in_words()
    return f"{said} Needed: {'; and '.join(wanted)}." if wanted else f"{said} None is needed."


def _always(_case: Case) -> bool:
    return True


_CHECKS: tuple[tuple[str, frozenset[str], Callable[[Case], bool], Callable[[Case], str]], ...] = (
    ("Start", frozenset({"before_start"}), _always, _start),
    ("Window", frozenset({"outside_window"}), lambda case: case.rule.window_days is not None, _window),
    ("Submission", frozenset({"in_the_future", "late_submission"}), _always, _submission),
    ("Consent", frozenset({"no_consent"}), _always, _consent),
    ("Once only", frozenset({"already_claimed"}), _always, _once),
    (
        "Outcome before",
        frozenset({"missing_prerequisite", "too_soon"}),
        lambda case: case.rule.requires is not None,
        _prerequisite,
    ),
    (
        "Hours a week",
        frozenset({"hours_missing", "hours_below_minimum"}),
        lambda case: case.rule.min_hours is not None,
        _hours,
    ),
    ("Evidence", frozenset({"evidence_missing"}), lambda case: case.rule.evidence.is_needed, _evidence),
)
