"""
Logging an outcome: a draft that is kept while it is typed, and its submission.

Submitting the same draft again gives the same event, so a double tap or a repeated request makes one record.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from audit.services import acting, record
from funders.models import OutcomeType, Programme
from mhep.kernel.problems import BusinessRuleError
from outcomes.enums import EventState
from outcomes.models import OutcomeDraft, OutcomeEvent
from outcomes.rules.acceptance import AcceptedEvent
from outcomes.rules.sustainment import State
from outcomes.selectors.answers import as_claimed
from outcomes.selectors.claims import asks_about_work
from outcomes.selectors.drafts import TYPED, Draft, read_draft
from outcomes.selectors.evidence import files_of, own_evidence
from outcomes.selectors.sustainment import clock_of
from outcomes.services.evidence import carry_along, remove_evidence
from participants.models import Participant, WorkPeriod
from participants.selectors.placements import service_on

KEPT_FOR = timedelta(days=28)
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that is easily taken for another
REFERENCE_LENGTH = 6
LONGEST_TYPED = 200


class CannotSubmit(BusinessRuleError):
    pass


class CannotChangeDraft(BusinessRuleError):
    pass


class DraftChanged(BusinessRuleError):
    """The draft was changed since it was shown; what it holds now is in ``draft``."""

    def __init__(self, draft: OutcomeDraft) -> None:
        super().__init__("This was changed in another window since you opened this one.")
        self.draft = draft


@dataclass(frozen=True, slots=True)
class Edit:
    """Who changes a draft, when, and which version of it they were shown."""

    draft_id: int
    version: int
    actor: User
    at: datetime


@transaction.atomic
def begin_draft(*, participant: Participant, actor: User, at: datetime) -> OutcomeDraft:
    """
    Begin to log an outcome of a person; one that was begun for them and has no outcome yet is gone on with.

    Drafts that nobody has touched for four weeks are discarded on the way.
    """
    own = OutcomeDraft.objects.filter(author=actor, event__isnull=True, discarded_at__isnull=True)
    for old in own.filter(changed_at__lt=at - KEPT_FOR).values_list("pk", flat=True):
        discard_draft(draft_id=old, actor=actor, at=at)
    begun = own.filter(participant=participant, outcome_type__isnull=True).first()
    return begun or OutcomeDraft.objects.create(
        programme=participant.programme, author=actor, participant=participant, changed_at=at
    )


@transaction.atomic
def log_again(*, event: OutcomeEvent, actor: User, at: datetime) -> OutcomeDraft:
    """
    Begin to log a rejected or voided outcome anew, filled in with all that was said, with its evidence.

    What is begun is gone on with. The event and its files stay as they are.

    :raises CannotChangeDraft: if the event is neither rejected nor voided.
    """
    if event.state != EventState.REJECTED and event.voided_on is None:
        raise CannotChangeDraft("Only a rejected or voided outcome is logged again.")
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    begun = OutcomeDraft.objects.filter(
        author=actor,
        participant=event.participant_id,
        outcome_type=event.outcome_type_id,
        event__isnull=True,
        discarded_at__isnull=True,
    ).first()
    if begun is not None:
        return begun
    draft = OutcomeDraft.objects.create(
        programme=event.programme,
        author=actor,
        participant=event.participant,
        outcome_type=event.outcome_type,
        typed={name: text for name, text in as_claimed(event).items() if name in TYPED},
        changed_at=at,
    )
    carried = carry_along(event=event, draft=draft, actor=actor, at=at)
    draft.held = sorted(set(event.evidence) - {file.kind for file in carried})
    draft.save(update_fields=["held"])
    return draft


@transaction.atomic
def choose_outcome(*, edit: Edit, outcome_type: OutcomeType) -> OutcomeDraft:
    """
    Say what was achieved; what is known of date, hours and job is filled in where nothing is typed.

    :raises DraftChanged: if somebody changed the draft since it was shown.
    :raises CannotChangeDraft: if it was submitted or deleted.
    """
    draft = _to_edit(edit)
    if draft.outcome_type_id == outcome_type.pk:
        return draft
    _is_as_shown(draft, edit)
    draft.outcome_type = outcome_type
    draft.typed = {**_known(draft, outcome_type, edit.at), **{k: v for k, v in draft.typed.items() if v}}
    return _saved(draft, edit)


@transaction.atomic
def keep_typed(*, edit: Edit, typed: Mapping[str, str]) -> OutcomeDraft:
    """
    Keep what was typed, right or wrong, so that nothing is lost.

    :raises DraftChanged: if somebody changed the draft since it was shown.
    :raises CannotChangeDraft: if it was submitted or deleted.
    """
    draft = _to_edit(edit)
    wanted = {**draft.typed, **{name: typed[name][:LONGEST_TYPED] for name in TYPED if name in typed}}
    if wanted == draft.typed:
        return draft
    _is_as_shown(draft, edit)
    draft.typed = wanted
    return _saved(draft, edit)


@transaction.atomic
def hold_kind(*, edit: Edit, kind: str, is_held: bool) -> OutcomeDraft:
    """
    Say that evidence of a kind is held outside of here, or no longer.

    :raises DraftChanged: if somebody changed the draft since it was shown.
    :raises CannotChangeDraft: if it was submitted or deleted.
    """
    draft = _to_edit(edit)
    if (kind in draft.held) is is_held:
        return draft
    _is_as_shown(draft, edit)
    draft.held = sorted({*draft.held, kind} if is_held else {*draft.held} - {kind})
    return _saved(draft, edit)


@transaction.atomic
def discard_draft(*, draft_id: int, actor: User, at: datetime) -> None:
    """
    Delete what was typed, and the files with it; doing it twice changes nothing.

    :raises CannotChangeDraft: if the outcome was submitted.
    """
    draft = OutcomeDraft.objects.select_for_update(of=("self",)).get(pk=draft_id)
    if draft.event_id is not None:
        raise CannotChangeDraft("This outcome has been submitted. It can be voided, but not deleted.")
    if draft.discarded_at is not None:
        return
    for file in files_of(actor, draft):
        remove_evidence(file_id=file.pk, actor=actor, at=at)
    draft.typed, draft.held, draft.discarded_at = {}, [], at
    draft.save(update_fields=["typed", "held", "discarded_at"])


@transaction.atomic
def submit_claim(*, edit: Edit) -> OutcomeEvent:
    """
    Submit a draft as an event of today where the programme runs, under a new reference.

    A draft that was submitted already gives its event: nothing is made twice. The actor can never verify
    the event.

    :raises DraftChanged: if somebody changed the draft since it was shown.
    :raises CannotSubmit: if it was deleted, lacks an answer, or breaks a rule; the text says how to mend it.
    """
    programme_id = OutcomeDraft.objects.values_list("programme_id", flat=True).get(pk=edit.draft_id)
    programme = Programme.objects.select_for_update(no_key=True).get(pk=programme_id)
    row = OutcomeDraft.objects.select_for_update(of=("self",)).get(pk=edit.draft_id)
    if row.event is not None:
        return row.event
    if row.discarded_at is not None:
        raise CannotSubmit("This outcome was deleted. Log it again.")
    if row.version != edit.version:
        raise DraftChanged(row)
    actor, at = edit.actor, edit.at
    draft = read_draft(row, programme.local_date(at))
    if draft.claim is None:
        raise CannotSubmit("Say what was achieved, and when.")
    if draft.accepted is None:
        raise CannotSubmit(" ".join(message for _, message in draft.faults))
    with acting(actor):
        event = _event(draft, draft.accepted, programme, actor)
    row.event, row.changed_at = event, at
    row.save(update_fields=["event", "changed_at"])
    with own_evidence(actor):
        row.files.counting().update(event=event)
    subject = f"{programme.code} event {event.pk}"
    record(
        actor=actor, action="event.submitted", subject=subject, at=at, outcome=draft.accepted.claim.outcome
    )
    return event


def _event(draft: Draft, accepted: AcceptedEvent, programme: Programme, actor: User) -> OutcomeEvent:
    row, claim = draft.row, accepted.claim
    outcome_type = row.outcome_type
    if outcome_type is None:
        raise CannotSubmit("Say what was achieved.")
    events = OutcomeEvent.objects.filter(programme=programme)
    opener = events.filter(reference=accepted.prerequisite).first() if accepted.prerequisite else None
    return OutcomeEvent.objects.create(
        programme=programme,
        reference=_new_reference(programme),
        participant=row.participant,
        service_id=service_on(row.participant, claim.outcome_date),
        outcome_type=outcome_type,
        outcome_date=claim.outcome_date,
        hours_per_week=claim.hours,
        job=claim.job,
        evidence=sorted(claim.evidence),
        state=EventState.SUBMITTED,
        prerequisite=opener,
        submitted_on=claim.submitted_on,
        submitted_by=actor,
        once_key=claim.job if outcome_type.once_per == "JOB" else "",
    )


def _new_reference(programme: Programme) -> str:
    """Return a reference that no event of the programme has; the caller holds the programme's row."""
    taken = OutcomeEvent.objects.filter(programme=programme)
    while True:
        reference = f"E-{''.join(secrets.choice(LETTERS) for _ in range(REFERENCE_LENGTH))}"
        if not taken.filter(reference=reference).exists():
            return reference


def _known(draft: OutcomeDraft, outcome_type: OutcomeType, at: datetime) -> dict[str, str]:
    """Return what the person's jobs already say: the date that the clock gives, the one job that goes on."""
    today = draft.programme.local_date(at)
    known: dict[str, str] = {}
    clock = clock_of(draft.participant, outcome_type, today)
    if clock is not None and clock.state is State.ACHIEVED and clock.outcome_date is not None:
        day = clock.outcome_date
        known |= dict(zip(TYPED, map(str, (day.day, day.month, day.year)), strict=False))
    if not asks_about_work(outcome_type):
        return known
    jobs = WorkPeriod.objects.filter(participant=draft.participant, ends_on__isnull=True)[:2]
    if len(jobs) == 1:
        hours = jobs[0].hours_per_week
        known |= {"job": jobs[0].job} | ({} if hours is None else {"hours": f"{hours:f}"})
    return known


def _to_edit(edit: Edit) -> OutcomeDraft:
    draft = (
        OutcomeDraft.objects.select_for_update(of=("self",))
        .select_related("programme", "participant")
        .get(pk=edit.draft_id)
    )
    if draft.event_id is not None or draft.discarded_at is not None:
        raise CannotChangeDraft("This outcome has been submitted or deleted. It cannot be changed here.")
    return draft


def _is_as_shown(draft: OutcomeDraft, edit: Edit) -> None:
    """Refuse to overwrite what was not seen; what would change nothing is not asked, so it may come again."""
    if draft.version != edit.version:
        raise DraftChanged(draft)


def _saved(draft: OutcomeDraft, edit: Edit) -> OutcomeDraft:
    draft.version += 1
    draft.changed_at = edit.at
    draft.save(update_fields=["outcome_type", "typed", "held", "version", "changed_at"])
    return draft
