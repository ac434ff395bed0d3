"""What payments were taken for, and what of each document is still open."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from accounts.models import User
from funders.models import Funder
from payments.enums import Account, AllocationKind
from payments.models.bank import BankLine
from payments.models.documents import Document
from payments.models.late_payment import LateClaim
from payments.models.ledger import Journal
from providers.models import OperatorMember


class AllocationQuerySet(models.QuerySet["Allocation"]):
    def visible_to(self, user: User) -> AllocationQuerySet:
        """The operator's people see what its payments were taken for; nobody else does."""
        return self.filter(journal__operator__members__in=OperatorMember.objects.of(user))

    def live(self) -> AllocationQuerySet:
        """Those that were not undone."""
        return self.filter(reverses__isnull=True, reversal__isnull=True)


class Allocation(models.Model):
    """
    An amount of a line, or of a credit note, and what it was taken for. Written once; undone by a reversal.

    The database refuses more than is open of the line or of a document. Amounts are positive minor units of
    the journal's currency.
    """

    journal = models.OneToOneField(Journal, on_delete=models.PROTECT, related_name="allocation")
    kind = models.CharField(max_length=20, choices=AllocationKind)
    line = models.ForeignKey(BankLine, on_delete=models.PROTECT, null=True, related_name="allocations")
    credit = models.ForeignKey(Document, on_delete=models.PROTECT, null=True, related_name="set_offs")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, null=True, related_name="allocations")
    funder = models.ForeignKey(Funder, on_delete=models.PROTECT, null=True, related_name="on_account")
    account = models.CharField(max_length=20, choices=Account, blank=True)
    late_claim = models.ForeignKey(LateClaim, on_delete=models.PROTECT, null=True, related_name="allocations")
    amount_minor = models.BigIntegerField()
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="reversal")

    objects = AllocationQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payments_allocation_is_positive"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[AllocationKind.PAYMENT, AllocationKind.SHORTFALL],
                    line__isnull=False,
                    document__isnull=False,
                    credit__isnull=True,
                    funder__isnull=True,
                    account="",
                )
                | Q(
                    kind=AllocationKind.SET_OFF,
                    line__isnull=True,
                    document__isnull=False,
                    credit__isnull=False,
                    funder__isnull=True,
                    account="",
                )
                | Q(
                    kind=AllocationKind.ON_ACCOUNT,
                    line__isnull=False,
                    document__isnull=True,
                    credit__isnull=True,
                    funder__isnull=False,
                    account="",
                )
                | Q(
                    kind=AllocationKind.ACCOUNT,
                    line__isnull=False,
                    document__isnull=True,
                    credit__isnull=True,
                    funder__isnull=True,
                    account__in=[
                        Account.BANK_CHARGES,
                        Account.IN_TRANSIT,
                        Account.INVESTOR_FACILITY,
                        Account.INVESTOR_INTEREST,
                        Account.INVESTOR_CAPITAL,
                        Account.LATE_CLAIMS,
                    ],
                ),
                name="payments_allocation_fits_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(account=Account.LATE_CLAIMS, late_claim__isnull=False)
                | ~Q(account=Account.LATE_CLAIMS) & Q(late_claim__isnull=True),
                name="payments_allocation_names_its_claim",
            ),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True) | ~Q(reverses=F("id")),
                name="payments_allocation_reverses_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_minor}"

    @property
    def taken_for(self) -> str:
        """What the amount was taken for, in words: a document's or claim's number, a funder, an account."""
        if self.document is not None:
            return self.document.full_number
        if self.late_claim is not None:
            return self.late_claim.ref
        return self.funder.name if self.funder is not None else Account(self.account).label


class DocumentBalance(models.Model):
    """What of a document is not settled, never below zero; only the database's triggers write it."""

    document = models.OneToOneField(
        Document, on_delete=models.PROTECT, primary_key=True, related_name="balance"
    )
    open_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(open_minor__gte=0), name="payments_documentbalance_not_negative"
            )
        ]
        indexes = [
            models.Index(
                fields=["document"], condition=Q(open_minor__gt=0), name="payments_documentbalance_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.document_id} {self.open_minor}"

    @property
    def state(self) -> str:
        """How far the document is settled: ``OPEN``, ``PART_PAID`` or ``PAID``."""
        if self.open_minor == 0:
            return "PAID"
        return "OPEN" if self.open_minor == self.document.gross_minor else "PART_PAID"
