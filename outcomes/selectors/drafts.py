"""What a draft of an outcome says so far, what the rules will need, and whether it would pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from accounts.models import User
from funders.models import OutcomeType, Programme
from mhep.shared.cells import read_hours
from mhep.shared.inputs import DayField
from outcomes.models import EvidenceFile, OutcomeDraft, OutcomeEvent
from outcomes.rules.acceptance import AcceptedEvent, Claim, Fault, StoredEvent, judge_claim
from outcomes.rules.checks import Case, Check, checks_of
from outcomes.rules.demands import Demand, demands_of
from outcomes.selectors.claims import (
    NEVER_ACCEPTED,
    asks_about_work,
    claim_of,
    events_of_people,
    person_of,
    rules_of,
)
from outcomes.selectors.evidence import own_evidence
from participants.models import Participant

TYPED = ("happened_day", "happened_month", "happened_year", "hours", "job")
MOST_OFFERED = 40  # people to choose from with one look
TO_BE_GIVEN = "to be given"  # in the place of the reference that submission makes


@dataclass(frozen=True, slots=True)
class Choice:
    """An outcome type that can be logged, with what the rules will need for this person."""

    row: OutcomeType
    demands: tuple[Demand, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """
    A draft read as a claim of today, with what it breaks.

    ``claim`` is absent while the outcome or its date is; nothing can be judged before.
    """

    row: OutcomeDraft
    files: tuple[EvidenceFile, ...]
    outcome_date: date | None
    hours: Decimal | None
    claim: Claim | None
    checks: tuple[Check, ...]
    faults: tuple[Fault, ...]
    accepted: AcceptedEvent | None

    @property
    def passes(self) -> bool:
        return self.accepted is not None

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of evidence that are there, with a file or without."""
        return tuple(sorted(_kinds(self.row, self.files)))


def read_draft(row: OutcomeDraft, today: date) -> Draft:
    """
    Return what a draft says and what would become of it if it were submitted on ``today``.

    Its evidence is what its author may see of it now.
    """
    with own_evidence(row.author):
        files = tuple(row.files.counting())
    outcome_date, hours = typed_day(row), typed_hours(row)
    if row.outcome_type is None or outcome_date is None:
        return Draft(row, files, outcome_date, hours, None, (), (), None)
    claim = Claim(
        reference=TO_BE_GIVEN,
        participant=row.participant.reference,
        outcome=row.outcome_type.code,
        outcome_date=outcome_date,
        hours=hours,
        job=typed(row, "job"),
        evidence=_kinds(row, files),
        submitted_on=today,
    )
    case = Case(claim, rules_of(row.programme)[claim.outcome], person_of(row.participant), _held(row))
    judged = judge_claim(claim, case.rule, case.person, case.held)
    if not isinstance(judged, AcceptedEvent):
        return Draft(row, files, outcome_date, hours, claim, tuple(checks_of(case)), tuple(judged), None)
    opener = next((held.claim for held in case.held if held.claim.reference == judged.prerequisite), None)
    checks = checks_of(replace(case, prerequisite=opener))
    return Draft(row, files, outcome_date, hours, claim, tuple(checks), (), judged)


def choices_for(row: OutcomeDraft, today: date) -> list[Choice]:
    """Return the programme's outcome types in their order, each with its demands on this person."""
    rules = rules_of(row.programme)
    held = _held(row)
    person = person_of(row.participant)
    types = list(row.programme.outcome_types.order_by("position"))
    names = {kind.code: kind.name for kind in types}
    return [Choice(kind, tuple(demands_of(rules[kind.code], person, held, today, names))) for kind in types]


def drafts_of(user: User, programme: Programme) -> list[OutcomeDraft]:
    """Return what the user has begun and neither submitted nor deleted, the latest first."""
    drafts = OutcomeDraft.objects.filter(author=user, programme=programme)
    open_ones = drafts.filter(event__isnull=True, discarded_at__isnull=True)
    return list(open_ones.select_related("participant", "outcome_type").order_by("-changed_at", "-pk"))


def people_offered(user: User, people: QuerySet[Participant], wanted: int | None) -> list[Participant]:
    """
    Return those to choose from: all if they are few, else those on the user's own caseload.

    :param wanted: the key of somebody who stands among them in any case, at the top of a long list.
    """
    sorted_people = people.select_related("service").order_by("reference")
    started = sorted_people.filter(started_on__isnull=False)
    offered = list(started[: MOST_OFFERED + 1])
    if len(offered) > MOST_OFFERED:
        own = started.filter(assignments__specialist=user, assignments__ends_before__isnull=True)
        offered = list(own[:MOST_OFFERED])
    if wanted is None or any(each.pk == wanted for each in offered):
        return offered
    return [*sorted_people.filter(pk=wanted), *offered]


def is_about_work(row: OutcomeDraft, outcome_type: OutcomeType) -> bool:
    """Tell whether hours and job are asked for: where they matter, or something is typed there already."""
    return bool(typed(row, "hours") or typed(row, "job")) or asks_about_work(outcome_type)


def typed(row: OutcomeDraft, name: str) -> str:
    """Return what was typed into an input, as it was typed but for spaces around it."""
    return str(row.typed.get(name, "")).strip()


def typed_day(row: OutcomeDraft) -> date | None:
    """Return the outcome date, once a real one has been typed."""
    try:
        return DayField(label="Date").clean([typed(row, name) for name in TYPED[:3]])
    except ValidationError:
        return None


def typed_hours(row: OutcomeDraft) -> Decimal | None:
    """Return the hours a week, once a number of hours has been typed."""
    try:
        return read_hours(typed(row, "hours"))
    except ValueError:
        return None


def _kinds(row: OutcomeDraft, files: Iterable[EvidenceFile]) -> frozenset[str]:
    return frozenset(row.held) | {file.kind for file in files}


def _held(row: OutcomeDraft) -> Sequence[StoredEvent]:
    events: list[OutcomeEvent] = events_of_people([row.participant_id])[row.participant_id]
    return [
        StoredEvent(claim_of(event), voided_on=event.voided_on)
        for event in events
        if event.state not in NEVER_ACCEPTED
    ]
