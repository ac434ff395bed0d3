"""The ledger on its way into the operator's own accounts: their codes, and what was exported when."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import User
from funders.models import Funder, OutcomeType
from payments.enums import Account, CodeFor, ExportFormat
from payments.models.ledger import Journal
from providers.models import Operator, OperatorMember, Provider

REFERENCE = "EXP"


class BookingCodeQuerySet(models.QuerySet["BookingCode"]):
    def visible_to(self, user: User) -> BookingCodeQuerySet:
        """The operator's people see its codes; nobody else does."""
        return self.filter(operator__members__in=OperatorMember.objects.of(user))

    def in_force(self) -> BookingCodeQuerySet:
        """The codes that were not withdrawn, whatever their days."""
        return self.filter(withdrawn_at__isnull=True)


class BookingCode(models.Model):
    """
    What the operator's own accounts call one thing from a day on, until the next code of the same thing
    begins.

    ``kind`` says what it names: a ledger account, a way of taxing (``vat``), a funder as a customer or a
    provider as a supplier. A code of a ledger account or of VAT may be narrowed down to a funder or
    provider and to an outcome type. Written once; one that was wrong is withdrawn, and stays.
    """

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="booking_codes")
    kind = models.CharField(max_length=8, choices=CodeFor)
    account = models.CharField(max_length=20, choices=Account, blank=True)
    vat = models.CharField(max_length=40, blank=True)
    funder = models.ForeignKey(Funder, on_delete=models.PROTECT, null=True, related_name="booking_codes")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, null=True, related_name="booking_codes")
    outcome_type = models.ForeignKey(
        OutcomeType, on_delete=models.PROTECT, null=True, related_name="booking_codes"
    )
    code = models.CharField(max_length=60)
    department = models.CharField(max_length=20, blank=True)
    starts_on = models.DateField()
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    entered_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True)

    objects = BookingCodeQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "account", "vat", "starts_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=[
                    *("operator", "kind", "account", "vat", "funder", "provider", "outcome_type"),
                    "starts_on",
                ],
                condition=Q(withdrawn_at__isnull=True),
                nulls_distinct=False,
                name="payments_bookingcode_one_from_a_day",
            ),
            models.CheckConstraint(
                condition=Q(kind=CodeFor.ACCOUNT, account__in=Account.values, vat="")
                | Q(kind=CodeFor.VAT, account="") & ~Q(vat="")
                | Q(kind=CodeFor.FUNDER, account="", vat="", funder__isnull=False, outcome_type__isnull=True)
                | Q(kind=CodeFor.PROVIDER, account="", vat="", provider__isnull=False)
                & Q(outcome_type__isnull=True),
                name="payments_bookingcode_names_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(funder__isnull=True) | Q(provider__isnull=True),
                name="payments_bookingcode_one_party",
            ),
            models.CheckConstraint(condition=~Q(code=""), name="payments_bookingcode_is_not_empty"),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=False) | Q(withdrawn_by__isnull=True),
                name="payments_bookingcode_withdrawn_by_and_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.account}{self.vat} {self.code}"


class ExportBatchQuerySet(models.QuerySet["ExportBatch"]):
    def visible_to(self, user: User) -> ExportBatchQuerySet:
        """The operator's people see its exports; nobody else does."""
        return self.filter(operator__members__in=OperatorMember.objects.of(user))


class ExportBatch(models.Model):
    """
    One export of an operator's ledger for its accounts: movements of one currency dated on days of a period.

    ``amount_minor`` is what the debits of its movements come to, and their credits. ``warnings`` are what
    whoever imports has to know. Written once with all its movements and files, which the database counts.
    """

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="exports")
    number = models.PositiveIntegerField()
    format = models.CharField(max_length=8, choices=ExportFormat)
    currency = models.CharField(max_length=3)
    first_day = models.DateField()
    last_day = models.DateField()
    journal_count = models.PositiveIntegerField()
    file_count = models.PositiveSmallIntegerField()
    amount_minor = models.BigIntegerField()
    warnings = ArrayField(models.TextField(), default=list)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    made_at = models.DateTimeField()

    objects = ExportBatchQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["operator", "number"], name="payments_exportbatch_number_once"),
            models.CheckConstraint(
                condition=Q(format__in=ExportFormat.values), name="payments_exportbatch_format_is_known"
            ),
            models.CheckConstraint(
                condition=Q(last_day__gte=models.F("first_day")), name="payments_exportbatch_days_in_order"
            ),
            models.CheckConstraint(
                condition=Q(journal_count__gt=0, file_count__gt=0, amount_minor__gt=0),
                name="payments_exportbatch_is_of_something",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """The export as people name it: ``EXP-0001``."""
        return f"{REFERENCE}-{self.number:04d}"


class ExportedJournal(models.Model):
    """
    A movement in an export. ``turn`` is 1, and one more for each export of the format with it that was
    undone.

    A format, a movement and a turn go together once, so that nothing is booked twice however many export at
    once.
    """

    batch = models.ForeignKey(ExportBatch, on_delete=models.PROTECT, related_name="journals")
    format = models.CharField(max_length=8, choices=ExportFormat)
    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="exported")
    turn = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["format", "journal", "turn"], name="payments_exportedjournal_once"
            ),
            models.CheckConstraint(condition=Q(turn__gte=1), name="payments_exportedjournal_turn_counts"),
        ]

    def __str__(self) -> str:
        return f"{self.format} {self.journal_id}"


class ExportFile(models.Model):
    """A file of an export, kept byte for byte."""

    batch = models.ForeignKey(ExportBatch, on_delete=models.PROTECT, related_name="files")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=60)
    row_count = models.PositiveIntegerField()
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "position"], name="payments_exportfile_position_once")
        ]

    def __str__(self) -> str:
        return self.name


class ExportUndo(models.Model):
    """That an export was not imported, and why: its movements can be exported again."""

    batch = models.OneToOneField(ExportBatch, on_delete=models.PROTECT, primary_key=True, related_name="undo")
    reason = models.TextField()
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    undone_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="payments_exportundo_has_a_reason")
        ]

    def __str__(self) -> str:
        return str(self.batch_id)
