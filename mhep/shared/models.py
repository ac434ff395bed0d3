"""The job rows: the truth about work that runs in the background (ADR 0006)."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from mhep.shared.encryption import EncryptedTextField


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


class HappeningType(models.TextChoices):
    """What a webhook can be told of."""

    OUTCOME_LOGGED = "outcome.logged", "An outcome was logged, or its question was answered"
    OUTCOME_QUERIED = "outcome.queried", "A question was asked about an outcome"
    OUTCOME_VERIFIED = "outcome.verified", "An outcome was verified"
    OUTCOME_REJECTED = "outcome.rejected", "An outcome was rejected"
    OUTCOME_VOIDED = "outcome.voided", "An outcome was voided"
    STATEMENT_SENT = "statement.sent", "A statement was sent to its funder"
    DOCUMENT_ISSUED = "document.issued", "An invoice, credit note or remittance statement was issued"


class Webhook(models.Model):
    """
    Where a program of an organisation wants to be told that something happened.

    ``kind`` and ``place`` name the organisation. It is told of what happens after ``told_from_at``; what
    happened until ``looked_at`` has been collected, noted by the hour. For a while after a change of secret
    the previous one signs as well.
    """

    kind = models.CharField(max_length=20)
    place = models.BigIntegerField()
    url = models.URLField(max_length=500)
    types = ArrayField(models.CharField(max_length=30, choices=HappeningType))
    secret = EncryptedTextField()
    previous_secret = EncryptedTextField(blank=True)
    previous_ends_at = models.DateTimeField(null=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    told_from_at = models.DateTimeField()
    looked_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True)
    disabled_because = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(types=[]), name="shared_webhook_is_told_of_something"),
            models.CheckConstraint(
                condition=Q(disabled_at=None, disabled_because="")
                | (Q(disabled_at__isnull=False) & ~Q(disabled_because="")),
                name="shared_webhook_disabled_because",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.place}"

    def secrets_at(self, at: datetime) -> list[str]:
        """Return the secrets that sign at that time, the present one first."""
        is_both = (
            bool(self.previous_secret) and self.previous_ends_at is not None and at < self.previous_ends_at
        )
        return [self.secret, self.previous_secret] if is_both else [self.secret]


class DeliveryState(models.TextChoices):
    WAITING = "WAITING", "Waiting"
    SENT = "SENT", "Arrived"
    FAILED = "FAILED", "Given up"


class Delivery(models.Model):
    """
    One thing that happened, for one webhook: once, by its constraint, under one ``key`` for all its tries.

    ``source`` and ``row_key`` say which row told of it.
    """

    webhook = models.ForeignKey(Webhook, on_delete=models.PROTECT, related_name="deliveries")
    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    source = models.CharField(max_length=40)
    row_key = models.BigIntegerField()
    type = models.CharField(max_length=30, choices=HappeningType)
    programme = models.CharField(max_length=40)
    path = models.CharField(max_length=200)
    happened_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    last_status = models.PositiveSmallIntegerField(null=True)
    last_said = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-happened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["webhook", "source", "row_key"], name="shared_delivery_once"),
            models.CheckConstraint(
                condition=Q(state__in=DeliveryState.values), name="shared_delivery_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=DeliveryState.SENT) | Q(sent_at__isnull=False),
                name="shared_delivery_sent_with_its_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(state=DeliveryState.WAITING), name="shared_delivery_due"
            )
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.state}"
