"""What matching looks at: the open lines and documents of an operator in one currency, and who may pay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from funders.enums import Direction
from funders.models import Funder
from payments.enums import DocumentKind
from payments.models import BankLine, Document, PaymentBatch, PaymentOrder
from payments.models.documents import PREFIXES
from payments.rules.matching import Matched, OpenDocument, OpenLine, Party, Transfer, match, numbers_in
from payments.selectors.paying import orders_on_their_way
from providers.models import Operator, Provider

KINDS = {prefix: kind for kind, prefix in PREFIXES.items()}


@dataclass(frozen=True, slots=True)
class Parties:
    """
    Who may pay or be paid. A body that is a funder of several programmes under one code is one party.

    The key of a party is the first of its funders' keys, or a provider's key below zero.
    """

    listed: tuple[Party, ...]
    of_funder: dict[int, int]

    def of(self, funder: int | None, provider: int | None) -> int:
        """Return the party that is this funder or this provider."""
        return self.of_funder[funder] if funder is not None else -(provider or 0)


def parties_of(operator: Operator) -> Parties:
    """Return the parties of an operator's programmes."""
    first: dict[str, Funder] = {}
    of_funder: dict[int, int] = {}
    for funder in Funder.objects.filter(programme__operator=operator).order_by("pk"):
        of_funder[funder.pk] = first.setdefault(funder.code.casefold(), funder).pk
    providers = Provider.objects.filter(operator=operator)
    listed = [Party(funder.pk, funder.code, funder.name) for funder in first.values()]
    listed += [Party(-each.pk, each.code, each.name, keeps_account=False) for each in providers]
    return Parties(tuple(listed), of_funder)


def open_documents(operator: Operator, currency: str, parties: Parties) -> list[OpenDocument]:
    """Return every document of which something is open."""
    rows = Document.objects.filter(
        operator=operator, currency=currency, balance__open_minor__gt=0
    ).values_list(
        "pk",
        "kind",
        "number",
        "agreement__direction",
        "agreement__funder",
        "agreement__provider",
        "balance__open_minor",
        "due_on",
    )
    found = []
    for pk, kind, number, direction, funder, provider, left, due_on in rows.iterator(chunk_size=10_000):
        is_credit = kind == DocumentKind.CREDIT_NOTE
        found.append(
            OpenDocument(
                key=pk,
                number=f"{PREFIXES[DocumentKind(kind)]}-{number:06d}",
                party=parties.of(funder, provider),
                open=left,
                comes_in=(direction == Direction.RECEIVABLE) != is_credit,
                is_credit=is_credit,
                due=due_on.isoformat(),
            )
        )
    return found


def open_lines(operator: Operator, currency: str) -> QuerySet[BankLine]:
    """Return the lines of which something is open, with what it is, the latest first."""
    lines = BankLine.objects.filter(
        account__operator=operator, account__currency=currency, balance__open_minor__gt=0
    )
    return lines.select_related("account", "balance").order_by("-booked_on", "-pk")


def as_open(lines: Iterable[BankLine]) -> list[OpenLine]:
    """Return lines as matching takes them."""
    return [
        OpenLine(
            line.pk,
            line.balance.open_minor if line.amount_minor > 0 else -line.balance.open_minor,
            line.words,
            line.booked_on.isoformat(),
        )
        for line in lines
    ]


def matched(operator: Operator, currency: str, lines: Sequence[OpenLine]) -> Matched:
    """Return what these lines may be taken for, by what is open now."""
    parties = parties_of(operator)
    documents = open_documents(operator, currency, parties)
    known = {document.number for document in documents}
    named = {number for line in lines for number in numbers_in(line.words)} - known
    settled = _settled(operator, currency, named, parties)
    return match(lines, documents, parties.listed, settled, open_transfers(operator, currency))


def open_transfers(operator: Operator, currency: str) -> list[Transfer]:
    """Return the payments to providers that are on their way: each, and each batch that is so as a whole."""
    orders = PaymentOrder.objects.filter(
        batch__programme__operator=operator, batch__programme__currency=currency
    )
    batches: dict[PaymentBatch, list[PaymentOrder]] = defaultdict(list)
    for order in orders_on_their_way(orders):
        batches[order.batch].append(order)
    transfers = []
    for batch, together in batches.items():
        parts = [(order.pk, order.amount_minor) for order in together]
        transfers += [
            Transfer(order.end_to_end_id, (part,), -order.provider_id)
            for order, part in zip(together, parts, strict=True)
        ]
        whole = Transfer(batch.reference, tuple(parts))
        if len(parts) > 1 and whole.amount == batch.amount_minor:
            transfers.append(whole)
    return transfers


def _settled(operator: Operator, currency: str, numbers: set[str], parties: Parties) -> dict[str, int]:
    """Return the party of each of these numbers that was issued; nothing is open of them."""
    found = {}
    for prefix, kind in KINDS.items():
        wanted = [int(number[4:]) for number in numbers if number.startswith(prefix)]
        rows = Document.objects.filter(operator=operator, currency=currency, kind=kind, number__in=wanted)
        for number, funder, provider in rows.values_list(
            "number", "agreement__funder", "agreement__provider"
        ):
            found[f"{prefix}-{number:06d}"] = parties.of(funder, provider)
    return found
