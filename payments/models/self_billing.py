"""Self-billing: what was agreed with providers, and the invoices that the operator issued in their place."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from accounts.models import User
from payments.models.documents import Document
from payments.rules.self_billing import Agreed
from providers.models import Operator, OperatorMember, Provider


class SelfBillingAgreementQuerySet(models.QuerySet["SelfBillingAgreement"]):
    def visible_to(self, user: User) -> SelfBillingAgreementQuerySet:
        """The operator's people see what it agreed with its providers."""
        return self.filter(provider__operator__members__in=OperatorMember.objects.of(user))


class SelfBillingAgreement(models.Model):
    """
    A provider's written consent to be billed by the operator, from a day through a day.

    Written once; only ended early. Another name, address or VAT number is another agreement. An empty VAT
    number means that the provider is not registered. ``kept_at`` says where the signed paper is.
    """

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="self_billing_agreements")
    starts_on = models.DateField()
    ends_on = models.DateField()
    legal_name = models.CharField(max_length=300)
    address = models.TextField()
    vat_number = models.CharField(max_length=20, blank=True)
    kept_at = models.TextField()
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    end_reason = models.TextField(blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)

    objects = SelfBillingAgreementQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "-pk"]
        constraints = [
            ExclusionConstraint(
                name="payments_selfbillingagreement_one_at_a_time",
                expressions=[
                    ("provider", RangeOperators.EQUAL),
                    (
                        Func(F("starts_on"), F("ends_on"), Value("[]"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="payments_selfbillingagreement_days_in_order",
            ),
            models.CheckConstraint(
                condition=~Q(legal_name="") & ~Q(address="") & ~Q(kept_at=""),
                name="payments_selfbillingagreement_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(ended_by__isnull=True, ended_at__isnull=True, end_reason="")
                | Q(ended_by__isnull=False, ended_at__isnull=False) & ~Q(end_reason=""),
                name="payments_selfbillingagreement_ended_with_its_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider_id} {self.starts_on}"

    def agreed(self) -> Agreed:
        """Return it as the rules know it."""
        return Agreed(self.starts_on, self.ends_on, self.vat_number)


class SelfBilledInvoiceQuerySet(models.QuerySet["SelfBilledInvoice"]):
    def visible_to(self, user: User) -> SelfBilledInvoiceQuerySet:
        """The operator's people see what it issued in its providers' place."""
        return self.filter(operator__members__in=OperatorMember.objects.of(user))


class SelfBilledInvoice(models.Model):
    """
    A remittance statement (or its credit note) as the provider's invoice, under numbers of its own.

    ``header`` is what was printed about both sides and the wording, as it stood at issue. Never changes.
    """

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="self_billed")
    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="self_billed")
    agreement = models.ForeignKey(SelfBillingAgreement, on_delete=models.PROTECT, related_name="invoices")
    is_credit = models.BooleanField()
    number = models.PositiveIntegerField()
    header = models.JSONField()
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()

    objects = SelfBilledInvoiceQuerySet.as_manager()

    class Meta:
        ordering = ["-issued_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "is_credit", "number"], name="payments_selfbilledinvoice_number_once"
            )
        ]

    def __str__(self) -> str:
        return self.full_number

    @property
    def full_number(self) -> str:
        """The number as printed: ``SBI-000001``, a credit note ``SBC-000001``."""
        return f"{'SBC' if self.is_credit else 'SBI'}-{self.number:06d}"
