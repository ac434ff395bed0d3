"""
Which claimed outcomes are accepted, and why the others are not (spec: outcome-rules).

Files and forms go the same way: ``read_claim`` turns cells into a claim, ``judge_claim``
puts one claim against the person and what was accepted before, and ``judge_events`` does
so for a whole file in the order that the rules prescribe.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Protocol

from funders.rules.definition import OutcomeTypeDefinition
from mhep.shared.cells import listed, read_day, read_hours, read_list, read_text
from mhep.shared.tables import Rejection, Row
from outcomes.rules.evidence import NO_EVIDENCE, EvidenceRule

HEADINGS = (
    "event",
    "participant",
    "outcome",
    "outcome_date",
    "hours_per_week",
    "job",
    "evidence",
    "submitted_on",
    "verified_on",
    "voided_on",
)
_REQUIRED = ("event", "participant", "outcome", "outcome_date", "submitted_on")

Fault = tuple[str, str]
"""A code of the specification, and how to mend it in words."""


@dataclass(frozen=True, slots=True)
class OutcomeRule:
    """What an outcome type demands of an event. ``place`` is its place in the programme file."""

    code: str
    place: int
    once_per_job: bool = False
    requires: str | None = None
    min_days_after: int = 0
    min_hours: Decimal | None = None
    window_days: int | None = None
    submit_within_days: int | None = None
    evidence: EvidenceRule = NO_EVIDENCE


@dataclass(frozen=True, slots=True)
class Person:
    """What the rules need to know about a participant."""

    started_on: date | None
    consented_on: date | None


@dataclass(frozen=True, slots=True)
class Claim:
    """
    What somebody states about an event; two claims are equal if they state the same.

    An absent job is an empty text. ``own_voided_on`` is the void date given for the event
    itself, whatever became of its prerequisite.
    """

    reference: str
    participant: str
    outcome: str
    outcome_date: date
    hours: Decimal | None
    job: str
    evidence: frozenset[str]
    submitted_on: date
    verified_on: date | None = None
    own_voided_on: date | None = None


class HeldEvent(Protocol):
    """An event that counts: its claim, and the void date that results from its own and its prerequisite's."""

    @property
    def claim(self) -> Claim: ...

    @property
    def voided_on(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """
    An event that is stored already.

    ``counts`` is false for one that was never accepted, a draft or a rejected one: its
    reference is taken, but it bars nothing and opens nothing.
    """

    claim: Claim
    voided_on: date | None = None
    counts: bool = True


@dataclass(frozen=True, slots=True)
class AcceptedEvent:
    """An event that may be stored, with its prerequisite's reference and the void date that results."""

    claim: Claim
    voided_on: date | None = None
    prerequisite: str | None = None


@dataclass(slots=True)
class Judgement:
    """
    What becomes of each row of a file.

    ``accepted`` is in the order of judging, so a prerequisite stands before what needs it.
    ``unchanged`` counts the rows that are stored already. ``rejections`` are by row, and
    then in the order of the codes in the specification.
    """

    accepted: list[AcceptedEvent] = field(default_factory=list)
    unchanged: int = 0
    rejections: list[Rejection] = field(default_factory=list)


def outcome_rules(definitions: Iterable[OutcomeTypeDefinition]) -> dict[str, OutcomeRule]:
    """Return the rule of each outcome type by its code; the definitions are in the order of the file."""
    return {
        definition.code: OutcomeRule(
            code=definition.code,
            place=place,
            once_per_job=definition.once_per == "job",
            requires=definition.requires,
            min_days_after=definition.min_days_after,
            min_hours=definition.min_hours,
            window_days=definition.window_days,
            submit_within_days=definition.submit_within_days,
            evidence=EvidenceRule(
                all_of=frozenset(definition.evidence_all_of),
                any_of=frozenset(definition.evidence_any_of),
                one_set_of=tuple(frozenset(each) for each in definition.evidence_one_set_of),
            ),
        )
        for place, definition in enumerate(definitions)
    }


def judge_events(
    rows: Iterable[Row],
    *,
    rules: Mapping[str, OutcomeRule],
    people: Mapping[str, Person],
    stored: Iterable[StoredEvent],
    taken: Collection[str] = (),
) -> Judgement:
    """
    Judge rows whose cells stand in the order of ``HEADINGS``, whatever their own order.

    :param people: by reference; at least the participants that the file names.
    :param stored: at least the events whose references the file names, and every event of
        the participants that it names.
    :param taken: references that stand for events of which the sender may learn nothing.
    """
    judgement = Judgement()
    by_reference = {event.claim.reference: event for event in stored}
    history = _History(event for event in by_reference.values() if event.counts)
    queue: list[tuple[date, int, str, Claim, int]] = []
    for number, claim in _new_claims(rows, by_reference, taken, judgement):
        fault = _unknown(claim, rules, people)
        if fault is None:
            queue.append((claim.outcome_date, rules[claim.outcome].place, claim.reference, claim, number))
        else:
            judgement.rejections.append(Rejection(number, claim.reference, *fault))
    queue.sort()
    for _, _, reference, claim, number in queue:
        decision = judge_claim(
            claim, rules[claim.outcome], people[claim.participant], history.of(claim.participant)
        )
        if isinstance(decision, AcceptedEvent):
            history.add(decision)
            judgement.accepted.append(decision)
        else:
            judgement.rejections += [Rejection(number, reference, *fault) for fault in decision]
    judgement.rejections.sort(key=lambda rejection: rejection.row)
    return judgement


def judge_claim(
    claim: Claim, rule: OutcomeRule, person: Person, held: Iterable[HeldEvent]
) -> AcceptedEvent | list[Fault]:
    """
    Accept a claim about a known person and outcome type, or return every rule that it breaks.

    :param held: the events of the person that count, without the one being judged.
    """
    faults = [*_faults_of_dates(claim, rule, person)]
    prerequisite, faults_of_history = _judge_history(claim, rule, held)
    faults += faults_of_history
    faults += _faults_of_proof(claim, rule)
    if faults:
        return faults
    void_dates = [claim.own_voided_on, prerequisite.voided_on if prerequisite else None]
    return AcceptedEvent(
        claim,
        min((day for day in void_dates if day is not None), default=None),
        prerequisite.claim.reference if prerequisite else None,
    )


def read_claim(row: Row) -> Claim | Fault:
    """Return what the row states, or one ``bad_value`` that names every column that cannot be read."""
    cells = row.cells
    values: list[object] = []
    problems = [row.fault] if row.fault else []
    for position, reader in enumerate(_READERS):
        try:
            values.append(reader(cells[position]))
        except ValueError as error:
            problems.append(f"{HEADINGS[position]}: {error}")
    problems += [f"{HEADINGS[position]} is absent" for position in _REQUIRED_POSITIONS if not cells[position]]
    if not problems:
        claim = Claim(*values)  # type: ignore[arg-type] # the readers stand in the order of the fields
        if claim.own_voided_on is None:
            return claim
        problems = _problems_of_void_date(claim.own_voided_on, claim.verified_on)
        if not problems:
            return claim
    return "bad_value", f"{'; '.join(problems)}."


def _problems_of_void_date(voided_on: date, verified_on: date | None) -> list[str]:
    if verified_on is None:
        return [f"voided_on: {voided_on} needs a date in verified_on; only a verified event is voided"]
    if voided_on < verified_on:
        return [f"voided_on: {voided_on} is before the verification on {verified_on}"]
    return []


def _new_claims(
    rows: Iterable[Row], stored: Mapping[str, StoredEvent], taken: Collection[str], judgement: Judgement
) -> Iterator[tuple[int, Claim]]:
    """Yield row number and claim of what is new, in the order of the file; note the rest in the judgement."""
    seen: dict[str, int] = {}
    for row in rows:
        claim = read_claim(row)
        if not isinstance(claim, Claim):
            judgement.rejections.append(Rejection(row.number, row.cells[0], *claim))
            continue
        reference = claim.reference
        known = stored.get(reference)
        if reference in seen:
            message = f"Event {reference} stands in row {seen[reference]} already. Keep one of the two rows."
        elif reference in taken:
            message = (
                f"The reference {reference} is taken already in this programme. Give the event another one."
            )
        elif known is not None and known.claim != claim:
            message = (
                f"Event {reference} is stored already with another {_difference(claim, known.claim)}. Leave "
                "the row out, or give a new event its own reference."
            )
        else:
            seen[reference] = row.number
            if known is None:
                yield row.number, claim
            else:
                judgement.unchanged += 1
            continue
        seen.setdefault(reference, row.number)
        judgement.rejections.append(Rejection(row.number, reference, "duplicate_event", message))


def _difference(claim: Claim, known: Claim) -> str:
    return listed(
        heading
        for heading, name in zip(HEADINGS, Claim.__slots__, strict=True)
        if getattr(claim, name) != getattr(known, name)
    )


def _unknown(claim: Claim, rules: Mapping[str, OutcomeRule], people: Mapping[str, Person]) -> Fault | None:
    if claim.participant not in people:
        return (
            "unknown_participant",
            f"The programme has no participant {claim.participant}. Import that first, or correct it.",
        )
    if claim.outcome not in rules:
        return (
            "unknown_outcome",
            f"The programme has no outcome {claim.outcome}. It has {', '.join(rules) or 'none'}.",
        )
    return None


class _History:
    """The events that count, by participant."""

    def __init__(self, events: Iterable[HeldEvent]) -> None:
        self._events: dict[str, list[HeldEvent]] = {}
        for event in events:
            self.add(event)

    def add(self, event: HeldEvent) -> None:
        self._events.setdefault(event.claim.participant, []).append(event)

    def of(self, participant: str) -> Iterable[HeldEvent]:
        return self._events.get(participant, ())


def _faults_of_dates(claim: Claim, rule: OutcomeRule, person: Person) -> Iterator[Fault]:
    """Yield what the dates of claim and person break, in the order of the specification."""
    yield from _faults_of_order(claim, person)
    happened, submitted, started = claim.outcome_date, claim.submitted_on, person.started_on
    if started is not None and rule.window_days is not None and (happened - started).days > rule.window_days:
        yield (
            "outside_window",
            f"The outcome date {happened} is {(happened - started).days} days after the start on {started}; "
            f"{rule.code} counts for {rule.window_days} days. Correct the date, or leave the event out.",
        )
    if rule.submit_within_days is not None and (submitted - happened).days > rule.submit_within_days:
        yield (
            "late_submission",
            f"Submitted on {submitted}, {(submitted - happened).days} days after the outcome on {happened}; "
            f"{rule.code} must be submitted within {rule.submit_within_days} days.",
        )
    if claim.verified_on is not None and claim.verified_on < submitted:
        yield (
            "verified_before_submission",
            f"Verified on {claim.verified_on}, before the submission on {submitted}. Correct one of them.",
        )


def _faults_of_order(claim: Claim, person: Person) -> Iterator[Fault]:
    happened, submitted = claim.outcome_date, claim.submitted_on
    if person.started_on is None:
        yield (
            "before_start",
            f"Participant {claim.participant} has no start date. Fill it in on the participant's page.",
        )
    elif happened < person.started_on:
        yield (
            "before_start",
            f"The outcome date {happened} is before the participant's start on {person.started_on}. "
            "Correct one of them.",
        )
    if happened > submitted:
        yield (
            "in_the_future",
            f"The outcome date {happened} is after the submission on {submitted}. Correct one of them.",
        )
    if person.consented_on is None:
        yield (
            "no_consent",
            f"Participant {claim.participant} has given no consent. Record the consent first.",
        )
    elif person.consented_on > submitted:
        yield (
            "no_consent",
            f"Consent was given on {person.consented_on}, after the submission on {submitted}. "
            "Submit the event on a day on which consent is there.",
        )


def _judge_history(
    claim: Claim, rule: OutcomeRule, held: Iterable[HeldEvent]
) -> tuple[HeldEvent | None, list[Fault]]:
    """Put a claim against the person's events: its prerequisite if there is one, and what it breaks."""
    faults: list[Fault] = []
    prerequisite: HeldEvent | None = None
    for event in held:
        if event.voided_on is not None and event.voided_on <= claim.submitted_on:
            continue
        if not faults and _claims_the_same(claim, rule, event.claim):
            faults.append(_already_claimed(event.claim, claim))
        if _opens(event.claim, claim, rule) and (
            prerequisite is None or _order(event.claim) < _order(prerequisite.claim)
        ):
            prerequisite = event
    if rule.requires is not None:
        faults += _faults_of_prerequisite(claim, rule, prerequisite)
    return prerequisite, faults


def _claims_the_same(claim: Claim, rule: OutcomeRule, other: Claim) -> bool:
    return other.outcome == rule.code and (not rule.once_per_job or other.job == claim.job)


def _opens(other: Claim, claim: Claim, rule: OutcomeRule) -> bool:
    return (
        other.outcome == rule.requires
        and other.verified_on is not None
        and (not other.job or not claim.job or other.job == claim.job)
    )


def _order(claim: Claim) -> tuple[date, str]:
    return claim.outcome_date, claim.reference


def _already_claimed(earlier: Claim, claim: Claim) -> Fault:
    return (
        "already_claimed",
        f"Event {earlier.reference} of {earlier.outcome_date} claims {claim.outcome} for this participant "
        "already. Leave this event out, or void the other first if it is wrong.",
    )


def _faults_of_prerequisite(
    claim: Claim, rule: OutcomeRule, prerequisite: HeldEvent | None
) -> Iterator[Fault]:
    if prerequisite is None:
        job = f" in job {claim.job}" if claim.job else ""
        yield (
            "missing_prerequisite",
            f"{rule.code} needs a verified {rule.requires} of this participant{job} that is not voided on "
            f"{claim.submitted_on}. Record or verify that first.",
        )
        return
    earlier = prerequisite.claim
    days = (claim.outcome_date - earlier.outcome_date).days
    if days < rule.min_days_after:
        yield (
            "too_soon",
            f"The outcome date {claim.outcome_date} is {days} days after {earlier.outcome} on "
            f"{earlier.outcome_date} (event {earlier.reference}); {rule.code} needs at least "
            f"{rule.min_days_after} days.",
        )


def _faults_of_proof(claim: Claim, rule: OutcomeRule) -> Iterator[Fault]:
    """Yield what is lacking in hours and evidence."""
    if rule.min_hours is not None and claim.hours is None:
        yield "hours_missing", f"Give the hours a week: {rule.code} needs at least {rule.min_hours}."
    elif rule.min_hours is not None and claim.hours is not None and claim.hours < rule.min_hours:
        yield (
            "hours_below_minimum",
            f"{claim.hours} hours a week are fewer than the {rule.min_hours} that {rule.code} needs.",
        )
    lacking = rule.evidence.lacking(claim.evidence)
    if lacking:
        yield "evidence_missing", f"{rule.code} needs more evidence. Add {'; and '.join(lacking)}."


_READERS: tuple[Callable[[str], object], ...] = (
    read_text,
    read_text,
    read_text,
    read_day,
    read_hours,
    read_text,
    read_list,
    read_day,
    read_day,
    read_day,
)
_REQUIRED_POSITIONS = tuple(HEADINGS.index(heading) for heading in _REQUIRED)
