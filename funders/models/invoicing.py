"""What invoices say about funders, and how agreements are ordered and taxed."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from funders.enums import VatCategory
from funders.models.agreements import Agreement
from funders.models.funders import Funder
from mhep.shared.fields import ExactDecimalField


class BuyerFacts(models.Model):
    """What invoices say about a funder beyond its code and name; empty means not set."""

    funder = models.OneToOneField(
        Funder, on_delete=models.CASCADE, primary_key=True, related_name="buyer_facts"
    )
    legal_name = models.TextField(blank=True)
    address = models.TextField(blank=True)
    country = models.CharField(max_length=2, blank=True)
    e_address_scheme = models.CharField(max_length=4, blank=True)
    e_address_id = models.TextField(blank=True)
    vat_number = models.CharField(max_length=20, blank=True)
    registration_number = models.TextField(blank=True)
    buyer_reference = models.TextField(blank=True)
    gln = models.CharField(max_length=13, blank=True)
    siret = models.CharField(max_length=14, blank=True)
    service_code = models.TextField(blank=True)
    engagement_number = models.TextField(blank=True)
    language = models.CharField(max_length=2, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(e_address_scheme="", e_address_id="")
                | (~Q(e_address_scheme="") & ~Q(e_address_id="")),
                name="funders_buyerfacts_e_address_is_whole",
            )
        ]

    def __str__(self) -> str:
        return self.legal_name


class Succession(models.Model):
    """From a day on, documents of the predecessor's agreements name the successor in its place."""

    successor = models.OneToOneField(
        Funder, on_delete=models.CASCADE, primary_key=True, related_name="succession"
    )
    predecessor = models.OneToOneField(Funder, on_delete=models.CASCADE, related_name="succeeded_by")
    starts_on = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(successor=F("predecessor")), name="funders_succession_not_of_itself"
            )
        ]

    def __str__(self) -> str:
        return f"from {self.starts_on}"


class PurchaseOrder(models.Model):
    """A purchase order: for documents issued in a period, worth a net amount. Null means no limit."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="purchase_orders")
    number = models.TextField()
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    amount_minor = models.BigIntegerField(null=True)
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "number"], name="funders_purchaseorder_number_once"),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True)
                | Q(ends_on__isnull=True)
                | Q(starts_on__lte=F("ends_on")),
                name="funders_purchaseorder_dates_in_order",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__isnull=True) | Q(amount_minor__gte=0),
                name="funders_purchaseorder_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class VatTreatment(models.Model):
    """
    How an agreement's lines are taxed from a day on.

    ``lines`` is an outcome's code, ``fees``, or empty for all that have no treatment of their own.
    ``rate`` is a standard treatment's own; null means the agreement's.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="vat_treatments")
    lines = models.CharField(max_length=40, blank=True)
    starts_on = models.DateField(null=True)
    category = models.CharField(max_length=20, choices=VatCategory)
    rate = ExactDecimalField(null=True)
    reason = models.TextField(blank=True)
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "lines", "starts_on"],
                nulls_distinct=False,
                name="funders_vattreatment_one_from_a_date",
            ),
            models.CheckConstraint(
                condition=Q(category=VatCategory.STANDARD) | Q(rate__isnull=True),
                name="funders_vattreatment_only_standard_has_a_rate",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lines or 'all'} {self.category}"
