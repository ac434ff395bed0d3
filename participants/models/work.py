"""When a person worked or learned. No employer and no pay: those are in :mod:`participants.models.people`."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from mhep.shared.cells import MAX_HOURS
from mhep.shared.fields import ExactDecimalField
from participants.enums import WorkKind
from participants.models.participants import Participant
from participants.rules.work import WorkRecord


class WorkPeriodQuerySet(models.QuerySet["WorkPeriod"]):
    def records(self) -> Iterator[tuple[int, WorkRecord]]:
        """Yield each period as the rules know it, with its participant's key, in no order."""
        columns = self.order_by().values_list(
            "participant_id",
            "participant__reference",
            "job",
            "kind",
            "starts_on",
            "ends_on",
            "hours_per_week",
        )
        for key, reference, job, kind, starts_on, ends_on, hours in columns.iterator(chunk_size=10_000):
            yield key, WorkRecord(reference, job, kind.lower(), starts_on, ends_on, hours)


class WorkPeriod(models.Model):
    """
    A period of one job, or course, at constant hours a week (spec: sustainment).

    ``job`` names the job within the participant. Both days are included; without ``ends_on``
    the job goes on.
    """

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="work_periods")
    job = models.TextField()
    kind = models.CharField(max_length=10, choices=WorkKind)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    hours_per_week = ExactDecimalField(null=True)

    objects = WorkPeriodQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(job=""), name="participants_workperiod_job_named"),
            models.CheckConstraint(
                condition=Q(kind__in=WorkKind.values), name="participants_workperiod_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="participants_workperiod_dates_in_order",
            ),
            models.CheckConstraint(
                condition=Q(hours_per_week__isnull=True)
                | Q(hours_per_week__gte=0, hours_per_week__lte=MAX_HOURS),
                name="participants_workperiod_hours_of_a_week",
            ),
            ExclusionConstraint(
                name="participants_workperiod_no_day_twice",
                expressions=[
                    ("participant", RangeOperators.EQUAL),
                    ("job", RangeOperators.EQUAL),
                    (
                        Func("starts_on", "ends_on", Value("[]"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
            ExclusionConstraint(
                name="participants_workperiod_one_kind_for_a_job",
                expressions=[
                    ("participant", RangeOperators.EQUAL),
                    ("job", RangeOperators.EQUAL),
                    ("kind", RangeOperators.NOT_EQUAL),
                ],
            ),
        ]

    def __str__(self) -> str:
        return self.job
