"""The double-entry ledger: journals and their postings, written once."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from funders.models import Funder, OutcomeType, Programme
from payments.enums import Account, JournalKind
from payments.models.documents import Document
from providers.models import Operator, OperatorMember, Provider


class JournalQuerySet(models.QuerySet["Journal"]):
    def visible_to(self, user: User) -> JournalQuerySet:
        """The operator's people see its ledger; nobody else does."""
        return self.filter(operator__members__in=OperatorMember.objects.of(user))


class Journal(models.Model):
    """
    One movement of an operator's ledger, in one currency.

    The database refuses it at commit unless its postings add up to zero and are as many as ``posting_count``;
    a posting can therefore never be added later. ``dated_on`` is the day on which it counts,
    ``recorded_at`` when it was written. ``note`` says in words what no other row says.
    """

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="journals")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, null=True, related_name="journals")
    kind = models.CharField(max_length=20, choices=JournalKind)
    dated_on = models.DateField()
    currency = models.CharField(max_length=3)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, null=True, related_name="journals")
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="reversal")
    posting_count = models.PositiveSmallIntegerField()
    note = models.TextField(blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = JournalQuerySet.as_manager()

    class Meta:
        ordering = ["dated_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["document"],
                condition=Q(kind=JournalKind.DOCUMENT),
                name="payments_journal_one_a_document",
            ),
            models.CheckConstraint(
                condition=~Q(kind=JournalKind.DOCUMENT) | Q(document__isnull=False, reverses__isnull=True),
                name="payments_journal_of_a_document_stays",
            ),
            models.CheckConstraint(condition=Q(posting_count__gte=2), name="payments_journal_has_two_sides"),
            models.CheckConstraint(
                condition=Q(kind__in=JournalKind.values), name="payments_journal_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True) | ~Q(reverses=F("id")),
                name="payments_journal_reverses_another",
            ),
        ]
        indexes = [models.Index(fields=["operator", "dated_on"], name="payments_journal_by_day")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Posting(models.Model):
    """An amount on an account: minor units of its journal's currency, a debit positive, a credit negative."""

    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="postings")
    account = models.CharField(max_length=20, choices=Account)
    amount_minor = models.BigIntegerField()
    funder = models.ForeignKey(Funder, on_delete=models.PROTECT, null=True, related_name="postings")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, null=True, related_name="postings")
    outcome_type = models.ForeignKey(
        OutcomeType, on_delete=models.PROTECT, null=True, related_name="postings"
    )
    document = models.ForeignKey(Document, on_delete=models.PROTECT, null=True, related_name="postings")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(amount_minor=0), name="payments_posting_is_not_zero"),
            models.CheckConstraint(
                condition=Q(account__in=Account.values), name="payments_posting_account_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(account__in=[Account.RECEIVABLES, Account.INCOME]) | Q(funder__isnull=False),
                name="payments_posting_income_has_its_funder",
            ),
            models.CheckConstraint(
                condition=~Q(account__in=[Account.PAYABLES, Account.PROVIDER_COSTS])
                | Q(provider__isnull=False),
                name="payments_posting_cost_has_its_provider",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount_minor}"

    @property
    def is_debit(self) -> bool:
        return self.amount_minor > 0

    @property
    def party_name(self) -> str:
        """The name of the funder or provider that the amount is about; empty if it is about none."""
        party = self.funder or self.provider
        return party.name if party else ""

    @property
    def size_minor(self) -> int:
        """The amount without its sign."""
        return abs(self.amount_minor)

    @property
    def slug(self) -> str:
        """The account as an address names it."""
        return Account(self.account).slug
