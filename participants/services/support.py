"""What is done with a person and what the person wants: activities, goals, the vocational profile."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import transaction

from accounts.models import User
from mhep.kernel.problems import BusinessRuleError
from participants.enums import ActivityKind
from participants.models import Activity, Goal, GoalView, Participant, VocationalProfile
from participants.services.trail import locked, note

LOWEST, HIGHEST = 1, 5


class CannotRecord(BusinessRuleError):
    pass


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person wants from work, in a few short texts."""

    work_wanted: str = ""
    strengths: str = ""
    hours_and_travel: str = ""
    support_wanted: str = ""
    preferences: str = ""


@dataclass(frozen=True, slots=True)
class Support:
    """One piece of support, as the form says it; ``submission`` is the form's own."""

    kind: ActivityKind
    happened_on: date
    submission: UUID
    note: str = ""


@transaction.atomic
def add_activity(*, participant: Participant, support: Support, actor: User, at: datetime) -> Activity:
    """
    Add one entry; the same submission sent again is the same entry, and with other words another one.

    :raises CannotRecord: if the day has yet to come, or the submission was for somebody else.
    """
    _has_come(participant, support.happened_on, at)
    said = (support.kind, support.happened_on, support.note)
    activity, is_new = Activity.objects.get_or_create(
        submission=support.submission,
        defaults={
            "participant": participant,
            "kind": support.kind,
            "happened_on": support.happened_on,
            "note": support.note,
            "recorded_by": actor,
            "recorded_at": at,
        },
    )
    if activity.participant_id != participant.pk:
        raise CannotRecord("This form was sent for somebody else. Open the person's page and begin again.")
    if is_new:
        note(participant, "activity.added", actor, at)
    elif (activity.kind, activity.happened_on, activity.note) != said:
        return add_activity(
            participant=participant, support=replace(support, submission=uuid4()), actor=actor, at=at
        )
    return activity


@transaction.atomic
def set_goal(*, participant: Participant, text: str, set_on: date, actor: User, at: datetime) -> Goal:
    """
    Add a goal in the person's own words.

    :raises CannotRecord: if the day has yet to come.
    """
    _has_come(participant, set_on, at)
    goal = Goal.objects.create(participant=participant, text=text, set_on=set_on)
    note(participant, "goal.set", actor, at)
    return goal


@transaction.atomic
def view_goal(*, goal: Goal, score: int, seen_on: date, actor: User, at: datetime) -> None:
    """
    Add how far the person sees themselves, from 1 to 5; a 5 reaches the goal.

    :raises CannotRecord: if the goal is reached, or the day is before it was set or has yet to come.
    """
    participant = locked(goal.participant)
    goal = Goal.objects.select_for_update(no_key=True).get(pk=goal.pk)
    if goal.reached_on is not None:
        raise CannotRecord(f"The goal was reached on {goal.reached_on}.")
    if seen_on < goal.set_on:
        raise CannotRecord(f"The goal was set on {goal.set_on}. Give a day on or after it.")
    _has_come(participant, seen_on, at)
    GoalView.objects.create(
        participant=participant, goal=goal, seen_on=seen_on, score=score, recorded_by=actor, recorded_at=at
    )
    if score == HIGHEST:
        goal.reached_on = seen_on
        goal.save()
    note(participant, "goal.viewed", actor, at)


@transaction.atomic
def keep_profile(
    *, participant: Participant, wishes: Wishes, discussed_on: date, actor: User, at: datetime
) -> None:
    """
    Keep what the person wants from work, in place of what they said before.

    :raises CannotRecord: if the day has yet to come.
    """
    _has_come(participant, discussed_on, at)
    VocationalProfile.objects.update_or_create(
        participant=participant, defaults={"discussed_on": discussed_on, **asdict(wishes)}
    )
    note(participant, "profile.kept", actor, at)


def _has_come(participant: Participant, day: date, at: datetime) -> None:
    if day > participant.programme.local_date(at):
        raise CannotRecord("The day is in the future. Write it down when it has happened.")
