"""Fidelity reviews as the reviewers scored them, item by item."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import User
from funders.models import FunderMember, Service
from performance.rules.fidelity import HIGHEST, ITEMS, LOWEST, Band, band_of
from providers.models import OperatorMember, ProviderMember


class ScoredReviewQuerySet(models.QuerySet["ScoredReview"]):
    def visible_to(self, user: User) -> ScoredReviewQuerySet:
        """The operator and the funders of the programme see all, a provider those of its own services."""
        return self.filter(
            Q(service__programme__operator__members__in=OperatorMember.objects.of(user))
            | Q(service__programme__funders__members__in=FunderMember.objects.of(user))
            | Q(service__provider__members__in=ProviderMember.objects.of(user))
        ).distinct()


class ScoredReview(models.Model):
    """
    One review of a service on the IPS fidelity scale of 25 items, recorded once.

    A review that was wrong is recorded again and ``replaces`` the first. What prices an outcome is the total
    in the programme's file and not this one; pages show where they differ.
    """

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="scored_reviews")
    reviewed_on = models.DateField()
    reviewers = models.TextField()
    summary = models.TextField(blank=True)
    total = models.PositiveSmallIntegerField()
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects = ScoredReviewQuerySet.as_manager()

    class Meta:
        ordering = ["-reviewed_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(total__gte=LOWEST * len(ITEMS), total__lte=HIGHEST * len(ITEMS)),
                name="performance_scoredreview_total_25_to_125",
            ),
            models.CheckConstraint(
                condition=~Q(reviewers=""), name="performance_scoredreview_says_who_reviewed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service} {self.reviewed_on}"

    @property
    def band(self) -> Band:
        return band_of(self.total)


class FidelityScore(models.Model):
    """What one item of a review was scored, from 1 to 5."""

    review = models.ForeignKey(ScoredReview, on_delete=models.PROTECT, related_name="scores")
    item = models.PositiveSmallIntegerField()
    score = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["item"]
        constraints = [
            models.UniqueConstraint(fields=["review", "item"], name="performance_fidelityscore_item_once"),
            models.CheckConstraint(
                condition=Q(item__gte=1, item__lte=len(ITEMS), score__gte=LOWEST, score__lte=HIGHEST),
                name="performance_fidelityscore_1_to_5_of_25_items",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {self.score}"
