"""The disclosure rules of a contract, and what was shown under them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from funders.models import Programme
from performance.enums import PercentageRule, PublishedBy
from performance.rules.disclosure import DisclosureRule, Percentages


class DisclosureRuling(models.Model):
    """
    How small numbers of a programme are shown to funders and investors: the newest counts. Never changed.

    It holds for what is published after it; what was shown before stays as it was. Tables are of services or
    of areas and never of both: what one hides the other would tell.
    """

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="disclosure_rulings")
    threshold = models.PositiveSmallIntegerField()
    base = models.PositiveSmallIntegerField()
    symbol = models.CharField(max_length=3)
    shows_zeros = models.BooleanField()
    percentages = models.CharField(max_length=20, choices=PercentageRule)
    published_by = models.CharField(max_length=10, choices=PublishedBy)
    for_funders = models.BooleanField()
    for_investors = models.BooleanField()
    reason = models.TextField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(threshold=0)
                | Q(threshold__gte=5, threshold__lte=100, base__lte=2 * F("threshold")),
                name="performance_ruling_threshold",
            ),
            models.CheckConstraint(condition=Q(base__gte=1, base__lte=100), name="performance_ruling_base"),
            models.CheckConstraint(
                condition=Q(percentages__in=PercentageRule.values, published_by__in=PublishedBy.values)
                & ~Q(symbol="")
                & ~Q(reason=""),
                name="performance_ruling_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.programme_id}: {self.threshold}, {self.base}"

    @property
    def rule(self) -> DisclosureRule:
        return DisclosureRule(
            threshold=self.threshold,
            base=self.base,
            symbol=self.symbol,
            shows_zeros=self.shows_zeros,
            percentages=Percentages[self.percentages],
        )


class PublishedMonth(models.Model):
    """
    A month of a table as it was shown under a ruling. Never changed.

    ``counts`` are exact, by place; ``shown`` holds what stood for each, totals and sums to date included, as
    :mod:`performance.rules.disclosure.publication` writes and reads it.
    """

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="published_months")
    ruling = models.ForeignKey(DisclosureRuling, on_delete=models.PROTECT, related_name="+")
    table = models.CharField(max_length=60)
    first_day = models.DateField()
    counts = models.JSONField()
    shown = models.JSONField()
    published_at = models.DateTimeField()

    class Meta:
        ordering = ["first_day"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "table", "first_day"], name="performance_publishedmonth_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.programme_id} {self.table} {self.first_day}"
