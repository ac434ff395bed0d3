"""What the operator expects beyond what has been achieved already, month by month."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from investment.models.facilities import Facility
from investment.rules.projection import Ahead
from mhep.kernel import periods


class Forecast(models.Model):
    """One version of the operator's plan for the coming months. The newest counts; all are kept."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="forecasts")
    note = models.TextField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.pk}"


class ForecastMonth(models.Model):
    """
    One month of a forecast, in minor units.

    ``received_minor`` is what funders will pay for outcomes that nobody has logged yet.
    """

    forecast = models.ForeignKey(Forecast, on_delete=models.PROTECT, related_name="months")
    first_day = models.DateField()
    received_minor = models.BigIntegerField()
    costs_minor = models.BigIntegerField()
    providers_minor = models.BigIntegerField()
    drawn_minor = models.BigIntegerField()

    class Meta:
        ordering = ["first_day"]
        constraints = [
            models.UniqueConstraint(fields=["forecast", "first_day"], name="investment_forecastmonth_once"),
            models.CheckConstraint(
                condition=Q(first_day__day=1), name="investment_forecastmonth_starts_on_a_first_day"
            ),
            models.CheckConstraint(
                condition=Q(
                    received_minor__gte=0, costs_minor__gte=0, providers_minor__gte=0, drawn_minor__gte=0
                ),
                name="investment_forecastmonth_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.forecast_id} {self.first_day}"

    @property
    def as_rule(self) -> Ahead:
        """The month as the rules know it."""
        return Ahead(
            periods.Month.of(self.first_day),
            received=self.received_minor,
            costs=self.costs_minor,
            providers=self.providers_minor,
            drawn=self.drawn_minor,
        )
