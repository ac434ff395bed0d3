"""Paying providers: their accounts, and batches that one person prepares and another releases."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from audit.services import record
from funders.models import Programme
from mhep.kernel.problems import BusinessRuleError
from payments.enums import Account, JournalKind
from payments.models import DocumentBalance, PaidDocument, PayeeAccount, PaymentBatch, PaymentOrder
from payments.rules import credit_transfer
from payments.rules.accounts import read_account
from payments.rules.ledger import Entry
from payments.selectors.paying import accounts_in_use, proposal_for
from payments.services.ledger import NewJournal, post, reverse
from providers.models import Provider


class WrongAccount(BusinessRuleError):
    """The account cannot be right; ``problems`` says why by field."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems


class CannotApprove(BusinessRuleError):
    pass


class CannotPrepare(BusinessRuleError):
    pass


class CannotRelease(BusinessRuleError):
    pass


class CannotReturn(BusinessRuleError):
    pass


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which providers to pay, by key, and on which day."""

    providers: Collection[int]
    pays_on: date


@transaction.atomic
def enter_account(
    *, provider_id: int, account: credit_transfer.Account, actor: User, at: datetime
) -> PayeeAccount:
    """
    Enter an account of a provider. A second person approves it before anything is paid into it.

    One that still waited ends: the last one entered is meant.

    :raises WrongAccount: if its number cannot be right.
    """
    account, problems = read_account(account)
    if problems:
        raise WrongAccount(problems)
    provider = Provider.objects.select_for_update().get(pk=provider_id)
    provider.payee_accounts.waiting().update(ended_at=at)
    entered = PayeeAccount.objects.create(
        provider=provider,
        holder=account.holder,
        iban=account.iban,
        bic=account.bic,
        sort_code=account.sort_code,
        account_number=account.number,
        entered_by=actor,
        entered_at=at,
    )
    _record_account(actor, "entered", entered, at)
    return entered


@transaction.atomic
def approve_account(*, account_id: int, actor: User, at: datetime) -> PayeeAccount:
    """
    Approve an account that somebody else entered; the one in use until now ends.

    :raises CannotApprove: if it does not wait any more, or ``actor`` entered it.
    """
    account = _waiting_account(account_id)
    if account.entered_by_id == actor.pk:
        raise CannotApprove("You entered this account. Another person compares it and approves it.")
    account.provider.payee_accounts.in_use().update(ended_at=at)
    account.approved_by, account.approved_at = actor, at
    account.save(update_fields=["approved_by", "approved_at"])
    _record_account(actor, "approved", account, at)
    return account


@transaction.atomic
def refuse_account(*, account_id: int, actor: User, at: datetime) -> PayeeAccount:
    """
    End an account that waits for approval, because it is wrong.

    :raises CannotApprove: if it does not wait any more.
    """
    account = _waiting_account(account_id)
    account.ended_at = at
    account.save(update_fields=["ended_at"])
    _record_account(actor, "refused", account, at)
    return account


@transaction.atomic
def prepare_batch(*, programme_id: int, wanted: Wanted, actor: User, at: datetime) -> PaymentBatch:
    """
    Prepare a batch of everything that is open for the wanted providers of a programme.

    :raises CannotPrepare: if nothing is open for them, or one has no approved account.
    """
    programme = Programme.objects.select_for_update(no_key=True).get(pk=programme_id)
    orders = [each for each in proposal_for(programme).orders if each.provider in wanted.providers]
    if not orders:
        raise CannotPrepare("Nothing is open for these providers. Somebody may have prepared it already.")
    accounts = accounts_in_use(each.provider for each in orders)
    without = [each.provider for each in orders if each.provider not in accounts]
    if without:
        names = ", ".join(Provider.objects.filter(pk__in=without).values_list("name", flat=True))
        raise CannotPrepare(f"There is no approved account of {names}. Enter one and have it approved.")
    operator = programme.operator
    last = programme.payment_batches.values_list("number", flat=True).first() or 0
    batch = PaymentBatch.objects.create(
        programme=programme,
        number=last + 1,
        pays_on=wanted.pays_on,
        amount_minor=sum(each.amount for each in orders),
        payer_name=operator.legal_name or operator.name,
        payer_iban=operator.iban,
        payer_bic=operator.bic,
        prepared_by=actor,
        prepared_at=at,
    )
    for each in orders:
        order = PaymentOrder.objects.create(
            batch=batch,
            provider_id=each.provider,
            account_id=accounts[each.provider],
            amount_minor=each.amount,
        )
        PaidDocument.objects.bulk_create(
            PaidDocument(order=order, document_id=payable.document, amount_minor=payable.amount)
            for payable in each.documents
        )
    _record_batch(actor, "prepared", batch, at)
    return batch


@transaction.atomic
def discard_batch(*, batch_id: int, actor: User, at: datetime) -> None:
    """
    Discard a batch that was not released; its documents are open again.

    :raises CannotRelease: if it was released.
    """
    batch = _open_batch(batch_id)
    _record_batch(actor, "discarded", batch, at)
    PaidDocument.objects.filter(order__batch=batch).delete()
    batch.orders.all().delete()
    batch.delete()


@transaction.atomic
def release_batch(*, batch_id: int, actor: User, at: datetime) -> PaymentBatch:
    """
    Release a batch that somebody else prepared: from now on it can be sent to the bank, and it never changes.

    :raises CannotRelease: if it was released or discarded, ``actor`` prepared it, an account that it pays
        into is not in use any more, or one of its documents was settled otherwise meanwhile.
    """
    batch = _open_batch(batch_id)
    if batch.prepared_by_id == actor.pk:
        raise CannotRelease("You prepared this batch. Another person looks at it and releases it.")
    changed = batch.orders.filter(account__ended_at__isnull=False).select_related("provider")
    if changed:
        names = ", ".join(order.provider.name for order in changed)
        raise CannotRelease(f"The account of {names} has changed. Discard the batch and prepare it anew.")
    _refuse_settled(batch)
    for order in batch.orders.prefetch_related("documents"):
        order.journal_id = _post(batch, order, actor, at)
        order.save(update_fields=["journal"])
    batch.released_by, batch.released_at = actor, at
    batch.save(update_fields=["released_by", "released_at"])
    _record_batch(actor, "released", batch, at)
    return batch


@transaction.atomic
def return_order(*, order_id: int, on: date, reason: str, actor: User, at: datetime) -> PaymentOrder:
    """
    Record that the bank sent a payment back: its documents can be paid again.

    :raises CannotReturn: if it was not sent, has come back already, the day lies before the payment, or there
        is no reason.
    """
    order = PaymentOrder.objects.select_for_update(of=("self",)).select_related("batch").get(pk=order_id)
    if order.batch.released_at is None:
        raise CannotReturn("This payment was not released, so it cannot have come back.")
    if order.returned_on is not None:
        raise CannotReturn("It is recorded already that this payment came back.")
    if on < order.batch.pays_on:
        raise CannotReturn(f"It cannot have come back before it was paid on {order.batch.pays_on:%-d %B %Y}.")
    if not reason.strip():
        raise CannotReturn("Write why the bank sent it back.")
    order.returned_on, order.return_reason, order.returned_by = on, reason.strip(), actor
    order.save(update_fields=["returned_on", "return_reason", "returned_by"])
    order.documents.update(is_returned=True)
    reverse(order.journal_id or 0, dated_on=on, note=f"{order.end_to_end_id} came back", actor=actor, at=at)
    record(actor=actor, action="payment.returned", subject=order.end_to_end_id, at=at, reason=reason.strip())
    return order


def _refuse_settled(batch: PaymentBatch) -> None:
    """
    Let a batch pass whose documents are as open as when it was prepared, and keep them so until it is posted.

    :raises CannotRelease: naming those of which something was settled meanwhile.
    """
    held = PaidDocument.objects.filter(order__batch=batch).values("document")
    balances = DocumentBalance.objects.select_for_update(of=("self",)).filter(document__in=held)
    settled = [
        each.document.full_number
        for each in balances.select_related("document").order_by("pk")
        if each.open_minor != each.document.gross_minor
    ]
    if settled:
        raise CannotRelease(
            f"{', '.join(settled)} was settled meanwhile. Discard the batch and prepare it anew."
        )


def _post(batch: PaymentBatch, order: PaymentOrder, actor: User, at: datetime) -> int:
    """Book that a provider is paid: what was owed by document is gone, and the money is on its way."""
    programme = batch.programme
    paid = (
        Entry(
            Account.PAYABLES.value,
            each.amount_minor,
            provider=order.provider_id,
            document=each.document_id,
        )
        for each in order.documents.all()
    )
    sent = Entry(Account.IN_TRANSIT.value, -order.amount_minor, provider=order.provider_id)
    journal = NewJournal(
        operator_id=programme.operator_id,
        kind=JournalKind.PROVIDER_PAYMENT,
        dated_on=batch.pays_on,
        currency=programme.currency,
        entries=(*paid, sent),
        programme_id=programme.pk,
        note=f"{batch.reference} {order.end_to_end_id}",
    )
    return post(journal, actor=actor, at=at)


def _waiting_account(account_id: int) -> PayeeAccount:
    account = PayeeAccount.objects.select_related("provider").get(pk=account_id)
    Provider.objects.select_for_update().get(pk=account.provider_id)
    account.refresh_from_db()
    if account.approved_at is not None or account.ended_at is not None:
        raise CannotApprove("This account does not wait for approval any more.")
    return account


def _open_batch(batch_id: int) -> PaymentBatch:
    batch = (
        PaymentBatch.objects.select_for_update(of=("self",))
        .select_related("programme")
        .filter(pk=batch_id)
        .first()
    )
    if batch is None:
        raise CannotRelease("This batch was discarded.")
    if batch.released_at is not None:
        raise CannotRelease(f"{batch.reference} was released already and stays as it is.")
    return batch


def _record_account(actor: User, done: str, account: PayeeAccount, at: datetime) -> None:
    subject = f"{account.provider.code} {account.masked}"
    record(actor=actor, action=f"payee_account.{done}", subject=subject, at=at)


def _record_batch(actor: User, done: str, batch: PaymentBatch, at: datetime) -> None:
    record(
        actor=actor,
        action=f"payment_batch.{done}",
        subject=batch.reference,
        at=at,
        amount_minor=batch.amount_minor,
    )
