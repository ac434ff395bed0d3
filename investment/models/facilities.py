"""What an investor lends for a programme, and the money that went either way."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from funders.models import Programme
from investment.enums import InvestorMovementKind, Step
from investment.rules import projection, waterfall
from investment.rules.facility import Movement, MovementKind
from mhep.shared.fields import ExactDecimalField
from payments.models import Journal
from providers.models import Investor, InvestorMember, OperatorMember


class FacilityQuerySet(models.QuerySet["Facility"]):
    def visible_to(self, user: User) -> FacilityQuerySet:
        """The operator's people see those of its programmes, an investor's people those of the investor."""
        return self.filter(
            Q(programme__operator__members__in=OperatorMember.objects.of(user))
            | Q(investor__members__in=InvestorMember.objects.of(user))
        ).distinct()


class Facility(models.Model):
    """
    What an investor has agreed to lend for one programme, and the waterfall that pays it back.

    ``rate`` is per cent a year, simple, by actual days over 365. ``reserve_minor`` is cash that stays in hand
    before anything is paid back, ``residual_percent`` the investor's share of what is left when everybody has
    been paid. Agreed once: its terms never change.
    """

    ref = models.CharField(max_length=40, unique=True)
    programme = models.OneToOneField(Programme, on_delete=models.PROTECT, related_name="facility")
    investor = models.ForeignKey(Investor, on_delete=models.PROTECT, related_name="facilities")
    limit_minor = models.BigIntegerField()
    rate = ExactDecimalField()
    reserve_minor = models.BigIntegerField(default=0)
    residual_percent = ExactDecimalField(default=0)
    order = ArrayField(models.CharField(max_length=10, choices=Step))
    starts_on = models.DateField()
    ends_on = models.DateField()
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField()

    objects = FacilityQuerySet.as_manager()

    class Meta:
        ordering = ["ref"]
        constraints = [
            models.CheckConstraint(
                condition=Q(limit_minor__gt=0, reserve_minor__gte=0), name="investment_facility_amounts"
            ),
            models.CheckConstraint(
                condition=Q(rate__gte=0, rate__lte=100, residual_percent__gte=0, residual_percent__lte=100),
                name="investment_facility_percentages",
            ),
            models.CheckConstraint(
                condition=Q(starts_on__lte=F("ends_on")), name="investment_facility_dates_in_order"
            ),
            models.CheckConstraint(
                condition=Q(order__len=4, order__contains=Step.values),
                name="investment_facility_order_names_every_step",
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def order_labels(self) -> list[str]:
        """The steps of the waterfall in their order, as people read them."""
        return [Step(step).label for step in self.order]

    @property
    def order_words(self) -> list[str]:
        """The steps of the waterfall in their order, a word for each."""
        return [step.capitalize() for step in self.order]

    @property
    def terms(self) -> projection.Facility:
        """What the rules need to know of it."""
        order = tuple(waterfall.Tier[step] for step in self.order)
        return projection.Facility(Decimal(self.rate), order, self.reserve_minor)


class Distribution(models.Model):
    """
    One run of the waterfall: what was available, what each step was owed and got, in minor units.

    ``residual_minor`` is what was left below the steps, ``residual_paid_minor`` what the investor got of it.

    One person proposes it and another releases it, which pays the investor. Until then it can be discarded.
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="distributions")
    on = models.DateField()
    available_minor = models.BigIntegerField()
    residual_minor = models.BigIntegerField()
    residual_paid_minor = models.BigIntegerField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    released_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["facility"],
                condition=Q(released_at__isnull=True),
                name="investment_distribution_one_open",
            ),
            models.CheckConstraint(
                condition=Q(
                    available_minor__gte=0,
                    residual_paid_minor__gte=0,
                    residual_paid_minor__lte=F("residual_minor"),
                ),
                name="investment_distribution_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(released_by__isnull=True, released_at__isnull=True)
                | Q(released_by__isnull=False, released_at__isnull=False) & ~Q(released_by=F("proposed_by")),
                name="investment_distribution_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.on}"


class DistributionStep(models.Model):
    """What one step of a distribution was owed and got."""

    distribution = models.ForeignKey(Distribution, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    step = models.CharField(max_length=10, choices=Step)
    owed_minor = models.BigIntegerField()
    paid_minor = models.BigIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["distribution", "step"], name="investment_step_once"),
            models.CheckConstraint(
                condition=Q(paid_minor__gte=0, paid_minor__lte=F("owed_minor")),
                name="investment_step_pays_what_is_owed_at_most",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.distribution_id} {self.step}"

    @property
    def left_minor(self) -> int:
        """What stays owed."""
        return self.owed_minor - self.paid_minor


class InvestorMovement(models.Model):
    """
    Money that went between investor and operator on a day, with its journal; written once.

    ``amount_minor`` is positive; only a drawdown comes from the investor.
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=10, choices=InvestorMovementKind)
    on = models.DateField()
    amount_minor = models.BigIntegerField()
    distribution = models.ForeignKey(
        Distribution, on_delete=models.PROTECT, null=True, related_name="movements"
    )
    journal = models.OneToOneField(Journal, on_delete=models.PROTECT, related_name="investor_movement")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["on", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="investment_movement_is_positive"),
            models.CheckConstraint(
                condition=Q(kind=InvestorMovementKind.DRAWDOWN, distribution__isnull=True)
                | ~Q(kind=InvestorMovementKind.DRAWDOWN) & Q(distribution__isnull=False),
                name="investment_movement_is_paid_by_a_distribution",
            ),
            models.UniqueConstraint(
                fields=["distribution", "kind"], name="investment_movement_once_a_distribution"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.kind} {self.on}"

    @property
    def as_rule(self) -> Movement:
        """The movement as the rules know it."""
        return Movement(self.on, MovementKind[self.kind], self.amount_minor)
