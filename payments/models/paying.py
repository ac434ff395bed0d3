"""Money on its way to providers: their accounts, and payment batches that two people release."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from funders.models import Programme
from payments.models.documents import Document
from payments.models.ledger import Journal
from providers.models import OperatorMember, Provider

REFERENCE = "PAY"


class PayeeAccountQuerySet(models.QuerySet["PayeeAccount"]):
    def in_use(self) -> PayeeAccountQuerySet:
        """The accounts that a second person has approved and that none has taken the place of."""
        return self.filter(approved_at__isnull=False, ended_at__isnull=True)

    def waiting(self) -> PayeeAccountQuerySet:
        """The accounts that wait for a second person."""
        return self.filter(approved_at__isnull=True, ended_at__isnull=True)


class PayeeAccount(models.Model):
    """
    A bank account of a provider. It is paid into only once a second person has approved it.

    An IBAN (with a BIC where the bank wants one), or a sort code with an account number. Written once:
    another account is another row, and approving that ends this one.
    """

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="payee_accounts")
    holder = models.CharField(max_length=140)
    iban = models.CharField(max_length=34, blank=True)
    bic = models.CharField(max_length=11, blank=True)
    sort_code = models.CharField(max_length=6, blank=True)
    account_number = models.CharField(max_length=8, blank=True)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = PayeeAccountQuerySet.as_manager()

    class Meta:
        ordering = ["-entered_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(sort_code="", account_number="") & ~Q(iban="")
                | Q(iban="", bic="") & ~Q(sort_code="") & ~Q(account_number=""),
                name="payments_payeeaccount_one_kind_of_number",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False) & ~Q(approved_by=F("entered_by")),
                name="payments_payeeaccount_second_person",
            ),
            models.UniqueConstraint(
                fields=["provider"],
                condition=Q(approved_at__isnull=False, ended_at__isnull=True),
                name="payments_payeeaccount_one_in_use",
            ),
            models.UniqueConstraint(
                fields=["provider"],
                condition=Q(approved_at__isnull=True, ended_at__isnull=True),
                name="payments_payeeaccount_one_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider_id} {self.masked}"

    @property
    def masked(self) -> str:
        """The account's last four signs, which are enough to tell accounts apart."""
        return f"…{(self.iban or self.account_number)[-4:]}"


class PaymentBatchQuerySet(models.QuerySet["PaymentBatch"]):
    def visible_to(self, user: User) -> PaymentBatchQuerySet:
        """The operator's people, the auditors included."""
        return self.filter(programme__operator__members__in=OperatorMember.objects.of(user)).distinct()


class PaymentBatch(models.Model):
    """
    Payments to providers of one programme that go to the bank together.

    The payer is the operator as it stood then. One person prepares it and another releases it. Until then it
    can be discarded, which deletes it; once it is released it stays as it is, and so does the bank's file.
    """

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="payment_batches")
    number = models.PositiveIntegerField()
    pays_on = models.DateField()
    amount_minor = models.BigIntegerField()
    payer_name = models.CharField(max_length=300)
    payer_iban = models.CharField(max_length=34, blank=True)
    payer_bic = models.CharField(max_length=11, blank=True)
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField()
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    released_at = models.DateTimeField(null=True)

    objects = PaymentBatchQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "number"], name="payments_paymentbatch_number_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payments_paymentbatch_is_positive"),
            models.CheckConstraint(
                condition=Q(released_by__isnull=True, released_at__isnull=True)
                | Q(released_by__isnull=False, released_at__isnull=False) & ~Q(released_by=F("prepared_by")),
                name="payments_paymentbatch_second_person",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """The batch as people and the bank know it: ``WL-IPS-PAY-0001``."""
        return f"{self.programme.code}-{REFERENCE}-{self.number:04d}"


class PaymentOrder(models.Model):
    """
    One payment of a batch to one provider; ``amount_minor`` is what its documents come to.

    It gets its entry in the ledger when it is released. ``returned_on`` is the day on which the bank sent the
    money back: the documents can then be paid again.
    """

    batch = models.ForeignKey(PaymentBatch, on_delete=models.PROTECT, related_name="orders")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="payment_orders")
    account = models.ForeignKey(PayeeAccount, on_delete=models.PROTECT, related_name="orders")
    amount_minor = models.BigIntegerField()
    journal = models.OneToOneField(Journal, on_delete=models.PROTECT, null=True, related_name="payment_order")
    returned_on = models.DateField(null=True)
    return_reason = models.TextField(blank=True)
    returned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "provider"], name="payments_paymentorder_provider_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payments_paymentorder_is_positive"),
            models.CheckConstraint(
                condition=Q(returned_on__isnull=True, return_reason="", returned_by__isnull=True)
                | Q(returned_on__isnull=False, returned_by__isnull=False) & ~Q(return_reason=""),
                name="payments_paymentorder_return_with_its_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.provider_id}"

    @property
    def end_to_end_id(self) -> str:
        """What the bank carries from account to account and shows on the statement."""
        return f"{REFERENCE}-{self.pk:08d}"


class PaidDocument(models.Model):
    """
    A provider's document on a payment order, with its gross sum: negative for a credit note.

    ``is_returned`` follows the order's return, so that the document can stand on another order.
    """

    order = models.ForeignKey(PaymentOrder, on_delete=models.PROTECT, related_name="documents")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="paid_by")
    amount_minor = models.BigIntegerField()
    is_returned = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["document"], condition=Q(is_returned=False), name="payments_paiddocument_once"
            ),
            models.CheckConstraint(condition=~Q(amount_minor=0), name="payments_paiddocument_is_not_nothing"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.document_id}"
