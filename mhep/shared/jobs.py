"""
Work in the background: the one way to ask for it, to run it, and to start again what was lost (ADR 0006).

The row is the truth and the queue is a hint. A message holds nothing but a job's id, so one that comes
twice, late, in parallel or never changes nothing but the time at which the work is done.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db import (
    DEFAULT_DB_ALIAS,
    InterfaceError,
    OperationalError,
    connection,
    connections,
    transaction,
)
from django.db.models import F
from django.utils import timezone

from mhep.celery import app
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.attribution import attributed
from mhep.shared.locks import held_keys, lock_key, session_lock
from mhep.shared.models import Job, JobState

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
RESEND_AFTER = timedelta(seconds=15)
RESEND_AT_LATEST_AFTER = timedelta(seconds=60)

SERIALIZATION_FAILURE, DEADLOCK, LOCK_TIMEOUT = "40001", "40P01", "55P03"
PASSING = frozenset({SERIALIZATION_FAILURE, DEADLOCK, LOCK_TIMEOUT})
TOLD_EVERY = 0.5  # seconds, at the most often, from inside a transaction
PAUSES = (0.1, 0.5, 1.0, 2.0, 5.0)  # seconds before each new try after a passing error


TELL = "UPDATE shared_job SET done = %s, total = %s, message = %s WHERE id = %s AND state = 'RUNNING'"


class TryLater(Exception):
    """Something outside that the work needs is away: the job is left to the sweeper, as if cut off."""


Progress = Callable[[int, int, str], None]
Work = Callable[[Mapping[str, Any], Progress], str]


def enqueue(
    task: str, *, subject: str, arguments: Mapping[str, Any], requested_by_id: int | None, at: datetime
) -> Job:
    """
    Ask for ``task`` to be run about ``subject``; the wish stands or falls with the caller's transaction.

    An unfinished job of the same task and subject is returned as it is: a second click asks for nothing new.
    When somebody else is just asking for the same, this waits for their transaction to end.

    :param task: the name under which the Celery task is registered.
    :param subject: what it is about, in words that people may read; no personal data.
    :param arguments: what the work needs, as JSON: ids and ISO dates.
    :param requested_by_id: the user who asks, or None for the system.
    :raises TransactionManagementError: outside a transaction, where the wish could outlive the change that
        caused it.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A job is asked for in the transaction that needs it.")
    fresh = Job(
        task=task,
        subject=subject,
        arguments=dict(arguments),
        requested_by_id=requested_by_id,
        requested_at=at,
    )
    # Each turn means that the job which stood in the way has just finished.
    while (job := Job.objects.unfinished().filter(task=task, subject=subject).first()) is None:
        Job.objects.bulk_create([fresh], ignore_conflicts=True)
    if job.pk == fresh.pk:
        transaction.on_commit(partial(_send, job), robust=True)
    return job


def job_for(task: str, subject: str) -> Job | None:
    """Return the unfinished job of ``task`` about ``subject``, else the one that finished last."""
    jobs = Job.objects.filter(task=task, subject=subject)
    return jobs.order_by(F("finished_at").desc(nulls_first=True)).first()


def run_job(job_id: str, work: Work) -> None:
    """
    Do the work of a job, unless it is finished or somebody else is doing it, and record how it ended.

    ``work`` gets the job's arguments and a ``progress(done, total, message)`` to call between its own
    transactions, and returns the sentence that people read once it is done. It must be safe to run again
    from the start after being cut off anywhere.

    A ``BusinessRuleError`` fails the job with its own text. After a deadlock or a serialization failure the
    work is tried again at once. When the database or the time limit cuts it off, or it says ``TryLater``, the
    job stays as it is for the sweeper. Any other error fails the job with an incident number, under which the
    log has the rest.

    :raises OperationalError, InterfaceError, SoftTimeLimitExceeded, TryLater: when cut off.
    """
    with session_lock(_lock_name(job_id)) as is_mine:
        job = _claim(job_id) if is_mine else None
        if job is not None:
            with attributed(lambda: f"job {job.task}", lambda: job.requested_by_id):
                state, message = _result(job, work)
            _finish(job, state, message)


@contextmanager
def seen_at_once(job_id: str) -> Iterator[Progress]:
    """
    Give a progress that others see also while the work is inside one long transaction.

    It writes through a database session of its own, twice a second at most; the end of a count is never left
    out.
    """
    beside = connections.create_connection(DEFAULT_DB_ALIAS)
    last = float("-inf")

    def tell(done: int, total: int, message: str) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < TOLD_EVERY and done != total:
            return
        last = now
        with beside.cursor() as cursor:
            cursor.execute(TELL, [done, total, message, UUID(job_id)])

    try:
        yield tell
    finally:
        beside.close()


def sweep(now: datetime) -> int:
    """
    Send again every unfinished job that nobody works on and whose last message is old; return how many.

    A running job whose worker died is known by its lock being free: no heart-beat, no clock.
    """
    overdue = [job for job in Job.objects.unfinished() if _next_message_at(job) <= now]
    held = held_keys()
    lost = [job for job in overdue if lock_key(_lock_name(job.pk)) not in held]
    for job in lost:
        logger.warning("Job %s (%s, %s) is sent again", job.pk, job.task, job.state)
        _send(job)
    return len(lost)


def _lock_name(job_id: UUID | str) -> str:
    return f"job {UUID(str(job_id))}"


def _send(job: Job) -> None:
    """Tell the workers that ``job`` waits. If the broker cannot be told, the sweeper tries again."""
    try:
        app.send_task(job.task, kwargs={"job_id": str(job.pk)})
    except Exception:
        logger.exception("Job %s (%s) could not be sent; the sweeper will send it", job.pk, job.task)
        return
    Job.objects.filter(pk=job.pk).update(sent_at=timezone.now())


def _next_message_at(job: Job) -> datetime:
    """Return when a job that is still waiting is sent again: soon at first, then less and less often."""
    if job.sent_at is None:
        return job.requested_at + RESEND_AFTER
    waited = job.sent_at - job.requested_at
    return job.sent_at + min(max(waited, RESEND_AFTER), RESEND_AT_LATEST_AFTER)


def _claim(job_id: str) -> Job | None:
    """Take the job, whose lock the caller holds, for one more attempt; None if there is nothing to do."""
    with transaction.atomic(durable=True):
        job = Job.objects.unfinished().select_for_update().filter(pk=job_id).first()
        if job is None:
            return None
        if job.attempts < MAX_ATTEMPTS:
            job.state = JobState.RUNNING
            job.attempts += 1
            job.started_at = timezone.now()
            job.save(update_fields=["state", "attempts", "started_at"])
            return job
    logger.error("Job %s (%s) is given up after %s attempts", job.pk, job.task, job.attempts)
    _finish(
        job,
        JobState.FAILED,
        f"This was started {job.attempts} times and each time stopped before its end, so it is not tried "
        "again. What it had finished is kept. Ask your administrator to look at the worker’s log, then "
        "start it again.",
    )
    return None


def _result(job: Job, work: Work) -> tuple[JobState, str]:
    """Do the work; return the state in which the job ends and the sentence that goes with it."""
    try:
        return JobState.DONE, _persevere(job, work)
    except (OperationalError, InterfaceError, SoftTimeLimitExceeded, TryLater):
        raise
    except BusinessRuleError as refusal:
        return JobState.FAILED, str(refusal)
    except Exception:
        incident = secrets.token_hex(4)
        logger.exception("Incident %s: job %s (%s) failed", incident, job.pk, job.task)
        return JobState.FAILED, (
            "Something went wrong that should not have. What was finished before is kept. Start it again; if "
            f"that does not help, tell your administrator the incident number {incident}."
        )


def _persevere(job: Job, work: Work) -> str:
    """Do the work, and again after errors that another try cures."""
    progress = partial(_report, job.pk)
    for pause in PAUSES:
        try:
            return work(job.arguments, progress)
        except OperationalError as error:
            sqlstate = getattr(error.__cause__, "pgcode", None)
            if sqlstate not in PASSING:
                raise
            logger.warning("Job %s (%s) tries again after SQLSTATE %s", job.pk, job.task, sqlstate)
            time.sleep(pause)
    return work(job.arguments, progress)


def _report(job_id: UUID, done: int, total: int, message: str) -> None:
    """Show how far the work has come. Only outside a transaction would anyone see it, so only there."""
    with transaction.atomic(durable=True):
        Job.objects.filter(pk=job_id).update(done=done, total=total, message=message)


def _finish(job: Job, state: JobState, message: str) -> None:
    Job.objects.filter(pk=job.pk).update(state=state, message=message, finished_at=timezone.now())
