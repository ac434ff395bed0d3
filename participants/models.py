"""Who is helped. No name and no health text: a reference, a service, a place and dates."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from funders.models import Area, Cohort, Programme, Service


class Participant(models.Model):
    """A person in a programme, known by the reference that the provider chose."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="participants")
    reference = models.TextField()
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="participants")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, related_name="participants")
    cohort = models.ForeignKey(Cohort, on_delete=models.PROTECT, null=True, related_name="participants")
    referred_on = models.DateField(null=True)
    started_on = models.DateField(null=True)
    consented_on = models.DateField(null=True)

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
        ]

    def __str__(self) -> str:
        return self.reference
