"""A programme: where, for whom, by which service, and which outcomes count."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from funders.enums import OncePer, SustainmentCounts
from funders.models.funders import FunderMember
from mhep.kernel.periods import Month, YearStart
from mhep.shared.fields import ExactDecimalField
from providers.models import Operator, OperatorMember, Provider, ProviderMember


class ProgrammeQuerySet(models.QuerySet["Programme"]):
    def visible_to(self, user: User) -> ProgrammeQuerySet:
        """Everyone sees the programmes that their organisation runs, funds or delivers in."""
        delivered = Service.objects.filter(provider__members__in=ProviderMember.objects.of(user))
        return self.filter(
            Q(operator__members__in=OperatorMember.objects.of(user))
            | Q(funders__members__in=FunderMember.objects.of(user))
            | Q(pk__in=delivered.values("programme"))
        ).distinct()

    def accounted_to(self, user: User) -> ProgrammeQuerySet:
        """The programmes whose money concerns the user: of the operator's members, and of the funders'."""
        return self.filter(
            Q(operator__members__in=OperatorMember.objects.of(user))
            | Q(funders__members__in=FunderMember.objects.of(user))
        ).distinct()

    def run_by(self, user: User) -> ProgrammeQuerySet:
        """The programmes whose operator the user belongs to, the auditors included."""
        return self.filter(operator__members__in=OperatorMember.objects.of(user))


class Programme(models.Model):
    """
    One co-commissioned programme in one currency.

    ``open_month`` is the first day of the first month that is not closed: facts that arrive
    late fall in it. Only the close moves it (payments), under a lock of this row.
    """

    code = models.CharField(max_length=40, unique=True)
    name = models.TextField()
    currency = models.CharField(max_length=3)
    starts_on = models.DateField()
    ends_on = models.DateField()
    financial_year_starts = models.CharField(max_length=5, default="04-01")
    timezone = models.CharField(max_length=64, default="Europe/London")
    language = models.CharField(max_length=2, default="en")
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="programmes")
    open_month = models.DateField()
    terms_changed = models.BooleanField(default=False)  # priced events must be looked at again
    closes_by_itself = models.BooleanField(default=False)  # the hourly job prices and closes ended months

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_on__lte=F("ends_on")), name="funders_programme_dates_in_order"
            ),
            models.CheckConstraint(
                condition=Q(open_month__day=1), name="funders_programme_open_month_is_a_first_day"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def first_open_month(self) -> Month:
        return Month.of(self.open_month)

    @property
    def financial_year(self) -> YearStart:
        return YearStart.parse(self.financial_year_starts)

    def local_date(self, at: datetime) -> date:
        """Return the civil date of an instant where the programme runs; in a demo never one after its end."""
        day = at.astimezone(ZoneInfo(self.timezone)).date()
        return min(day, self.ends_on) if settings.ENDED_PROGRAMMES_STAND_STILL else day

    def file_stamp(self, at: datetime) -> str:
        """Return the local minute of an instant as the names of downloads end, such as 20260801-0930."""
        return at.astimezone(ZoneInfo(self.timezone)).strftime("%Y%m%d-%H%M")

    def working_day(self, at: datetime) -> date:
        """Return the civil date of an instant, or the programme's last day once it has ended."""
        return min(self.local_date(at), self.ends_on)


class Area(models.Model):
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="areas")
    code = models.CharField(max_length=40)
    name = models.TextField()
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["programme", "code"], name="funders_area_code_once")]

    def __str__(self) -> str:
        return self.code


class Cohort(models.Model):
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="cohorts")
    code = models.CharField(max_length=40)
    name = models.TextField()
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["programme", "code"], name="funders_cohort_code_once")]

    def __str__(self) -> str:
        return self.code


class ProgrammeProvider(models.Model):
    """A provider's entry in a programme, under the name that the programme's file gives it."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="provider_entries")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="programme_entries")
    name = models.TextField()
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "provider"], name="funders_programmeprovider_once")
        ]

    def __str__(self) -> str:
        return self.name


class Service(models.Model):
    """One delivery contract: a provider, and the areas and cohorts it serves (none listed: all)."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="services")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="services")
    code = models.CharField(max_length=40)
    name = models.TextField()
    starts_on = models.DateField()
    areas = ArrayField(models.CharField(max_length=40), default=list)
    cohorts = ArrayField(models.CharField(max_length=40), default=list)
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "code"], name="funders_service_code_once")
        ]

    def __str__(self) -> str:
        return self.code


class FidelityReview(models.Model):
    """The total of one review on the 25-item IPS fidelity scale."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="fidelity_reviews")
    reviewed_on = models.DateField()
    score = models.PositiveSmallIntegerField()
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(
                condition=Q(score__gte=25, score__lte=125), name="funders_fidelityreview_score_25_to_125"
            )
        ]

    def __str__(self) -> str:
        return f"{self.reviewed_on} {self.score}"


class OutcomeType(models.Model):
    """A kind of outcome that counts, in the order in which outcomes happen, with its rules."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="outcome_types")
    code = models.CharField(max_length=40)
    name = models.TextField()
    position = models.PositiveIntegerField()
    once_per = models.CharField(max_length=20, choices=OncePer, default=OncePer.PARTICIPANT)
    requires = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="required_by")
    min_days_after = models.PositiveIntegerField(default=0)
    min_hours = ExactDecimalField(null=True)
    window_days = models.PositiveIntegerField(null=True)
    submit_within_days = models.PositiveIntegerField(null=True)
    evidence_all_of = ArrayField(models.TextField(), default=list)
    evidence_any_of = ArrayField(models.TextField(), default=list)
    evidence_one_set_of = models.JSONField(default=list)  # lists of kinds, of any length

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "code"], name="funders_outcometype_code_once"),
            models.CheckConstraint(
                condition=~Q(requires=F("id")), name="funders_outcometype_not_its_own_prerequisite"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Tariff(models.Model):
    """The reference price of an outcome from a date on, in minor units of the programme's currency."""

    outcome_type = models.ForeignKey(OutcomeType, on_delete=models.CASCADE, related_name="tariffs")
    starts_on = models.DateField()
    amount_minor = models.BigIntegerField()
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["outcome_type", "starts_on"], name="funders_tariff_one_from_a_date"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="funders_tariff_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.starts_on}"


class Sustainment(models.Model):
    """How an outcome is worked out from periods of work (spec: sustainment)."""

    outcome_type = models.OneToOneField(OutcomeType, on_delete=models.CASCADE, related_name="sustainment")
    weeks = models.PositiveIntegerField()
    within_weeks = models.PositiveIntegerField(null=True)
    max_gap_days = models.PositiveIntegerField(default=0)
    hours_min = ExactDecimalField(null=True)
    hours_below = ExactDecimalField(null=True)
    counts = models.CharField(max_length=20, choices=SustainmentCounts, default=SustainmentCounts.WORK)
    same_job = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.weeks} weeks"
