"""What is open for providers, and what is on its way to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC

from django.db.models import F, QuerySet

from accounts.models import User
from funders.enums import Direction
from funders.models import Programme
from mhep.kernel.money import Money
from mhep.shared.sheets import Cell, Sheet
from payments.enums import Account, DocumentKind
from payments.models import Allocation, Document, PayeeAccount, PaymentBatch, PaymentOrder
from payments.rules import credit_transfer
from payments.rules.payables import Payable, Proposal, propose
from providers.models import Provider

SHEET_HEADINGS = ("Batch", "Pays on", "Provider", "Documents", "Account", "Amount", "Currency", "State")


@dataclass(frozen=True, slots=True)
class OpenProvider:
    """A provider for whom documents are open: what they come to, which, and whether it can be paid."""

    provider: Provider
    amount_minor: int
    documents: tuple[Document, ...]
    account: PayeeAccount | None

    @property
    def is_payable(self) -> bool:
        return self.amount_minor > 0 and self.account is not None


def open_documents(programme: Programme) -> QuerySet[Document]:
    """
    Return the remittance statements and credit notes of providers that no payment holds.

    One of which anything was settled otherwise, by a line of the bank or against a credit note, is left out:
    an order pays whole documents.
    """
    payable = Document.objects.filter(agreement__programme=programme, agreement__direction=Direction.PAYABLE)
    return (
        payable.filter(balance__open_minor=F("gross_minor"))
        .exclude(paid_by__is_returned=False)
        .select_related("agreement__provider")
        .order_by("issued_on", "kind", "number")
    )


def proposal_for(programme: Programme) -> Proposal:
    """Return the payments that would settle everything that is open."""
    return propose(map(_payable, open_documents(programme)))


def orders_on_their_way(orders: QuerySet[PaymentOrder]) -> list[PaymentOrder]:
    """Return those of the orders that were released, have not come back, and no line of the bank shows."""
    released = orders.filter(journal__isnull=False, returned_on__isnull=True)
    found = list(released.select_related("batch__programme__operator", "provider").order_by("pk"))
    shown = Allocation.objects.live().filter(
        account=Account.IN_TRANSIT, journal__note__in=[order.end_to_end_id for order in found]
    )
    seen = set(shown.values_list("journal__note", flat=True))
    return [order for order in found if order.end_to_end_id not in seen]


def accounts_in_use(providers: Iterable[int]) -> dict[int, int]:
    """Return the key of the approved account of each of the providers that has one."""
    accounts = PayeeAccount.objects.in_use().filter(provider__in=list(providers))
    return dict(accounts.values_list("provider", "pk"))


def bank_batch(batch: PaymentBatch) -> credit_transfer.Batch:
    """Return a released batch as the bank gets it; what has come back since stays in it."""
    orders = batch.orders.select_related("account").prefetch_related("documents__document")
    return credit_transfer.Batch(
        message_id=batch.reference,
        made_at=(batch.released_at or batch.prepared_at).astimezone(UTC),
        pays_on=batch.pays_on,
        payer=credit_transfer.Account(batch.payer_name, iban=batch.payer_iban, bic=batch.payer_bic),
        currency=batch.programme.currency,
        transfers=[
            credit_transfer.Transfer(
                payee=credit_transfer.Account(
                    holder=order.account.holder,
                    iban=order.account.iban,
                    bic=order.account.bic,
                    sort_code=order.account.sort_code,
                    number=order.account.account_number,
                ),
                amount=order.amount_minor,
                end_to_end_id=order.end_to_end_id,
                reference=" ".join(each.document.full_number for each in order.documents.all()),
            )
            for order in orders
        ],
    )


def open_providers(programme: Programme) -> list[OpenProvider]:
    """Return every provider for whom something is open, by name."""
    documents: dict[int, list[Document]] = {}
    providers: dict[int, Provider] = {}
    for document in open_documents(programme):
        provider = document.agreement.provider
        if provider is not None:
            providers[provider.pk] = provider
            documents.setdefault(provider.pk, []).append(document)
    accounts = {
        each.provider_id: each for each in PayeeAccount.objects.in_use().filter(provider__in=providers)
    }
    found = [
        OpenProvider(
            provider=provider,
            amount_minor=sum(signed_gross(each) for each in documents[key]),
            documents=tuple(documents[key]),
            account=accounts.get(key),
        )
        for key, provider in providers.items()
    ]
    return sorted(found, key=lambda each: each.provider.name)


@dataclass(frozen=True, slots=True)
class ProviderAccounts:
    """A provider with the account that is paid into and the one that waits for a second person."""

    provider: Provider
    in_use: PayeeAccount | None
    waiting: PayeeAccount | None


def providers_with_accounts(programme: Programme) -> list[ProviderAccounts]:
    """Return every provider of a programme, by name, with its accounts."""
    providers = Provider.objects.filter(programme_entries__programme=programme).order_by("name")
    accounts = PayeeAccount.objects.filter(provider__in=providers, ended_at__isnull=True)
    by_state = {
        (account.provider_id, account.approved_at is not None): account
        for account in accounts.select_related("entered_by", "approved_by")
    }
    return [
        ProviderAccounts(provider, by_state.get((provider.pk, True)), by_state.get((provider.pk, False)))
        for provider in providers
    ]


def batch_sheet(user: User, programme: Programme) -> Sheet:
    """Return every payment to the providers of a programme as a table."""
    currency = programme.currency
    orders = (
        PaymentOrder.objects.filter(
            batch__in=PaymentBatch.objects.visible_to(user), batch__programme=programme
        )
        .select_related("batch__programme", "provider", "account")
        .prefetch_related("documents__document")
        .order_by("batch__number", "pk")
    )
    rows: list[tuple[Cell, ...]] = [
        (
            order.batch.reference,
            order.batch.pays_on,
            order.provider.name,
            " ".join(each.document.full_number for each in order.documents.all()),
            order.account.masked,
            Money(order.amount_minor, currency),
            currency,
            state_of(order),
        )
        for order in orders
    ]
    return Sheet(f"{programme.code} payments", SHEET_HEADINGS, rows)


def state_of(order: PaymentOrder) -> str:
    """Return what has become of a payment, in words."""
    if order.returned_on is not None:
        return "Came back"
    return "Released" if order.batch.released_at is not None else "Waits for a second person"


def signed_gross(document: Document) -> int:
    """Return what a provider's document adds to what it is paid: less than nothing for a credit note."""
    return -document.gross_minor if document.kind == DocumentKind.CREDIT_NOTE else document.gross_minor


def _payable(document: Document) -> Payable:
    return Payable(document.pk, document.agreement.provider_id or 0, signed_gross(document))
