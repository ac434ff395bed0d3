"""The operator's bank accounts, and the statements and lines that were imported, which are written once."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import User
from payments.enums import BankFileFormat
from payments.models.ledger import Journal
from providers.models import Operator, OperatorMember


class BankAccountQuerySet(models.QuerySet["BankAccount"]):
    def visible_to(self, user: User) -> BankAccountQuerySet:
        """The operator's people see its accounts; nobody else does."""
        return self.filter(operator__members__in=OperatorMember.objects.of(user))


class BankAccount(models.Model):
    """An account of an operator: ``number`` in capitals and digits only. The mapping is of its CSV files."""

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="bank_accounts")
    name = models.CharField(max_length=100)
    number = models.CharField(max_length=40)
    currency = models.CharField(max_length=3)
    csv_mapping = models.JSONField(null=True)

    objects = BankAccountQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["operator", "number"], name="payments_bankaccount_once"),
            models.CheckConstraint(
                condition=Q(number__regex=r"^[A-Z0-9]{6,40}$"), name="payments_bankaccount_number_is_bare"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class BankStatement(models.Model):
    """
    One import of a file for an account: what it said, and how many of its lines were new.

    Balances are minor units, a credit balance positive; null where the format has none.
    """

    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="statements")
    format = models.CharField(max_length=10, choices=BankFileFormat)
    number = models.CharField(max_length=60, blank=True)
    first_day = models.DateField()
    last_day = models.DateField()
    opening_minor = models.BigIntegerField(null=True)
    closing_minor = models.BigIntegerField(null=True)
    line_count = models.PositiveIntegerField()
    new_count = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    imported_at = models.DateTimeField()
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-last_day", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(new_count__lte=models.F("line_count"), first_day__lte=models.F("last_day")),
                name="payments_bankstatement_in_order",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.first_day} to {self.last_day}"


class BankLineQuerySet(models.QuerySet["BankLine"]):
    def visible_to(self, user: User) -> BankLineQuerySet:
        """The operator's people see its lines; nobody else does."""
        return self.filter(account__operator__members__in=OperatorMember.objects.of(user))


class BankLine(models.Model):
    """
    A booked movement of an account: minor units, what came in positive, what went out negative.

    ``key`` is the same whenever the movement comes again. Its journal puts it on the bank account of the
    ledger and into unallocated cash.
    """

    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="lines")
    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="lines")
    booked_on = models.DateField()
    amount_minor = models.BigIntegerField()
    text = models.TextField(blank=True)
    payer = models.TextField(blank=True)
    reference = models.TextField(blank=True)
    key = models.CharField(max_length=64)
    journal = models.OneToOneField(Journal, on_delete=models.PROTECT, related_name="bank_line")

    objects = BankLineQuerySet.as_manager()

    class Meta:
        ordering = ["-booked_on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="payments_bankline_once"),
            models.CheckConstraint(condition=~Q(amount_minor=0), name="payments_bankline_is_not_zero"),
        ]
        indexes = [models.Index(fields=["account", "booked_on"], name="payments_bankline_by_day")]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.amount_minor}"

    @property
    def words(self) -> str:
        """All that the bank says about the movement, as one text."""
        return " ".join(filter(None, (self.reference, self.payer, self.text)))

    @property
    def size_minor(self) -> int:
        """The amount without its sign."""
        return abs(self.amount_minor)


class LineBalance(models.Model):
    """What of a line is not allocated, never below zero; only the database's triggers write it."""

    line = models.OneToOneField(BankLine, on_delete=models.PROTECT, primary_key=True, related_name="balance")
    open_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(open_minor__gte=0), name="payments_linebalance_not_negative")
        ]
        indexes = [
            models.Index(fields=["line"], condition=Q(open_minor__gt=0), name="payments_linebalance_open")
        ]

    def __str__(self) -> str:
        return f"{self.line_id} {self.open_minor}"
