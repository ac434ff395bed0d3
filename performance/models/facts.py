"""
Month facts: counts and net sums of a month in one place, worked out anew from the rows beneath.

Nobody writes them by hand. Rows with ``frozen`` are as they stood when the month was closed and never change;
those without are as the rows beneath say now.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from funders.models import Agreement, Area, Cohort, OutcomeType, Programme, Service
from mhep.kernel.periods import Month
from performance.enums import StalePart


class StaleMonth(models.Model):
    """
    A month whose facts may be out of date, as a trigger marked it; without ``first_day`` all months are.

    Marks are only added, so that whoever changes a row waits for nobody; the refresh takes away what it saw.
    """

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="stale_months")
    first_day = models.DateField(null=True)
    part = models.CharField(max_length=10, choices=StalePart)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(part__in=StalePart.values), name="performance_stalemonth_part_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.programme_id} {self.first_day}"


class FrozenMonth(models.Model):
    """A closed month whose facts are kept as they stood; written once."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="frozen_months")
    first_day = models.DateField()
    frozen_at = models.DateTimeField()

    class Meta:
        ordering = ["first_day"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "first_day"], name="performance_frozenmonth_once")
        ]

    def __str__(self) -> str:
        return f"{self.programme_id} {self.first_day}"

    @property
    def month(self) -> Month:
        """The month that was closed."""
        return Month.of(self.first_day)


class Fact(models.Model):
    """Where and when facts belong. Without area or cohort the people have none."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+", db_index=False)
    first_day = models.DateField()
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    cohort = models.ForeignKey(Cohort, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    frozen = models.ForeignKey(FrozenMonth, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.programme_id} {self.first_day}"


class PeopleFact(Fact):
    """People of a service in a month, as :class:`performance.rules.facts.MonthFacts` explains them."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+", db_index=False)
    referrals = models.IntegerField()
    starts = models.IntegerField()
    starts_out_of_work = models.IntegerField()
    joined = models.IntegerField()
    left = models.IntegerField()
    left_working = models.IntegerField()
    contacted = models.IntegerField()
    contact_days = models.IntegerField()
    contacted_in_30 = models.IntegerField()
    followed_18 = models.IntegerField()
    working_18 = models.IntegerField()
    job_starters = models.IntegerField()
    job_starters_out_of_work = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "first_day", "service", "area", "cohort", "frozen"],
                nulls_distinct=False,
                name="performance_peoplefact_once",
            )
        ]


class OutcomeFact(Fact):
    """
    Outcomes of one type of a service in a month.

    ``verified`` and ``voided`` are by the month in which they are priced, ``happened`` are those that stand
    now by the day of the outcome. ``at_once`` are those of the ``decided`` that were neither queried nor
    rejected.
    """

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+", db_index=False)
    outcome_type = models.ForeignKey(OutcomeType, on_delete=models.PROTECT, related_name="+", db_index=False)
    verified = models.IntegerField()
    voided = models.IntegerField()
    happened = models.IntegerField()
    decided = models.IntegerField()
    at_once = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "first_day", "service", "area", "cohort", "outcome_type", "frozen"],
                nulls_distinct=False,
                name="performance_outcomefact_once",
            )
        ]


class AmountFact(Fact):
    """
    Net amounts of one funder's agreement for one outcome type in a month, in the programme's currency.

    ``charged_minor`` by the closed month that charged them, ``invoiced_minor`` by the month of the document;
    its sums are those of the documents. Fees and adjustments belong to no service, place or outcome.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="+", db_index=False)
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    outcome_type = models.ForeignKey(
        OutcomeType, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    charged_minor = models.BigIntegerField()
    invoiced_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    *("programme", "first_day", "agreement", "service", "area", "cohort"),
                    *("outcome_type", "frozen"),
                ],
                nulls_distinct=False,
                name="performance_amountfact_once",
            )
        ]
