"""The job rows: the truth about work that runs in the background (ADR 0006)."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q


class JobState(models.TextChoices):
    WAITING = "WAITING", "Waiting"
    RUNNING = "RUNNING", "Running"
    DONE = "DONE", "Done"
    FAILED = "FAILED", "Failed"


UNFINISHED = [JobState.WAITING, JobState.RUNNING]


class JobQuerySet(models.QuerySet["Job"]):
    """Job rows, in the words of the office."""

    def unfinished(self) -> JobQuerySet:
        """Those that are waiting or running, oldest first."""
        return self.filter(state__in=UNFINISHED).order_by("requested_at")


class Job(models.Model):
    """
    One piece of work asked for, written in the transaction that asks.

    The queue is only a hint: a sweeper sends again what no worker took or a dead worker left.
    ``subject`` says in words what it is about; at most one unfinished job of a task has it.
    ``message`` is for people: what is being done, or what was done, or what failed and why.
    ``attempts`` counts the starts, of which ``started_at`` is the latest; ``sent_at`` is the time of the
    latest message to the workers.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.CharField(max_length=100)
    subject = models.CharField(max_length=200)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=JobState, default=JobState.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    requested_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["task", "subject"],
                condition=Q(state__in=UNFINISHED),
                name="shared_job_one_unfinished_a_subject",
            ),
            models.CheckConstraint(
                condition=Q(state__in=UNFINISHED, finished_at__isnull=True)
                | Q(state__in=[JobState.DONE, JobState.FAILED], finished_at__isnull=False),
                name="shared_job_finished_with_its_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.subject}"

    @property
    def is_finished(self) -> bool:
        """Say whether the job has ended, well or not; until then a page asks again."""
        return self.state not in UNFINISHED


class SentForm(models.Model):
    """
    A form that somebody sent, known by nothing but a hash of who, where and what, and the page it led to.

    Its row is written in the transaction that does what the form asks (see ``mhep.shared.once``).
    """

    digest = models.CharField(primary_key=True, max_length=64)
    led_to = models.TextField(blank=True)
    sent_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.digest[:8]


class ApiAnswer(models.Model):
    """
    What the API answered to a request with a key, so that the same request gets the same answer again.

    Its row is written in the transaction that does what the request asks (see ``mhep.shared.api.replay``).

    :ivar fingerprint: a hash of what was sent, and to where.
    """

    holder = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True)
    location = models.TextField(blank=True)
    asked_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["holder", "key"], name="shared_apianswer_once")]

    def __str__(self) -> str:
        return f"{self.holder_id} {self.status}"
