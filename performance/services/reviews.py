"""Planning and holding reviews, agreeing actions and saying how they go, and the meetings of services."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max

from accounts.models import User
from audit.services import record
from funders.models import Programme, Service
from mhep.kernel.problems import BusinessRuleError
from performance.enums import ActionState, PracticeKind, ReviewKind
from performance.models import (
    ActionUpdate,
    Cadence,
    PracticeMeeting,
    ReviewAction,
    ReviewMeeting,
    ReviewNote,
)
from performance.rules.agenda import Point


class CannotPlan(BusinessRuleError):
    pass


class CannotHold(BusinessRuleError):
    pass


class CannotAgree(BusinessRuleError):
    pass


class CannotTell(BusinessRuleError):
    pass


class CannotRecord(BusinessRuleError):
    pass


@dataclass(frozen=True, slots=True)
class Task:
    """What is agreed: what is done, by whom and by when; ``service`` is whose provider sees it."""

    text: str
    owner: str
    due_on: date
    service: Service | None = None


@transaction.atomic
def plan_review(
    *, programme: Programme, service: Service | None, on: date, actor: User, at: datetime
) -> ReviewMeeting:
    """
    Plan a review of the contract with its funders, or of one service with its provider.

    :raises CannotPlan: if the service is another programme's, or that review waits to be held already.
    """
    locked = _locked(programme)
    if service is not None and service.programme_id != locked.pk:
        raise CannotPlan(f"{service.name} belongs to another programme.")
    waiting = locked.review_meetings.filter(service=service, held_on__isnull=True).first()
    if waiting is not None:
        raise CannotPlan(
            f"{waiting.title} {waiting.number} is planned for {waiting.planned_on:%-d %B %Y}. "
            "Record first that it was held."
        )
    meeting = ReviewMeeting.objects.create(
        programme=locked,
        number=_next_number(ReviewMeeting, locked),
        kind=ReviewKind.SERVICE if service else ReviewKind.CONTRACT,
        service=service,
        planned_on=on,
        planned_by=actor,
        planned_at=at,
    )
    record(actor=actor, action="review.planned", subject=str(meeting), at=at, on=on.isoformat())
    return meeting


@transaction.atomic
def hold_review(
    *, meeting_id: int, on: date, agenda: Sequence[Point], actor: User, at: datetime
) -> ReviewMeeting:
    """
    Record that a review was held, and keep its agenda as it was.

    :raises CannotHold: if it was recorded already, or the day lies ahead.
    """
    meeting = (
        ReviewMeeting.objects.select_for_update(of=("self",)).select_related("programme").get(pk=meeting_id)
    )
    if meeting.is_held:
        raise CannotHold("It is recorded already.")
    if on > meeting.programme.local_date(at):
        raise CannotHold("A review is recorded when it was held, not before.")
    meeting.held_on, meeting.held_by, meeting.held_at = on, actor, at
    meeting.agenda = [asdict(point) for point in agenda]
    meeting.save(update_fields=["held_on", "held_by", "held_at", "agenda"])
    record(actor=actor, action="review.held", subject=str(meeting), at=at, on=on.isoformat())
    return meeting


@transaction.atomic
def write_note(
    *, meeting: ReviewMeeting, service: Service | None, text: str, actor: User, at: datetime
) -> ReviewNote:
    """
    Note what was said at a review that was held.

    :raises CannotAgree: if it was not held yet, or the service has no part in it.
    """
    _taken_part(meeting, service)
    note = ReviewNote.objects.create(
        meeting=meeting, service=service, text=text, written_by=actor, written_at=at
    )
    record(actor=actor, action="review.noted", subject=str(meeting), at=at)
    return note


@transaction.atomic
def agree_action(*, meeting: ReviewMeeting, task: Task, actor: User, at: datetime) -> ReviewAction:
    """
    Agree an action at a review that was held.

    :raises CannotAgree: if it was not held yet, the service has no part in it, or the day is past.
    """
    programme = _locked(meeting.programme)
    _taken_part(meeting, task.service)
    if meeting.held_on is not None and task.due_on < meeting.held_on:
        raise CannotAgree("An action is due on the day of the review or later.")
    action = ReviewAction.objects.create(
        programme=programme,
        number=_next_number(ReviewAction, programme),
        meeting=meeting,
        service=task.service,
        text=task.text,
        owner=task.owner,
        due_on=task.due_on,
        agreed_by=actor,
        agreed_at=at,
    )
    record(actor=actor, action="action.agreed", subject=str(action), at=at)
    return action


@transaction.atomic
def tell_action(*, action_id: int, state: ActionState, text: str, actor: User, at: datetime) -> ActionUpdate:
    """
    Say how an action goes, that it is done, or that it is dropped and why.

    :raises CannotTell: if it is done or dropped already.
    """
    action = ReviewAction.objects.select_for_update(of=("self",)).get(pk=action_id)
    last = action.updates.last()
    if last is not None and last.state != ActionState.OPEN:
        raise CannotTell(f"Action {action.number} is {last.get_state_display().lower()} already.")
    update = ActionUpdate.objects.create(action=action, state=state, text=text, by=actor, at=at)
    record(actor=actor, action="action.told", subject=str(action), at=at, state=state.value)
    return update


@transaction.atomic
def set_cadence(
    *, programme: Programme, kind: PracticeKind, every_days: int, actor: User, at: datetime
) -> Cadence:
    """Say how often the programme wants a kind of meeting held, from today on."""
    cadence = Cadence.objects.create(
        programme=programme,
        kind=kind,
        starts_on=programme.local_date(at),
        every_days=every_days,
        set_by=actor,
        set_at=at,
    )
    record(
        actor=actor,
        action="cadence.set",
        subject=programme.code,
        at=at,
        kind=kind.value,
        every_days=every_days,
    )
    return cadence


@transaction.atomic
def record_practice(
    *, service: Service, kind: PracticeKind, held_on: date, attended: int, actor: User, at: datetime
) -> PracticeMeeting:
    """
    Record that a service held a meeting, once a day and kind.

    :raises CannotRecord: if that meeting is recorded, or the day lies ahead or before the service began.
    """
    today = service.programme.local_date(at)
    if not service.starts_on <= held_on <= today:
        raise CannotRecord(
            f"The day must be from {service.starts_on:%-d %B %Y}, when the service began, to today."
        )
    meeting, is_new = PracticeMeeting.objects.get_or_create(
        service=service,
        kind=kind,
        held_on=held_on,
        defaults={"attended": attended, "recorded_by": actor, "recorded_at": at},
    )
    if not is_new:
        raise CannotRecord(f"This meeting of {held_on:%-d %B %Y} is recorded already.")
    record(actor=actor, action="practice.recorded", subject=str(service), at=at, kind=kind.value)
    return meeting


def _locked(programme: Programme) -> Programme:
    # Numbers are given out one after the other: two people at once wait here.
    return Programme.objects.select_for_update(no_key=True).get(pk=programme.pk)


def _next_number(model: type[ReviewMeeting | ReviewAction], programme: Programme) -> int:
    last = model.objects.filter(programme=programme).aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def _taken_part(meeting: ReviewMeeting, service: Service | None) -> None:
    if not meeting.is_held:
        raise CannotAgree("Record first on which day the review was held.")
    if service is None:
        return
    if service.programme_id != meeting.programme_id or meeting.service_id not in (None, service.pk):
        raise CannotAgree(f"{service.name} has no part in this review.")
