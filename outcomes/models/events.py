"""What was achieved: outcome events and the steps of their life."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from funders.models import OutcomeType, Programme, Service
from mhep.shared.fields import ExactDecimalField
from outcomes.enums import EventState, Rule
from participants.models import Participant
from providers.models import OperatorMember, Provider


class OutcomeEventQuerySet(models.QuerySet["OutcomeEvent"]):
    def visible_to(self, user: User) -> OutcomeEventQuerySet:
        """The operator's people see events; a funder's people see of them only what explains a charge."""
        return self.filter(programme__operator__members__in=OperatorMember.objects.of(user))

    def of_providers(self, user: User) -> OutcomeEventQuerySet:
        """The events of the services of the user's own providers: what they are paid for."""
        return self.filter(service__provider__in=Provider.objects.staffed_by(user))

    def to_providers(self, user: User) -> OutcomeEventQuerySet:
        """Those, and the events of the people whom these providers help now, whoever helped them before."""
        own = Provider.objects.staffed_by(user)
        return self.filter(Q(service__provider__in=own) | Q(participant__service__provider__in=own))

    def verified(self) -> OutcomeEventQuerySet:
        return self.filter(state=EventState.VERIFIED)

    def waiting(self) -> OutcomeEventQuerySet:
        """Those that wait for a verifier or for the answer to a question."""
        return self.filter(state__in=[EventState.SUBMITTED, EventState.QUERIED], voided_on__isnull=True)


class OutcomeEvent(models.Model):
    """
    One achievement of one person, as claimed, with its verification and voiding.

    ``service`` is the one that the person was with on the outcome date, as known when the event was accepted;
    it never changes, whoever helps the person later, and decides which provider is paid.
    ``falls_in`` is the first day of the month in which a verified event is priced first: the
    month of its verification, or the open month when that one is closed already.
    ``void_falls_in`` is the same for its voiding. ``own_voided_on`` is the void date given for
    the event itself; ``voided_on`` also counts the voiding of its prerequisite.
    """

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="events")
    reference = models.TextField()
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="events")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="events")
    outcome_type = models.ForeignKey(OutcomeType, on_delete=models.PROTECT, related_name="events")
    outcome_date = models.DateField()
    hours_per_week = ExactDecimalField(null=True)
    job = models.TextField(blank=True)
    evidence = ArrayField(models.TextField(), default=list)
    state = models.CharField(max_length=10, choices=EventState)
    prerequisite = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="dependants")
    submitted_on = models.DateField()
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    verified_on = models.DateField(null=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
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
                condition=Q(submitted_by__isnull=True)
                | Q(verified_by__isnull=True)
                | ~Q(verified_by=F("submitted_by")),
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
                fields=["programme", "falls_in"],
                condition=Q(falls_in__isnull=False),
                name="outcomes_event_falls_in",
            ),
            models.Index(
                fields=["programme", "void_falls_in"],
                condition=Q(void_falls_in__isnull=False),
                name="outcomes_event_void_falls_in",
            ),
            models.Index(
                fields=["programme", "submitted_on"],
                condition=Q(state__in=[EventState.SUBMITTED, EventState.QUERIED], voided_on__isnull=True),
                name="outcomes_event_waiting",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class EventStep(models.Model):
    """One step of an event's life, written by the database whatever route changed the event; append-only."""

    event = models.ForeignKey(
        OutcomeEvent, on_delete=models.PROTECT, related_name="steps", db_constraint=False
    )
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False
    )
    from_state = models.CharField(max_length=10, blank=True)
    to_state = models.CharField(max_length=10)
    reason = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["event"], name="outcomes_eventstep_event"),
            models.Index(fields=["at"], name="outcomes_eventstep_at"),
        ]

    def __str__(self) -> str:
        return f"{self.from_state} to {self.to_state}"


class EventQuery(models.Model):
    """A question about a submitted event and the answer to it; asked once, answered once, never changed."""

    event = models.ForeignKey(OutcomeEvent, on_delete=models.PROTECT, related_name="queries")
    about = models.CharField(max_length=12, choices=Rule)
    question = models.TextField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["event"], condition=Q(answered_at__isnull=True), name="outcomes_eventquery_one_open"
            ),
            models.CheckConstraint(condition=~Q(question=""), name="outcomes_eventquery_asks_something"),
            models.CheckConstraint(
                condition=Q(about__in=Rule.values), name="outcomes_eventquery_about_a_rule"
            ),
            models.CheckConstraint(
                condition=Q(answer="", answered_by__isnull=True, answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_by__isnull=False, answered_at__gte=F("asked_at"))),
                name="outcomes_eventquery_answered_as_a_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.about}"


class EventRejection(models.Model):
    """Why an event was rejected, and what the provider can do about it; never changed."""

    event = models.OneToOneField(OutcomeEvent, on_delete=models.PROTECT, related_name="rejection")
    about = models.CharField(max_length=12, choices=Rule)
    reason = models.TextField()
    cure = models.TextField()
    rejected_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    rejected_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(cure=""), name="outcomes_eventrejection_has_reason_and_cure"
            ),
            models.CheckConstraint(
                condition=Q(about__in=Rule.values), name="outcomes_eventrejection_about_a_rule"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.about}"


class SampleAudit(models.Model):
    """
    A second look at a random share of the events verified in a period, drawn by risk.

    ``frame`` holds the reference and the risk points of every event that could be drawn, as they stood:
    with ``seed`` and ``size`` it gives the same sample again (outcomes.rules.sampling).
    """

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="sample_audits")
    seed = models.TextField()
    first_day = models.DateField()
    last_day = models.DateField()
    percent = models.PositiveSmallIntegerField()
    size = models.PositiveIntegerField()
    frame = models.JSONField()
    drawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    drawn_at = models.DateTimeField()

    class Meta:
        ordering = ["-drawn_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "seed"], name="outcomes_sampleaudit_seed_once"),
            models.CheckConstraint(condition=~Q(seed=""), name="outcomes_sampleaudit_has_a_seed"),
            models.CheckConstraint(
                condition=Q(first_day__lte=F("last_day")), name="outcomes_sampleaudit_days_in_order"
            ),
            models.CheckConstraint(
                condition=Q(percent__gte=1, percent__lte=100), name="outcomes_sampleaudit_percent_1_to_100"
            ),
            models.CheckConstraint(condition=Q(size__gte=1), name="outcomes_sampleaudit_not_empty"),
        ]

    def __str__(self) -> str:
        return self.seed


class SampledEvent(models.Model):
    """
    One drawn event: why it weighed what it did, what the second look found, and the provider's reply.

    ``points`` and ``risks`` are as drawn. The finding and the reply are written once each.
    """

    audit = models.ForeignKey(SampleAudit, on_delete=models.PROTECT, related_name="sampled")
    event = models.ForeignKey(OutcomeEvent, on_delete=models.PROTECT, related_name="sampled")
    position = models.PositiveIntegerField()
    points = models.PositiveSmallIntegerField()
    risks = ArrayField(models.TextField(), default=list)
    is_agreed = models.BooleanField(null=True)
    finding = models.TextField(blank=True)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    checked_at = models.DateTimeField(null=True)
    reply = models.TextField(blank=True)
    replied_on = models.DateField(null=True)
    reply_recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["audit", "event"], name="outcomes_sampledevent_once"),
            models.UniqueConstraint(fields=["audit", "position"], name="outcomes_sampledevent_place_once"),
            models.CheckConstraint(
                condition=Q(is_agreed__isnull=True, checked_by__isnull=True, checked_at__isnull=True)
                | Q(is_agreed__isnull=False, checked_by__isnull=False, checked_at__isnull=False),
                name="outcomes_sampledevent_checked_as_a_whole",
            ),
            models.CheckConstraint(
                condition=~Q(finding="") | ~Q(is_agreed=False),
                name="outcomes_sampledevent_disagreed_with_finding",
            ),
            models.CheckConstraint(
                condition=Q(reply="", replied_on__isnull=True, reply_recorded_by__isnull=True)
                | (
                    ~Q(reply="")
                    & Q(is_agreed=False, replied_on__isnull=False, reply_recorded_by__isnull=False)
                ),
                name="outcomes_sampledevent_reply_to_a_finding",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.audit_id} {self.position}"
