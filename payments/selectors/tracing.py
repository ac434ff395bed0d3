"""Money traced through an outcome: what funders paid for it, what its provider got, and which came first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from funders.enums import Direction
from funders.models import Programme
from mhep.kernel.money import Money
from mhep.shared.sheets import Cell, Sheet
from outcomes.models import OutcomeEvent
from payments.enums import AllocationKind, PaidFirst
from payments.models import Allocation, BankLine, Charge, Document, DocumentLine, PaidDocument, PaymentOrder
from payments.rules.tracing import days_between, who_paid_first

HEADINGS = (
    *("Outcome", "Type", "Outcome date", "Side", "Party", "Amount", "Document", "Settled on", "Payment"),
    *("Who was paid first", "Days", "Currency"),
)


@dataclass(frozen=True, slots=True)
class Settling:
    """How a document is settled: the day of the last payment once nothing is open, and by what."""

    settled_on: date | None
    lines: tuple[int, ...] = ()
    order: PaymentOrder | None = None

    @property
    def is_settled(self) -> bool:
        return self.settled_on is not None


@dataclass(frozen=True, slots=True)
class Part:
    """An amount for an outcome, without VAT, on one side, and how its document is settled."""

    charge: Charge
    document: Document | None
    settling: Settling

    @property
    def is_funders(self) -> bool:
        return self.charge.agreement.direction == Direction.RECEIVABLE


@dataclass(frozen=True, slots=True)
class Trace:
    """An outcome with both sides of its money; a side that the reader may not see is empty."""

    event: OutcomeEvent
    funders: tuple[Part, ...]
    providers: tuple[Part, ...]

    @property
    def first(self) -> PaidFirst:
        return PaidFirst(who_paid_first(_days(self.funders), _days(self.providers)))

    @property
    def days(self) -> int | None:
        """By how many days the provider was paid after the funders; below zero if before."""
        return days_between(_days(self.funders), _days(self.providers))

    @property
    def size(self) -> int | None:
        """The same days without their sign."""
        return None if self.days is None else abs(self.days)


def traces(events: Sequence[int], user: User) -> list[Trace]:
    """Return these outcomes in their order, each with the sides that the user may see, in a few queries."""
    parts = _parts(Charge.objects.visible_to(user).filter(event__in=events).exclude(amount_minor=0))
    found = OutcomeEvent.objects.select_related("outcome_type").in_bulk(events)
    return [
        Trace(
            found[key],
            tuple(part for part in parts[key] if part.is_funders),
            tuple(part for part in parts[key] if not part.is_funders),
        )
        for key in events
    ]


def documents_of_line(line: BankLine, programme: Programme) -> QuerySet[Document]:
    """Return the documents of the programme that a payment was taken for; it may pay for others too."""
    paid = Allocation.objects.live().filter(line=line).values("document")
    return Document.objects.filter(pk__in=paid, agreement__programme=programme).order_by("number")


def events_of(documents: QuerySet[Document]) -> list[int]:
    """Return the outcomes that these documents hold, by reference."""
    lines = DocumentLine.objects.filter(document__in=documents.order_by(), charge__event__isnull=False)
    rows = lines.order_by("charge__event__reference").values_list("charge__event_id", flat=True)
    return list(dict.fromkeys(key for key in rows if key is not None))


def documents_of_order(order: PaymentOrder) -> QuerySet[Document]:
    """Return the documents that a payment order pays."""
    return Document.objects.filter(paid_by__order=order).order_by("kind", "number")


def without_outcome(documents: QuerySet[Document]) -> int:
    """Return what these documents hold of fees and adjustments, net, in minor units."""
    lines = DocumentLine.objects.filter(document__in=documents.order_by(), charge__event__isnull=True)
    return int(lines.aggregate(total=Coalesce(Sum("charge__amount_minor"), 0))["total"])


def trace_sheet(rows: Iterable[Trace], currency: str) -> Sheet:
    """Return traces as a table: a row for each amount on either side."""
    return Sheet(
        "Trace", HEADINGS, [_cells(trace, part, currency) for trace in rows for part in _both(trace)]
    )


def _both(trace: Trace) -> tuple[Part, ...]:
    return trace.funders + trace.providers


def _cells(trace: Trace, part: Part, currency: str) -> tuple[Cell, ...]:
    is_whole = bool(trace.funders and trace.providers)
    return (
        trace.event.reference,
        trace.event.outcome_type.name,
        trace.event.outcome_date,
        "Funder" if part.is_funders else "Provider",
        part.charge.agreement.party_name,
        Money(part.charge.amount_minor, currency),
        part.document.full_number if part.document else "",
        part.settling.settled_on or "",
        part.settling.order.batch.reference if part.settling.order else "",
        trace.first.label if is_whole else "",
        "" if trace.days is None else trace.days,
        currency,
    )


def _days(parts: Sequence[Part]) -> list[date | None]:
    """Return when each document of a side was settled; amounts that cancel out leave the side empty."""
    if not sum(part.charge.amount_minor for part in parts):
        return []
    return [part.settling.settled_on for part in parts if part.charge.amount_minor > 0]


def _parts(charges: QuerySet[Charge]) -> dict[int, list[Part]]:
    rows = list(
        charges.select_related("agreement__funder", "agreement__provider", "line__document").order_by("pk")
    )
    documents = {row.pk: line.document for row in rows if (line := getattr(row, "line", None)) is not None}
    settled = _settled({each.pk for each in documents.values()})
    found: dict[int, list[Part]] = defaultdict(list)
    for row in rows:
        document = documents.get(row.pk)
        settling = settled[document.pk] if document else Settling(None)
        found[row.event_id or 0].append(Part(row, document, settling))
    return found


def _settled(documents: set[int]) -> dict[int, Settling]:
    """Return how each of the documents is settled: by lines of the bank, set-offs, or a payment order."""
    live = Q(allocations__reverses__isnull=True, allocations__reversal__isnull=True)
    last = Max("allocations__journal__dated_on", filter=live)
    rows = Document.objects.filter(pk__in=documents).annotate(last_on=last)
    days = rows.values_list("pk", "balance__open_minor", "last_on")
    found = {key: Settling(day if not left else None) for key, left, day in days}
    uses = Allocation.objects.live().filter(document__in=documents, kind=AllocationKind.PAYMENT)
    for key, line in uses.order_by("pk").values_list("document_id", "line_id"):
        found[key] = replace(found[key], lines=(*found[key].lines, line))
    orders = PaidDocument.objects.filter(
        document__in=documents, is_returned=False, order__batch__released_at__isnull=False
    )
    for paid in orders.select_related("order__batch__programme", "order__provider"):
        found[paid.document_id] = Settling(paid.order.batch.pays_on, order=paid.order)
    return found
