"""What late payers may be charged: reference rates as they were published, and claims."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Sum, Value
from django.db.models.functions import Coalesce

from accounts.models import User
from funders.models import FunderMember
from mhep.shared.fields import ExactDecimalField
from payments.enums import LateClaimState, ReferenceSeries
from payments.models.documents import Document
from payments.models.ledger import Journal
from payments.rules.late_payment import HalfYear
from providers.models import Operator, OperatorMember

REFERENCE = "LPC"
LIVE = [LateClaimState.PROPOSED, LateClaimState.CHARGED, LateClaimState.WAIVED]
NUMBERED = [LateClaimState.CHARGED, LateClaimState.WITHDRAWN]


class ReferenceRateQuerySet(models.QuerySet["ReferenceRate"]):
    def visible_to(self, user: User) -> ReferenceRateQuerySet:
        """The operator's people see the rates that it entered."""
        return self.filter(operator__members__in=OperatorMember.objects.of(user))


class ReferenceRate(models.Model):
    """
    A published rate for a half-year, in per cent a year, as an operator entered it.

    Written once: a mistake is corrected by entering it anew, and the latest entry counts. ``first_day`` is
    the first day of the half-year. ``is_synthetic`` marks a rate that nobody published.
    """

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="reference_rates")
    series = models.CharField(max_length=3, choices=ReferenceSeries)
    first_day = models.DateField()
    percent = ExactDecimalField()
    source = models.TextField()
    is_synthetic = models.BooleanField(default=False)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    entered_at = models.DateTimeField()

    objects = ReferenceRateQuerySet.as_manager()

    class Meta:
        ordering = ["-first_day", "series", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(series__in=ReferenceSeries.values), name="payments_referencerate_series_is_known"
            ),
            models.CheckConstraint(
                condition=Q(first_day__month__in=[1, 7], first_day__day=1),
                name="payments_referencerate_of_a_half_year",
            ),
            models.CheckConstraint(
                condition=Q(percent__gte=-5, percent__lte=50), name="payments_referencerate_is_plausible"
            ),
            models.CheckConstraint(
                condition=~Q(source=""), name="payments_referencerate_says_where_it_is_from"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.series} {self.first_day}"

    @property
    def half_year(self) -> HalfYear:
        return HalfYear.of(self.first_day)


class LateClaimQuerySet(models.QuerySet["LateClaim"]):
    def visible_to(self, user: User) -> LateClaimQuerySet:
        """The operator's people see all; a funder's people what that funder was charged."""
        return self.filter(
            Q(document__operator__members__in=OperatorMember.objects.of(user))
            | Q(
                document__agreement__funder__members__in=FunderMember.objects.of(user),
                state__in=NUMBERED,
            )
        ).distinct()

    def live(self) -> LateClaimQuerySet:
        """Those whose days no other claim may count: proposed, charged or waived."""
        return self.filter(state__in=LIVE)


class LateClaim(models.Model):
    """
    Interest and the fixed sum for an invoice that was paid late, from ``since`` through ``through``.

    Proposed by one person and charged by another, who gives it its number and its entry in the ledger; or
    waived, which is for good and then has no ``through``. Minor units, no VAT: it is compensation, no
    supply. ``working`` is how it was worked out, frozen. No day of an invoice is counted by two live claims.
    """

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="late_claims")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="late_claims")
    number = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=10, choices=LateClaimState)
    since = models.DateField()
    through = models.DateField(null=True)
    currency = models.CharField(max_length=3)
    interest_minor = models.BigIntegerField()
    fixed_minor = models.BigIntegerField()
    working = models.JSONField()
    reason = models.TextField(blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True)
    charged_on = models.DateField(null=True)
    journal = models.OneToOneField(Journal, on_delete=models.PROTECT, null=True, related_name="late_claim")
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True)
    withdrawal_reason = models.TextField(blank=True)

    objects = LateClaimQuerySet.as_manager()

    class Meta:
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["operator", "number"], name="payments_lateclaim_number_once"),
            ExclusionConstraint(
                name="payments_lateclaim_no_day_twice",
                expressions=[
                    ("document", RangeOperators.EQUAL),
                    (
                        Func(F("since"), F("through"), Value("[]"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(state__in=LIVE),
            ),
            models.CheckConstraint(
                condition=Q(interest_minor__gte=0, fixed_minor__gte=0)
                & (Q(interest_minor__gt=0) | Q(fixed_minor__gt=0) | Q(state=LateClaimState.WAIVED)),
                name="payments_lateclaim_is_of_something",
            ),
            models.CheckConstraint(
                condition=Q(state=LateClaimState.WAIVED, through__isnull=True) & ~Q(reason="")
                | ~Q(state=LateClaimState.WAIVED) & Q(through__isnull=False, through__gte=F("since"))
                | Q(state=LateClaimState.WITHDRAWN, through__isnull=True, number__isnull=True),
                name="payments_lateclaim_waived_for_good_with_its_reason",
            ),
            models.CheckConstraint(
                condition=Q(
                    state=LateClaimState.CHARGED,
                    number__isnull=False,
                    journal__isnull=False,
                    charged_on__isnull=False,
                    decided_by__isnull=False,
                )
                | Q(state=LateClaimState.WITHDRAWN)
                | Q(
                    state__in=[LateClaimState.PROPOSED, LateClaimState.REFUSED, LateClaimState.WAIVED],
                    number__isnull=True,
                    journal__isnull=True,
                    charged_on__isnull=True,
                ),
                name="payments_lateclaim_charged_with_its_entry",
            ),
            models.CheckConstraint(
                condition=Q(state=LateClaimState.REFUSED)
                | Q(decided_by__isnull=True)
                | ~Q(decided_by=F("proposed_by")),
                name="payments_lateclaim_charged_by_another",
            ),
            models.CheckConstraint(
                condition=Q(
                    state=LateClaimState.WITHDRAWN, withdrawn_by__isnull=False, withdrawn_at__isnull=False
                )
                & ~Q(withdrawal_reason="")
                | ~Q(state=LateClaimState.WITHDRAWN)
                & Q(withdrawn_by__isnull=True, withdrawn_at__isnull=True, withdrawal_reason=""),
                name="payments_lateclaim_withdrawn_with_its_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def ref(self) -> str:
        """What it is called: its number once it was charged, else the invoice that it is about."""
        if self.number is None:
            return f"Late payment of {self.document.full_number}"
        return f"{REFERENCE}-{self.number:06d}"

    @property
    def total_minor(self) -> int:
        return self.interest_minor + self.fixed_minor

    @property
    def paid_minor(self) -> int:
        """What of it was paid, by one query."""
        paid = self.allocations.filter(reverses__isnull=True, reversal__isnull=True)
        return int(paid.aggregate(paid=Coalesce(Sum("amount_minor"), 0))["paid"])

    @property
    def open_minor(self) -> int:
        """What of a charged claim was not paid yet."""
        return self.total_minor - self.paid_minor
