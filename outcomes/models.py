"""What was achieved: outcome events and the steps of their life."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from funders.models import OutcomeType, Programme
from mhep.shared.fields import ExactDecimalField
from outcomes.enums import EventState
from participants.models import Participant


class OutcomeEventQuerySet(models.QuerySet["OutcomeEvent"]):
    def visible_to(self, user: User) -> OutcomeEventQuerySet:
        """The operator's people see events; a funder's people see of them only what explains a charge."""
        return self.filter(programme__operator__members__user=user)

    def verified(self) -> OutcomeEventQuerySet:
        return self.filter(state=EventState.VERIFIED)


class OutcomeEvent(models.Model):
    """
    One achievement of one person, as claimed, with its verification and voiding.

    ``falls_in`` is the first day of the month in which a verified event is priced first: the
    month of its verification, or the open month when that one is closed already.
    ``void_falls_in`` is the same for its voiding. ``own_voided_on`` is the void date given for
    the event itself; ``voided_on`` also counts the voiding of its prerequisite.
    """

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="events")
    reference = models.TextField()
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="events")
    outcome_type = models.ForeignKey(OutcomeType, on_delete=models.PROTECT, related_name="events")
    outcome_date = models.DateField()
    hours_per_week = ExactDecimalField(null=True)
    job = models.TextField(blank=True)
    evidence = ArrayField(models.TextField(), default=list)
    state = models.CharField(max_length=10, choices=EventState)
    prerequisite = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="dependants")
    submitted_on = models.DateField()
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    verified_on = models.DateField(null=True)
    verified_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    falls_in = models.DateField(null=True)
    own_voided_on = models.DateField(null=True)
    voided_on = models.DateField(null=True)
    void_reason = models.TextField(blank=True)
    void_falls_in = models.DateField(null=True)
    once_key = models.TextField(blank=True)  # the job where the type counts once per job, else empty

    objects = OutcomeEventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["programme", "reference"], name="outcomes_event_reference_once"),
            models.UniqueConstraint(
                fields=["participant", "outcome_type", "once_key"],
                condition=Q(voided_on__isnull=True) & ~Q(state__in=[EventState.DRAFT, EventState.REJECTED]),
                name="outcomes_event_once_per_participant_or_job",
            ),
            models.CheckConstraint(
                condition=Q(submitted_by__isnull=True) | Q(verified_by__isnull=True) | ~Q(verified_by=F("submitted_by")),
                name="outcomes_event_verifier_is_not_submitter",
            ),
            models.CheckConstraint(
                condition=Q(state=EventState.VERIFIED, verified_on__isnull=False, falls_in__isnull=False)
                | (~Q(state=EventState.VERIFIED) & Q(verified_on__isnull=True, falls_in__isnull=True)),
                name="outcomes_event_verified_with_date_and_month",
            ),
            models.CheckConstraint(
                condition=Q(voided_on__isnull=True, void_falls_in__isnull=True)
                | Q(voided_on__isnull=False, void_falls_in__isnull=False),
                name="outcomes_event_voided_with_month",
            ),
            models.CheckConstraint(
                condition=Q(verified_on__isnull=True) | Q(verified_on__gte=F("submitted_on")),
                name="outcomes_event_not_verified_before_submission",
            ),
            models.CheckConstraint(
                condition=Q(submitted_on__gte=F("outcome_date")), name="outcomes_event_not_in_the_future"
            ),
        ]
        indexes = [
            models.Index(
                fields=["programme", "falls_in"], condition=Q(falls_in__isnull=False), name="outcomes_event_falls_in"
            ),
            models.Index(
                fields=["programme", "void_falls_in"],
                condition=Q(void_falls_in__isnull=False),
                name="outcomes_event_void_falls_in",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class EventStep(models.Model):
    """One step of an event's life, written by the database whatever route changed the event; append-only."""

    event = models.ForeignKey(OutcomeEvent, on_delete=models.PROTECT, related_name="steps", db_constraint=False)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False
    )
    from_state = models.CharField(max_length=10, blank=True)
    to_state = models.CharField(max_length=10)
    reason = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["event"], name="outcomes_eventstep_event")]

    def __str__(self) -> str:
        return f"{self.from_state} to {self.to_state}"
