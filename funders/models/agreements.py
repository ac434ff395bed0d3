"""What funders agreed to pay and what providers are paid: terms, caps, fees, and their versions."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from funders.enums import Billing, Clawback, Direction, DueOn, OverCap, PriceKind, Silence
from funders.models.funders import Funder, FunderMember
from funders.models.programme import OutcomeType, Programme
from mhep.shared.fields import ExactDecimalField
from providers.models import OperatorMember, Provider


class AgreementQuerySet(models.QuerySet["Agreement"]):
    def visible_to(self, user: User) -> AgreementQuerySet:
        """The operator's people see both sides; a funder's people what that funder agreed to pay."""
        return self.filter(
            Q(programme__operator__members__in=OperatorMember.objects.of(user))
            | Q(direction=Direction.RECEIVABLE, funder__members__in=FunderMember.objects.of(user))
        ).distinct()


class Agreement(models.Model):
    """
    An agreement with a funder (receivable) or a contract with a provider (payable).

    Dates are inclusive. Caps are minor units of the programme's currency; null means no cap. With
    ``approval_days`` a statement goes to the funder before its documents, else they are issued at the close.
    """

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="agreements")
    direction = models.CharField(max_length=10, choices=Direction)
    ref = models.CharField(max_length=40)
    funder = models.ForeignKey(Funder, on_delete=models.PROTECT, null=True, related_name="agreements")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, null=True, related_name="contracts")
    position = models.PositiveIntegerField()
    po_number = models.TextField(blank=True)
    billing = models.CharField(max_length=10, choices=Billing, default=Billing.MONTHLY)
    payment_days = models.PositiveIntegerField(default=30)
    vat_rate = ExactDecimalField(default=0)
    po_required = models.BooleanField(default=False)
    due_on = models.CharField(max_length=12, choices=DueOn, default=DueOn.ANY_DAY)
    starts_on = models.DateField()
    ends_on = models.DateField()
    cap_total_minor = models.BigIntegerField(null=True)
    cap_per_participant_minor = models.BigIntegerField(null=True)
    partial = models.BooleanField(default=True)
    over_cap = models.CharField(max_length=20, choices=OverCap, default=OverCap.LAPSE)
    approval_days = models.PositiveSmallIntegerField(null=True)
    approval_silence = models.CharField(max_length=10, choices=Silence, blank=True)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "direction", "ref"], name="funders_agreement_ref_once"
            ),
            models.CheckConstraint(
                condition=Q(direction=Direction.RECEIVABLE, funder__isnull=False, provider__isnull=True)
                | Q(direction=Direction.PAYABLE, funder__isnull=True, provider__isnull=False),
                name="funders_agreement_party_fits_direction",
            ),
            models.CheckConstraint(
                condition=Q(starts_on__lte=F("ends_on")), name="funders_agreement_dates_in_order"
            ),
            models.CheckConstraint(
                condition=Q(vat_rate__gte=0, vat_rate__lte=100), name="funders_agreement_vat_is_a_percentage"
            ),
            models.CheckConstraint(
                condition=(Q(cap_total_minor__isnull=True) | Q(cap_total_minor__gte=0))
                & (Q(cap_per_participant_minor__isnull=True) | Q(cap_per_participant_minor__gte=0)),
                name="funders_agreement_caps_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(approval_days__isnull=True, approval_silence="")
                | Q(
                    approval_days__gte=1,
                    approval_silence__in=["WAITS", "APPROVES"],
                    direction=Direction.RECEIVABLE,
                ),
                name="funders_agreement_approval_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def party_name(self) -> str:
        """The funder's or the provider's name."""
        party = self.funder or self.provider
        return party.name if party else ""


class AgreementVersion(models.Model):
    """
    The conditions of an agreement as they stood when something was priced by them.

    Append-only: ``definition`` is the agreement as the programme file writes it.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "number"], name="funders_agreementversion_number_once"
            )
        ]

    def __str__(self) -> str:
        return f"version {self.number}"


class YearCap(models.Model):
    """The most that an agreement pays in the financial year that begins in ``year``."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="year_caps")
    year = models.PositiveSmallIntegerField()
    amount_minor = models.BigIntegerField()

    class Meta:
        ordering = ["year"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "year"], name="funders_yearcap_once"),
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="funders_yearcap_not_negative"),
        ]

    def __str__(self) -> str:
        return str(self.year)


class FixedFee(models.Model):
    """A monthly fee through ``last_month``: an amount a month, or a total in instalments."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="fixed_fees")
    ref = models.CharField(max_length=40)
    description = models.TextField(blank=True)
    first_month = models.DateField()
    last_month = models.DateField()
    amount_minor = models.BigIntegerField(null=True)
    total_minor = models.BigIntegerField(null=True)
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "ref"], name="funders_fixedfee_ref_once"),
            models.CheckConstraint(
                condition=Q(amount_minor__isnull=False, total_minor__isnull=True)
                | Q(amount_minor__isnull=True, total_minor__isnull=False),
                name="funders_fixedfee_amount_or_total",
            ),
            models.CheckConstraint(
                condition=Q(first_month__lte=F("last_month")), name="funders_fixedfee_months_in_order"
            ),
        ]

    def __str__(self) -> str:
        return self.ref


class Term(models.Model):
    """One thing that an agreement pays for: which events, at which price. Empty lists mean all."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="terms")
    ref = models.CharField(max_length=40)
    outcome_type = models.ForeignKey(OutcomeType, on_delete=models.PROTECT, related_name="terms")
    position = models.PositiveIntegerField()
    price_kind = models.CharField(max_length=20, choices=PriceKind)
    fixed_minor = models.BigIntegerField(null=True)
    percent = ExactDecimalField(null=True)
    areas = ArrayField(models.CharField(max_length=40), default=list)
    services = ArrayField(models.CharField(max_length=40), default=list)
    cohorts = ArrayField(models.CharField(max_length=40), default=list)
    hours_min = ExactDecimalField(null=True)
    hours_below = ExactDecimalField(null=True)
    min_fidelity = models.PositiveSmallIntegerField(null=True)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    max_count = models.PositiveIntegerField(null=True)
    max_amount_minor = models.BigIntegerField(null=True)
    priority = models.IntegerField(default=100)
    clawback = models.CharField(max_length=20, choices=Clawback, default=Clawback.FIRST_PAID)
    clause = models.TextField(blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "ref"], name="funders_term_ref_once"),
            models.CheckConstraint(
                condition=Q(price_kind=PriceKind.FIXED, fixed_minor__isnull=False, percent__isnull=True)
                | Q(price_kind=PriceKind.PERCENT_OF_TARIFF, fixed_minor__isnull=True, percent__isnull=False)
                | Q(price_kind__in=["BANDS", "BALANCE"], fixed_minor__isnull=True, percent__isnull=True),
                name="funders_term_price_fits_its_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.ref


class Band(models.Model):
    """The price of the places up to ``up_to`` (null: every place beyond) in a term's own count."""

    term = models.ForeignKey(Term, on_delete=models.CASCADE, related_name="bands")
    up_to = models.PositiveIntegerField(null=True)
    amount_minor = models.BigIntegerField()
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["term", "position"], name="funders_band_position_once"),
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="funders_band_not_negative"),
        ]

    def __str__(self) -> str:
        return f"up to {self.up_to}"
