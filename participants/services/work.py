"""A person's jobs and courses, one period at constant hours each (spec: sustainment, Jobs)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from mhep.kernel.problems import BusinessRuleError
from participants.enums import WorkKind
from participants.models import JobDetail, Participant, WorkPeriod
from participants.services.trail import locked, note


class CannotChangeWork(BusinessRuleError):
    pass


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job or course as it begins; without ``ends_on`` it goes on."""

    kind: WorkKind
    employer: str
    role: str
    pay: str
    starts_on: date
    hours: Decimal | None = None
    ends_on: date | None = None


@transaction.atomic
def begin_job(*, participant: Participant, job: NewJob, actor: User, at: datetime) -> WorkPeriod:
    """
    Add a job under a name that the person has no other job by; several may go on at once.

    :raises CannotChangeWork: if it ends before it starts, or begins in the future.
    """
    participant = locked(participant)
    if job.ends_on is not None and job.ends_on < job.starts_on:
        raise CannotChangeWork(f"The job starts on {job.starts_on}. Its last day cannot be before that.")
    _has_come(participant, job.ends_on or job.starts_on, at)
    name = _free_name(participant, job.kind)
    JobDetail.objects.create(
        participant=participant, job=name, employer=job.employer, role=job.role, pay=job.pay
    )
    period = WorkPeriod.objects.create(
        participant=participant,
        job=name,
        kind=job.kind,
        starts_on=job.starts_on,
        ends_on=job.ends_on,
        hours_per_week=job.hours,
    )
    note(participant, "job.begun", actor, at)
    return period


@transaction.atomic
def end_job(*, period: WorkPeriod, last_day: date, actor: User, at: datetime) -> None:
    """
    Give a job that goes on its last day.

    :raises CannotChangeWork: if it has ended, or the day is before its start or has yet to come.
    """
    participant = locked(period.participant)
    period = _open_period(period)
    if last_day < period.starts_on:
        raise CannotChangeWork(f"These hours began on {period.starts_on}. Give a day on or after it.")
    _has_come(participant, last_day, at)
    period.ends_on = last_day
    period.save()
    note(participant, "job.ended", actor, at)


@transaction.atomic
def change_hours(
    *, period: WorkPeriod, hours: Decimal, from_day: date, actor: User, at: datetime
) -> WorkPeriod:
    """
    Let a job go on with other hours: the period ends on the day before, and a new one begins.

    :raises CannotChangeWork: if it has ended, or the day is not after its start or has yet to come.
    """
    participant = locked(period.participant)
    period = _open_period(period)
    if from_day <= period.starts_on:
        raise CannotChangeWork(f"The hours until now began on {period.starts_on}. Give a day after it.")
    _has_come(participant, from_day, at)
    period.ends_on = from_day - timedelta(days=1)
    period.save()
    later = WorkPeriod.objects.create(
        participant=participant, job=period.job, kind=period.kind, starts_on=from_day, hours_per_week=hours
    )
    note(participant, "job.hours_changed", actor, at)
    return later


def _open_period(period: WorkPeriod) -> WorkPeriod:
    period = WorkPeriod.objects.select_for_update(no_key=True).get(pk=period.pk)
    if period.ends_on is not None:
        raise CannotChangeWork(f"This ended on {period.ends_on}.")
    return period


def _free_name(participant: Participant, kind: WorkKind) -> str:
    word = "Job" if kind is WorkKind.WORK else "Course"
    taken = set(participant.work_periods.values_list("job", flat=True))
    taken |= set(participant.job_details.values_list("job", flat=True))
    return next(
        name for name in (f"{word} {number}" for number in range(1, len(taken) + 2)) if name not in taken
    )


def _has_come(participant: Participant, day: date, at: datetime) -> None:
    if day > participant.programme.local_date(at):
        raise CannotChangeWork("The day is in the future. Write it down when it has happened.")
