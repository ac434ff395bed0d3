"""Taking payments for documents: never more than is open, each use a movement of the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from audit.services import record
from funders.enums import Direction
from funders.models import Funder
from mhep.kernel.money import to_major
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.copying import copy_rows
from payments.enums import Account, AllocationKind, DocumentKind, JournalKind, LateClaimState
from payments.models import (
    Allocation,
    BankLine,
    Document,
    DocumentBalance,
    LateClaim,
    LineBalance,
    PaymentOrder,
)
from payments.rules.ledger import Entry
from payments.selectors.paying import orders_on_their_way
from payments.services.ledger import NewJournal, post_many, reverse

COLUMNS = (
    *("journal_id", "kind", "line_id", "credit_id", "document_id", "funder_id", "account", "late_claim_id"),
    "amount_minor",
)
OF_LINE = {AllocationKind.PAYMENT, AllocationKind.ON_ACCOUNT, AllocationKind.ACCOUNT}


class CannotAllocate(BusinessRuleError):
    pass


@dataclass(frozen=True, slots=True)
class Use:
    """
    What an amount is taken for; minor units, positive. Which keys it has depends on its kind.

    A use of a line names it; a set-off names a credit note instead. ``order`` is the payment to a provider
    that was released before and that the line shows: the use is then of exactly its amount.
    """

    kind: AllocationKind
    amount: int
    line: int | None = None
    credit: int | None = None
    document: int | None = None
    funder: int | None = None
    account: str = ""
    late_claim: int | None = None
    order: int | None = None


@transaction.atomic
def allocate(uses: Sequence[Use], *, actor: User | None, at: datetime) -> int:
    """
    Take payments and credit notes of one operator for what ``uses`` say, all or none; return how many were.

    Whoever allocates the same payment or settles the same document waits, and is told what is left.

    :raises CannotAllocate: if a use is of more than is open, or does not fit its payment or its document.
    """
    if not uses:
        raise CannotAllocate("Choose what the payment is for.")
    books = _Books.locked(uses)
    for use in uses:
        books.refuse_unfit(use)
    books.refuse_too_much(uses)
    journals = [books.journal_of(use) for use in uses]
    keys = post_many(journals, actor=actor, at=at)
    copy_rows(
        "payments_allocation",
        COLUMNS,
        (
            (
                *(key, use.kind.value, use.line, use.credit, use.document, use.funder, use.account),
                use.late_claim,
                use.amount,
            )
            for key, use in zip(keys, uses, strict=True)
        ),
    )
    operator = books.operator_code
    record(actor=actor, action="payment.allocated", subject=f"{operator}: {len(uses)}", at=at)
    return len(uses)


@transaction.atomic
def undo_allocation(
    *, allocation_id: int, reason: str, on: date, actor: User | None, at: datetime
) -> Allocation:
    """
    Undo an allocation, dated ``on``: its amount is open again on both sides. Both stay in the books.

    :raises CannotAllocate: if it was undone before, or undoes another itself.
    """
    allocation = Allocation.objects.select_related("journal__operator").get(pk=allocation_id)
    _lock(
        lines=[allocation.line_id] if allocation.line_id else [],
        documents=[key for key in (allocation.document_id, allocation.credit_id) if key],
    )
    if allocation.reverses_id or Allocation.objects.filter(reverses=allocation).exists():
        raise CannotAllocate("This was undone before.")
    journal = reverse(
        allocation.journal_id, dated_on=max(on, allocation.journal.dated_on), note=reason, actor=actor, at=at
    )
    undone = Allocation.objects.create(
        journal=journal,
        kind=allocation.kind,
        line_id=allocation.line_id,
        credit_id=allocation.credit_id,
        document_id=allocation.document_id,
        funder_id=allocation.funder_id,
        account=allocation.account,
        late_claim_id=allocation.late_claim_id,
        amount_minor=allocation.amount_minor,
        reverses=allocation,
    )
    record(
        actor=actor,
        action="payment.allocation_undone",
        subject=f"{allocation.journal.operator.code}: {allocation.pk}",
        at=at,
    )
    return undone


@transaction.atomic
def spend_from_account(
    *, allocation_id: int, uses: Sequence[Use], on: date, actor: User | None, at: datetime
) -> None:
    """
    Take money that is kept on a funder's account for documents; what is left stays on the account.

    :param uses: payments of documents by the same line; together no more than is kept.
    :raises CannotAllocate: if it is no longer kept there, or less than the uses.
    """
    kept = Allocation.objects.live().filter(pk=allocation_id, kind=AllocationKind.ON_ACCOUNT).first()
    if kept is None:
        raise CannotAllocate("This money is not kept on the account any more. Look at the payment again.")
    left = kept.amount_minor - sum(use.amount for use in uses)
    if left < 0:
        raise CannotAllocate(f"Only {to_major(kept.amount_minor)} is kept on the account.")
    reason = "Taken from the account for documents"
    undo_allocation(allocation_id=allocation_id, reason=reason, on=on, actor=actor, at=at)
    rest = [Use(AllocationKind.ON_ACCOUNT, left, line=kept.line_id, funder=kept.funder_id)] if left else []
    allocate([*uses, *rest], actor=actor, at=at)


def _lock(*, lines: Iterable[int], documents: Iterable[int]) -> None:
    """Lock what is open of lines and documents, always in the order of their keys and lines first."""
    list(LineBalance.objects.select_for_update().filter(pk__in=list(lines)).order_by("pk").values_list("pk"))
    list(
        DocumentBalance.objects.select_for_update()
        .filter(pk__in=list(documents))
        .order_by("pk")
        .values_list("pk")
    )


def claims_to_pay(keys: Iterable[int]) -> dict[int, LateClaim]:
    """Return late payment claims by their keys, locked against being paid or withdrawn by others."""
    found = LateClaim.objects.select_for_update(of=("self",)).filter(pk__in=list(keys)).order_by("pk")
    return {claim.pk: claim for claim in found.select_related("document__agreement", "operator")}


@dataclass(frozen=True, slots=True)
class _Books:
    """What the uses are about, locked: nobody else can take any of it before the transaction ends."""

    lines: Mapping[int, BankLine]
    documents: Mapping[int, Document]
    funders: Mapping[int, Funder]
    claims: Mapping[int, LateClaim]
    orders: Mapping[int, PaymentOrder]
    operator_code: str

    @classmethod
    def locked(cls, uses: Sequence[Use]) -> _Books:
        lines = {use.line for use in uses if use.line}
        documents = {key for use in uses for key in (use.document, use.credit) if key}
        _lock(lines=lines, documents=documents)
        funders = Funder.objects.select_related("programme__operator")
        books = cls(
            BankLine.objects.select_related("account__operator", "balance").in_bulk(lines),
            Document.objects.select_related("agreement", "balance", "operator").in_bulk(documents),
            funders.in_bulk({use.funder for use in uses if use.funder}),
            claims_to_pay(use.late_claim for use in uses if use.late_claim),
            _orders_on_their_way({use.order for use in uses if use.order}),
            "",
        )
        operators = {line.account.operator for line in books.lines.values()}
        operators |= {document.operator for document in books.documents.values()}
        operators |= {funder.programme.operator for funder in books.funders.values()}
        operators |= {claim.operator for claim in books.claims.values()}
        operators |= {order.batch.programme.operator for order in books.orders.values()}
        if len(operators) != 1:
            raise CannotAllocate("The payment and what it is for belong to different organisations.")
        return replace(books, operator_code=operators.pop().code)

    def refuse_unfit(self, use: Use) -> None:
        """
        Let a use pass that fits its kind.

        :raises CannotAllocate: if it has no amount, or one side does not go with the other.
        """
        if use.amount <= 0:
            raise CannotAllocate("The amount must be more than nothing.")
        line = self.lines.get(use.line or 0)
        document = self.documents.get(use.document or 0)
        if line is None:
            self._refuse_set_off(use, document)
        elif document is not None:
            self._refuse_payment(use, line, document)
        elif use.kind in {AllocationKind.PAYMENT, AllocationKind.SHORTFALL}:
            raise CannotAllocate("Choose the document that the payment is for.")
        elif use.kind == AllocationKind.ON_ACCOUNT:
            self._refuse_keeping(use, line)
        elif use.late_claim:
            self._refuse_claim(self.claims.get(use.late_claim), line)
        elif use.order:
            self._refuse_order(use, self.orders.get(use.order))

    def refuse_too_much(self, uses: Sequence[Use]) -> None:
        """
        Let uses pass that are no more than is open of each line, document and claim.

        :raises CannotAllocate: naming what is left of the first that has too little.
        """
        of_line, of_document, of_claim = Counter[int](), Counter[int](), Counter[int]()
        for use in uses:
            if use.kind in OF_LINE:
                of_line[use.line or 0] += use.amount
            of_document.update({key: use.amount for key in (use.document, use.credit) if key})
            of_claim.update({use.late_claim: use.amount} if use.late_claim else {})
        wanted = [
            (self.lines[key].balance.open_minor, "this payment", amount) for key, amount in of_line.items()
        ]
        wanted += [
            (self.documents[key].balance.open_minor, self.documents[key].full_number, amount)
            for key, amount in of_document.items()
        ]
        wanted += [
            (self.claims[key].open_minor, self.claims[key].ref, amount) for key, amount in of_claim.items()
        ]
        for left, name, amount in wanted:
            if amount > left:
                raise CannotAllocate(_too_much(name, left, amount))

    def journal_of(self, use: Use) -> NewJournal:
        """Return the movement of a use, dated on the day of the money, and never before its document."""
        line = self.lines.get(use.line or 0)
        document = self.documents.get(use.document or 0)
        credit = self.documents.get(use.credit or 0)
        days = [line.booked_on] if line else []
        days += [each.issued_on for each in (document, credit) if each]
        source = document or line
        assert source is not None  # noqa: S101 (refuse_unfit saw to it)
        agreement = document.agreement if document else None
        operator = document.operator_id if document else self.lines[use.line or 0].account.operator_id
        return NewJournal(
            operator_id=operator,
            programme_id=agreement.programme_id if agreement else None,
            kind=JournalKind.ALLOCATION,
            dated_on=max(days),
            currency=document.currency if document else self.lines[use.line or 0].account.currency,
            entries=self._entries(use, line, document, credit),
            note=self.orders[use.order].end_to_end_id if use.order else "",
        )

    def _entries(
        self, use: Use, line: BankLine | None, document: Document | None, credit: Document | None
    ) -> tuple[Entry, Entry]:
        if credit is not None and document is not None:
            side = 1 if _brings_in(document) else -1
            return (_owed(credit, side * use.amount), _owed(document, -side * use.amount))
        side = 1 if line is None or line.amount_minor > 0 else -1
        if use.kind == AllocationKind.SHORTFALL and document is not None:
            return (Entry(Account.BANK_CHARGES, use.amount), _owed(document, -use.amount))
        taken = Entry(Account.UNALLOCATED, side * use.amount)
        if document is not None:
            return (taken, _owed(document, -side * use.amount))
        if use.kind == AllocationKind.ON_ACCOUNT:
            return (taken, Entry(Account.UNALLOCATED, -side * use.amount, funder=use.funder))
        claim = self.claims.get(use.late_claim or 0)
        funder = claim.document.agreement.funder_id if claim else None
        return (taken, Entry(use.account, -side * use.amount, funder=funder))

    def _refuse_set_off(self, use: Use, document: Document | None) -> None:
        credit = self.documents.get(use.credit or 0)
        if use.kind != AllocationKind.SET_OFF or credit is None or document is None:
            raise CannotAllocate("There is no such payment.")
        if credit.kind != DocumentKind.CREDIT_NOTE or document.kind == DocumentKind.CREDIT_NOTE:
            raise CannotAllocate("Only a credit note is set off, and only against what is not one.")
        if _party(credit) != _party(document):
            raise CannotAllocate(f"{credit.full_number} is of another party than {document.full_number}.")

    def _refuse_claim(self, claim: LateClaim | None, line: BankLine) -> None:
        if claim is None or claim.state != LateClaimState.CHARGED:
            raise CannotAllocate("There is no such claim that was charged.")
        if line.amount_minor < 0 or line.account.currency != claim.currency:
            raise CannotAllocate(f"Only money that came in, in {claim.currency}, pays {claim.ref}.")

    def _refuse_keeping(self, use: Use, line: BankLine) -> None:
        if use.funder not in self.funders:
            raise CannotAllocate("Choose the funder on whose account the money is kept.")
        if line.amount_minor < 0:
            raise CannotAllocate("The money went out, so it cannot be kept on an account.")

    @staticmethod
    def _refuse_order(use: Use, order: PaymentOrder | None) -> None:
        if order is None:
            raise CannotAllocate("The payment to the provider is not on its way any more. Look at it again.")
        if use.amount != order.amount_minor:
            raise CannotAllocate(f"{order.end_to_end_id} is over {to_major(order.amount_minor)}.")

    def _refuse_payment(self, use: Use, line: BankLine, document: Document) -> None:
        came_in = line.amount_minor > 0
        if came_in != _brings_in(document):
            way = "came in" if came_in else "went out"
            raise CannotAllocate(f"The money {way}, which does not settle {document.full_number}.")
        if line.account.currency != document.currency:
            raise CannotAllocate(f"{document.full_number} is in {document.currency}.")
        if use.kind == AllocationKind.SHORTFALL and document.kind != DocumentKind.INVOICE:
            raise CannotAllocate("Only an invoice is paid short by bank charges.")


def _orders_on_their_way(keys: set[int]) -> dict[int, PaymentOrder]:
    """Return those of the orders that are on their way, locked so that no two lines show the same."""
    if not keys:
        return {}
    rows = PaymentOrder.objects.filter(pk__in=keys)
    list(rows.select_for_update().order_by("pk").values_list("pk"))
    return {order.pk: order for order in orders_on_their_way(rows)}


def _brings_in(document: Document) -> bool:
    """Tell whether settling a document brings money in."""
    receivable = document.agreement.direction == Direction.RECEIVABLE
    return receivable == (document.kind != DocumentKind.CREDIT_NOTE)


def _party(document: Document) -> tuple[int | None, int | None]:
    return document.agreement.funder_id, document.agreement.provider_id


def _owed(document: Document, amount: int) -> Entry:
    """Return an entry on what is owed by a document."""
    receivable = document.agreement.direction == Direction.RECEIVABLE
    return Entry(
        Account.RECEIVABLES if receivable else Account.PAYABLES,
        amount,
        funder=document.agreement.funder_id,
        provider=document.agreement.provider_id,
        document=document.pk,
    )


def _too_much(what: str, left: int, wanted: int) -> str:
    if not left:
        return (
            f"Nothing is open of {what} any more. Somebody may have settled it meanwhile: look at it again."
        )
    return f"Only {to_major(left)} is open of {what}, and {to_major(wanted)} was asked for."
