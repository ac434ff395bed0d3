"""What is wanted: profiles and targets in versions, and the months from which limits are set anew."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce

from accounts.models import User
from funders.models import Programme, Service
from mhep.kernel.periods import Month
from performance.enums import ProfileRhythm, Scenario
from performance.rules.profiles import SUBJECTS, Plan, Rhythm, Subject


class ProfileQuerySet(models.QuerySet["Profile"]):
    def visible_to(self, user: User) -> ProfileQuerySet:
        """The operator sees all of its programmes; funders all but the money that everybody pays together."""
        seen = self.filter(programme__in=Programme.objects.accounted_to(user))
        return seen.filter(Q(programme__in=Programme.objects.run_by(user)) | ~Q(subject__in=MONEY))

    def newest(self) -> ProfileQuerySet:
        """Return the version of each profile that counts."""
        later = Profile.objects.annotate(place=Coalesce("service_id", 0)).filter(
            programme=OuterRef("programme"),
            place=Coalesce(OuterRef("service_id"), 0),
            subject=OuterRef("subject"),
            scenario=OuterRef("scenario"),
            version__gt=OuterRef("version"),
        )
        return self.filter(~Exists(later))


MONEY = tuple(code for code, subject in SUBJECTS.items() if not subject.is_of_people)


class Profile(models.Model):
    """
    One version of what is planned for a programme or one of its services.

    ``figures`` are whole numbers of the subject's smallest unit, a period each from ``first_day`` on; the
    first ``locked`` of them are results. ``cap`` is what a profile that was drawn anew adds up to. Never
    changed: a new version takes its place.
    """

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="profiles")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, related_name="profiles")
    subject = models.CharField(max_length=60)
    scenario = models.CharField(max_length=10, choices=Scenario)
    version = models.PositiveIntegerField()
    rhythm = models.CharField(max_length=10, choices=ProfileRhythm)
    first_day = models.DateField()
    figures = ArrayField(models.BigIntegerField())
    locked = models.PositiveIntegerField(default=0)
    cap = models.BigIntegerField(null=True)
    reason = models.TextField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    objects = ProfileQuerySet.as_manager()

    class Meta:
        ordering = ["subject", "service__code", "scenario", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "service", "subject", "scenario", "version"],
                nulls_distinct=False,
                name="performance_profile_version_once",
            ),
            models.CheckConstraint(
                condition=Q(
                    version__gte=1,
                    figures__len__gte=1,
                    figures__len__lte=240,
                    locked__lt=F("figures__len"),
                    scenario__in=Scenario.values,
                    rhythm__in=ProfileRhythm.values,
                ),
                name="performance_profile_makes_sense",
            ),
            models.CheckConstraint(
                condition=Q(cap__isnull=True) | Q(cap__gte=0), name="performance_profile_cap_not_negative"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="performance_profile_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.scenario} {self.version}"

    @property
    def about(self) -> Subject:
        return SUBJECTS[self.subject]

    @property
    def plan(self) -> Plan:
        return Plan(Month.of(self.first_day), Rhythm[self.rhythm], tuple(self.figures), self.locked)


class Rebase(models.Model):
    """From this month on the control limits of a metric are worked out anew, and why. Never changed."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="rebases")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, related_name="rebases")
    metric = models.CharField(max_length=60)
    first_day = models.DateField()
    reason = models.TextField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["first_day"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "service", "metric", "first_day"],
                nulls_distinct=False,
                name="performance_rebase_once",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="performance_rebase_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.first_day}"
