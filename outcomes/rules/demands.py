"""
What the rules will ask of an outcome of a person, said before anything is typed.

Whether a claim passes is decided by :mod:`outcomes.rules.acceptance` alone, once there is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from outcomes.rules.acceptance import HeldEvent, OutcomeRule, Person
from outcomes.rules.checks import day_in_words, days_in_words


@dataclass(frozen=True, slots=True)
class Demand:
    """One thing that is needed; ``is_lacking`` where it is known today that it is not there."""

    text: str
    is_lacking: bool = False


def demands_of(
    rule: OutcomeRule, person: Person, held: Sequence[HeldEvent], today: date, names: Mapping[str, str]
) -> Iterator[Demand]:
    """
    Yield what an outcome type needs of a person, in the order of the specification.

    :param held: the events of the person that count.
    :param names: what outcome types are called, by code.
    """
    standing = [event for event in held if event.voided_on is None or event.voided_on > today]
    yield from _of_person(person)
    yield from _of_days(rule, person)
    yield from _of_history(rule, standing, names)
    if rule.min_hours is not None:
        yield Demand(f"At least {rule.min_hours:f} hours a week.")
    if rule.evidence.is_needed:
        yield Demand(f"Evidence: {'; and '.join(rule.evidence.in_words())}.")


def _of_person(person: Person) -> Iterator[Demand]:
    if person.started_on is None:
        yield Demand("The person has no start date yet. Record the start first.", is_lacking=True)
    if person.consented_on is None:
        yield Demand("The person has given no consent yet. Record the consent first.", is_lacking=True)


def _of_days(rule: OutcomeRule, person: Person) -> Iterator[Demand]:
    if rule.window_days is not None and person.started_on is not None:
        last = person.started_on + timedelta(days=rule.window_days)
        yield Demand(f"Must have happened by {day_in_words(last)}.")
    if rule.submit_within_days is not None:
        yield Demand(f"Must be submitted within {days_in_words(rule.submit_within_days)}.")


def _of_history(
    rule: OutcomeRule, standing: Sequence[HeldEvent], names: Mapping[str, str]
) -> Iterator[Demand]:
    earlier = next((event.claim for event in standing if event.claim.outcome == rule.code), None)
    if rule.once_per_job:
        yield Demand("Counts once for each job: name the job.")
    elif earlier is not None:
        said = f"{earlier.reference} of {day_in_words(earlier.outcome_date)}"
        yield Demand(f"Has been claimed already: {said}.", is_lacking=True)
    if rule.requires is None:
        return
    openers = [
        (event.claim.outcome_date, event.claim.reference)
        for event in standing
        if event.claim.outcome == rule.requires and event.claim.verified_on is not None
    ]
    if not openers:
        yield Demand(f"Needs a verified {names[rule.requires]} first; there is none yet.", is_lacking=True)
        return
    happened, reference = min(openers)
    first = happened + timedelta(days=rule.min_days_after)
    yield Demand(f"Follows {names[rule.requires]} ({reference}): on {day_in_words(first)} or later.")
