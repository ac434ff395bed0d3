"""Who is helped, by whom and since when. No name and no health text: references, places and dates."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from accounts.models import User
from funders.models import Area, Cohort, Programme, Service
from participants.enums import ConsentKind, EndReason, ReferralSource
from providers.models import Operator, OperatorMember, Provider


class ParticipantQuerySet(models.QuerySet["Participant"]):
    def visible_to(self, user: User) -> ParticipantQuerySet:
        """The operator's people see references; a provider's staff the people of its own services."""
        run = Operator.objects.filter(members__in=OperatorMember.objects.of(user))
        return self.filter(
            Q(programme__operator__in=run) | Q(service__provider__in=Provider.objects.staffed_by(user))
        )

    def helped_by(self, user: User) -> ParticipantQuerySet:
        """The people of the services of the user's own providers."""
        return self.filter(service__provider__in=Provider.objects.staffed_by(user))


class Participant(models.Model):
    """A person in a programme, known by the reference that the provider chose."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="participants")
    reference = models.TextField()
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="participants")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, related_name="participants")
    cohort = models.ForeignKey(Cohort, on_delete=models.PROTECT, null=True, related_name="participants")
    referred_on = models.DateField(null=True)
    referral_source = models.CharField(max_length=20, choices=ReferralSource, blank=True, db_default="")
    started_on = models.DateField(null=True)
    consented_on = models.DateField(null=True)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "reference"], name="participants_participant_reference_once"
            ),
            models.CheckConstraint(
                condition=Q(started_on__isnull=True)
                | Q(referred_on__isnull=True)
                | Q(started_on__gte=F("referred_on")),
                name="participants_participant_not_started_before_referral",
            ),
            models.CheckConstraint(
                condition=Q(referral_source__in=["", *ReferralSource.values]),
                name="participants_participant_source_known",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class ConsentStep(models.Model):
    """
    Consent of one kind, given or withdrawn; append-only, the latest row of a kind counts.

    ``Participant.consented_on`` is the day of the standing consent to share data, and is kept in step.
    """

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="consent_steps")
    kind = models.CharField(max_length=20, choices=ConsentKind)
    is_given = models.BooleanField()
    happened_on = models.DateField()
    version = models.CharField(max_length=40, blank=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=ConsentKind.values), name="participants_consentstep_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(is_given=False, version="") | (Q(is_given=True) & ~Q(version="")),
                name="participants_consentstep_given_with_its_version",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {'given' if self.is_given else 'withdrawn'}"


class Enrolment(models.Model):
    """
    A time with a service; without ``ended_on`` it goes on. The last day is included.

    People who came by file have their first row when something changes: until then the participant's own
    start and service say the same.
    """

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="enrolments")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="enrolments")
    started_on = models.DateField()
    ended_on = models.DateField(null=True)
    end_reason = models.CharField(max_length=20, choices=EndReason, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True, end_reason="")
                | Q(ended_on__gte=F("started_on"), end_reason__in=EndReason.values),
                name="participants_enrolment_ended_with_its_reason",
            ),
            ExclusionConstraint(
                name="participants_enrolment_one_at_a_time",
                expressions=[
                    ("participant", RangeOperators.EQUAL),
                    (
                        Func("started_on", "ended_on", Value("[]"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} {self.started_on}"


class Assignment(models.Model):
    """A time on a specialist's caseload, ``ends_before`` excluded; without it the person is on it now."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="assignments")
    specialist = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assignments"
    )
    starts_on = models.DateField()
    ends_before = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_before__isnull=True) | Q(ends_before__gte=F("starts_on")),
                name="participants_assignment_days_in_order",
            ),
            models.UniqueConstraint(
                fields=["participant"],
                condition=Q(ends_before__isnull=True),
                name="participants_assignment_one_now",
            ),
        ]
        indexes = [
            models.Index(
                fields=["specialist"],
                condition=Q(ends_before__isnull=True),
                name="participants_caseload",
            )
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} with {self.specialist_id}"


class AccessLog(models.Model):
    """
    Who of the operator read a person's name, when and why; append-only.

    The database writes the time and the transaction, and shows the name in that transaction only.
    """

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="readings")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    read_at = models.DateTimeField()
    in_transaction = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="participants_accesslog_with_a_reason")
        ]
        indexes = [models.Index(fields=["participant", "read_at"], name="participants_readings")]

    def __str__(self) -> str:
        return f"{self.reader_id} read {self.participant_id}"
