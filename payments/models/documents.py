"""Issued documents. A row exists only once issued; the database refuses any change afterwards."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from funders.enums import Direction
from funders.models import Agreement, FunderMember
from mhep.shared.fields import ExactDecimalField
from payments.enums import DocumentKind
from payments.models.charges import Charge, Month
from providers.models import Operator, OperatorMember

PREFIXES = {DocumentKind.INVOICE: "INV", DocumentKind.CREDIT_NOTE: "CRN", DocumentKind.REMITTANCE: "REM"}


class DocumentQuerySet(models.QuerySet["Document"]):
    def visible_to(self, user: User) -> DocumentQuerySet:
        """The operator's people see both sides; a funder's people the documents of that funder."""
        return self.filter(
            Q(operator__members__in=OperatorMember.objects.of(user))
            | Q(
                agreement__direction=Direction.RECEIVABLE,
                agreement__funder__members__in=FunderMember.objects.of(user),
            )
        ).distinct()


class Document(models.Model):
    """
    An issued invoice, credit note or remittance statement; amounts are positive minor units.

    ``header`` is what was printed about supplier, buyer and agreement, as it stood at issue.
    """

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=12, choices=DocumentKind)
    number = models.PositiveIntegerField()
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="documents")
    month = models.ForeignKey(Month, on_delete=models.PROTECT, related_name="documents")
    issued_on = models.DateField()
    due_on = models.DateField()
    currency = models.CharField(max_length=3)
    net_minor = models.BigIntegerField()
    vat_rate = ExactDecimalField()
    vat_minor = models.BigIntegerField()
    gross_minor = models.BigIntegerField()
    line_count = models.PositiveIntegerField()
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    header = models.JSONField()

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "kind", "number"], name="payments_document_number_once"
            ),
            models.UniqueConstraint(
                fields=["agreement", "month", "kind"], name="payments_document_one_a_month"
            ),
            models.CheckConstraint(
                condition=Q(net_minor__gt=0, vat_minor__gte=0), name="payments_document_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(gross_minor=F("net_minor") + F("vat_minor")), name="payments_document_adds_up"
            ),
            models.CheckConstraint(
                condition=Q(due_on__gte=F("issued_on")), name="payments_document_due_after_issue"
            ),
        ]

    def __str__(self) -> str:
        return self.full_number

    @property
    def full_number(self) -> str:
        """The number as printed: ``INV-000001``."""
        return f"{PREFIXES[DocumentKind(self.kind)]}-{self.number:06d}"


class DocumentCounter(models.Model):
    """The last number given for an operator and kind; moved in the transaction that issues."""

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=DocumentKind)
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operator", "kind"], name="payments_documentcounter_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.last_number}"


class DocumentLine(models.Model):
    """A charge, fee or credit on a document; a credit names the document that it corrects."""

    document = models.ForeignKey(
        Document, on_delete=models.PROTECT, related_name="lines", db_constraint=False
    )
    charge = models.OneToOneField(Charge, on_delete=models.PROTECT, related_name="line", db_constraint=False)
    corrects = models.ForeignKey(
        Document,
        on_delete=models.PROTECT,
        null=True,
        related_name="corrections",
        db_constraint=False,
        db_index=False,
    )

    def __str__(self) -> str:
        return f"{self.document_id} {self.charge_id}"


class Unbilled(models.Model):
    """A charge of a closed month that waits for its agreement's next document."""

    charge = models.OneToOneField(
        Charge, on_delete=models.PROTECT, primary_key=True, related_name="unbilled", db_constraint=False
    )
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="unbilled")

    def __str__(self) -> str:
        return f"{self.charge_id}"


class DocumentFile(models.Model):
    """The PDF of a document, typeset once and kept byte for byte."""

    document = models.OneToOneField(Document, on_delete=models.PROTECT, primary_key=True, related_name="pdf")
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.sha256
