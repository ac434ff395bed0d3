"""A month as its page shows it: what is verified, what each party is charged, what needs a look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from funders.enums import Direction
from funders.models import Programme
from mhep.kernel.periods import Month
from outcomes.enums import EventState
from outcomes.models import EventStep, OutcomeEvent
from payments import models as tables
from payments.enums import ChargeKind, ChargeReason, DocumentKind, MonthState, StatementState
from payments.models import Charge, Document, Statement, Unbilled
from payments.rules import billing
from payments.selectors.billable import bill_ready, kinds_to_bill, open_lines
from payments.selectors.contracts import Terms, contract_of
from payments.selectors.parties import party_names

OPEN, LATER = "OPEN", "LATER"  # states of a month that has no row yet
WAITING_STATES = (EventState.SUBMITTED, EventState.QUERIED)
CAP_REASONS = (ChargeReason.PARTIAL_CAP, ChargeReason.CAP_REACHED, ChargeReason.COUNT_CAP)


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One month in the list. ``net_minor`` is what funders were invoiced, less credit notes."""

    month: Month
    state: str
    verified: int
    documents: int
    net_minor: int


@dataclass(frozen=True, slots=True)
class OutcomeCount:
    """How many events of one outcome type a month holds. ``waiting`` is told of the open month only."""

    code: str
    name: str
    verified: int
    voided: int
    waiting: int


@dataclass(frozen=True, slots=True)
class PartyLine:
    """What a month says about one agreement; credits are negative, and the parts add up to ``net_minor``."""

    agreement_id: int
    ref: str
    party: str
    charges_minor: int
    credits_minor: int
    fees_minor: int
    nil: int

    @property
    def net_minor(self) -> int:
        return self.charges_minor + self.credits_minor + self.fees_minor


@dataclass(frozen=True, slots=True)
class Side:
    """One direction of money of a month, with its totals."""

    lines: tuple[PartyLine, ...]

    @property
    def charges_minor(self) -> int:
        return sum(line.charges_minor for line in self.lines)

    @property
    def credits_minor(self) -> int:
        return sum(line.credits_minor for line in self.lines)

    @property
    def fees_minor(self) -> int:
        return sum(line.fees_minor for line in self.lines)

    @property
    def net_minor(self) -> int:
        return sum(line.net_minor for line in self.lines)

    @property
    def nil(self) -> int:
        return sum(line.nil for line in self.lines)


@dataclass(frozen=True, slots=True)
class CapWarning:
    """How often a cap of one agreement held something back in a month."""

    ref: str
    party: str
    in_part: int
    in_full: int
    by_count: int


@dataclass(frozen=True, slots=True)
class MonthPage:
    """
    Everything that the page of one month shows.

    ``unmatched`` counts the month's events that no funder's term looked at. ``is_stale`` says that
    facts changed after the month was priced, so that pricing it again may give other amounts.
    ``unbilled`` counts the charges of a closed month that wait for a later document, ``statements`` are those
    that stand of the ones that its funders approve first.
    """

    month: Month
    state: str
    row: tables.Month | None
    outcomes: tuple[OutcomeCount, ...]
    receivable: Side
    payable: Side
    caps: tuple[CapWarning, ...]
    unmatched: int
    unbilled: int
    is_stale: bool
    has_ended: bool
    documents: tuple[Document, ...]
    statements: tuple[Statement, ...]

    @property
    def is_open(self) -> bool:
        return self.state in {OPEN, MonthState.PRICED}


@dataclass(frozen=True, slots=True)
class DraftDocument:
    """A document that closing the month would issue, or put before its funder first, as things stand."""

    kind: DocumentKind
    ref: str
    party: str
    lines: int
    net_minor: int
    vat_minor: int
    is_approved_first: bool = False

    @property
    def sign(self) -> int:
        return -1 if self.kind == DocumentKind.CREDIT_NOTE else 1

    @property
    def gross_minor(self) -> int:
        return self.net_minor + self.vat_minor


@dataclass(frozen=True, slots=True)
class DraftSide:
    """The documents of one direction of money; in the sums credit notes count against the others."""

    documents: tuple[DraftDocument, ...]

    @property
    def net_minor(self) -> int:
        return sum(each.sign * each.net_minor for each in self.documents)

    @property
    def vat_minor(self) -> int:
        return sum(each.sign * each.vat_minor for each in self.documents)

    @property
    def gross_minor(self) -> int:
        return self.net_minor + self.vat_minor


@dataclass(frozen=True, slots=True)
class DraftDocuments:
    """What closing a month would issue, and how many lines would wait for a later document."""

    receivable: DraftSide
    payable: DraftSide
    waiting: int


def months_of(programme: Programme, today: date) -> list[MonthRow]:
    """Return the months from the first to the open one or the last that has begun, newest first."""
    first, open_month = Month.of(programme.starts_on), programme.first_open_month
    last = max(open_month, min(Month.of(today), Month.of(programme.ends_on)))
    states = dict(tables.Month.objects.filter(programme=programme).values_list("first_day", "state"))
    verified = dict(
        OutcomeEvent.objects.filter(programme=programme, falls_in__isnull=False)
        .values_list("falls_in")
        .annotate(Count("pk"))
    )
    issued = {
        first_day: (count, invoiced - credited)
        for first_day, count, invoiced, credited in Document.objects.filter(
            agreement__programme=programme, agreement__direction=Direction.RECEIVABLE
        )
        .values_list("month__first_day")
        .annotate(
            count=Count("pk"),
            invoiced=Coalesce(Sum("net_minor", filter=Q(kind=DocumentKind.INVOICE)), 0),
            credited=Coalesce(Sum("net_minor", filter=Q(kind=DocumentKind.CREDIT_NOTE)), 0),
        )
    }
    return [
        MonthRow(
            month,
            state_of(programme, month, states.get(month.first_day)),
            verified.get(month.first_day, 0),
            *issued.get(month.first_day, (0, 0)),
        )
        for month in reversed(list(first.until(last)))
    ]


def state_of(programme: Programme, month: Month, stored: str | None) -> str:
    """Return a month's state, also where it has no row yet."""
    return stored or (OPEN if month == programme.first_open_month else LATER)


def month_page(programme: Programme, month: Month, today: date) -> MonthPage:
    """Return what the page of ``month`` shows, in a number of queries that does not grow with it."""
    row = tables.Month.objects.filter(programme=programme, first_day=month.first_day).first()
    state = state_of(programme, month, row.state if row else None)
    names = party_names(programme) if row else {}
    sides = _sides(_charges(programme, row), names)
    return MonthPage(
        month=month,
        state=state,
        row=row,
        outcomes=tuple(_outcome_counts(programme, month, with_waiting=state != MonthState.CLOSED)),
        receivable=sides[Direction.RECEIVABLE],
        payable=sides[Direction.PAYABLE],
        caps=tuple(_cap_warnings(_charges(programme, row), names)),
        unmatched=_unmatched(programme, row),
        unbilled=Unbilled.objects.filter(charge__month=row).count() if row else 0,
        is_stale=row is not None and state == MonthState.PRICED and _is_stale(programme, row),
        has_ended=month.last_day < today,
        documents=tuple(
            Document.objects.filter(month=row).select_related("agreement").order_by("kind", "number")
        )
        if row
        else (),
        statements=tuple(_statements(row)) if row and state == MonthState.CLOSED else (),
    )


def _statements(row: tables.Month) -> QuerySet[Statement]:
    sent = Statement.objects.filter(month=row).exclude(state=StatementState.SUPERSEDED)
    return sent.select_related("agreement__funder").order_by("agreement__position")


def draft_documents(programme: Programme, row: tables.Month) -> DraftDocuments:
    """
    Return what closing the priced month ``row`` would issue from the charges that it holds now.

    The close prices the month once more; facts that changed since show there, not here.
    """
    contract = contract_of(programme)
    approving = [key for key, terms in contract.agreements.items() if terms.row.approval_days is not None]
    found = open_lines(contract.agreements, approving, row.pk)
    documents: dict[str, list[DraftDocument]] = {direction: [] for direction in Direction}
    waiting = len(found.held)
    names = party_names(programme)
    kinds = kinds_to_bill(contract.agreements.values(), found.free)
    for key, terms in contract.agreements.items():
        lines = found.free.get(key, [])
        if not billing.falls_due_for_billing(
            row.period, quarterly=terms.quarterly, financial_year=contract.financial_year
        ):
            waiting += len(lines)
            continue
        billed = bill_ready(terms, lines, kinds)
        waiting += len(billed.waiting)
        documents[terms.row.direction] += _drafts(terms, names[key], billed)
    return DraftDocuments(
        DraftSide(tuple(documents[Direction.RECEIVABLE])),
        DraftSide(tuple(documents[Direction.PAYABLE])),
        waiting,
    )


def _drafts(terms: Terms, party: str, billed: billing.Billed) -> Iterator[DraftDocument]:
    is_payable = terms.row.direction == Direction.PAYABLE
    kinds = (DocumentKind.REMITTANCE if is_payable else DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE)
    for kind, draft in zip(kinds, (billed.invoice, billed.credit_note), strict=True):
        if draft is not None:
            yield DraftDocument(
                kind,
                terms.row.ref,
                party,
                len(draft.lines),
                draft.net,
                draft.vat,
                is_approved_first=terms.row.approval_days is not None,
            )


def _charges(programme: Programme, row: tables.Month | None) -> QuerySet[Charge]:
    if row is None:
        return Charge.objects.none()
    return Charge.objects.filter(agreement__programme=programme, month=row)


def _sides(charges: QuerySet[Charge], names: Mapping[int, str]) -> dict[Direction, Side]:
    added = Q(kind=ChargeKind.ADJUSTMENT, amount_minor__gt=0)
    given_back = Q(kind=ChargeKind.ADJUSTMENT, amount_minor__lt=0)
    rows = (
        charges.values("agreement_id", "agreement__direction", "agreement__ref")
        .annotate(
            charged=Coalesce(Sum("amount_minor", filter=Q(kind=ChargeKind.CHARGE) | added), 0),
            credited=Coalesce(Sum("amount_minor", filter=Q(kind=ChargeKind.CREDIT) | given_back), 0),
            fees=Coalesce(Sum("amount_minor", filter=Q(kind=ChargeKind.FEE)), 0),
            nil=Count("pk", filter=Q(kind=ChargeKind.NIL)),
        )
        .order_by("agreement__position")
    )
    return {
        direction: Side(
            tuple(
                PartyLine(
                    agreement_id=row["agreement_id"],
                    ref=row["agreement__ref"],
                    party=names[row["agreement_id"]],
                    charges_minor=row["charged"],
                    credits_minor=row["credited"],
                    fees_minor=row["fees"],
                    nil=row["nil"],
                )
                for row in rows
                if row["agreement__direction"] == direction
            )
        )
        for direction in Direction
    }


def _outcome_counts(programme: Programme, month: Month, *, with_waiting: bool) -> Iterable[OutcomeCount]:
    events = OutcomeEvent.objects.filter(programme=programme)
    verified = _by_type(events.filter(falls_in=month.first_day))
    voided = _by_type(events.filter(void_falls_in=month.first_day))
    waiting = (
        _by_type(events.filter(state__in=WAITING_STATES, submitted_on__lte=month.last_day))
        if with_waiting
        else Counter()
    )
    for kind in programme.outcome_types.all():
        yield OutcomeCount(kind.code, kind.name, verified[kind.pk], voided[kind.pk], waiting[kind.pk])


def _by_type(events: QuerySet[OutcomeEvent]) -> Counter[int]:
    return Counter(dict(events.values_list("outcome_type").annotate(Count("pk"))))


def _cap_warnings(charges: QuerySet[Charge], names: Mapping[int, str]) -> Sequence[CapWarning]:
    rows = (
        charges.filter(reason__in=CAP_REASONS)
        .values("agreement_id", "agreement__ref")
        .annotate(
            in_part=Count("pk", filter=Q(reason=ChargeReason.PARTIAL_CAP)),
            in_full=Count("pk", filter=Q(reason=ChargeReason.CAP_REACHED)),
            by_count=Count("pk", filter=Q(reason=ChargeReason.COUNT_CAP)),
        )
        .order_by("agreement__direction", "agreement__position")
    )
    return [
        CapWarning(
            row["agreement__ref"], names[row["agreement_id"]], row["in_part"], row["in_full"], row["by_count"]
        )
        for row in rows
    ]


def _unmatched(programme: Programme, row: tables.Month | None) -> int:
    """Count the month's events, not voided by its end, about which no funder's term decided anything."""
    if row is None:
        return 0
    decided = Charge.objects.filter(
        agreement__programme=programme, agreement__direction=Direction.RECEIVABLE, month=row
    ).values("event_id")
    return (
        OutcomeEvent.objects.filter(programme=programme, falls_in=row.first_day)
        .filter(Q(voided_on__isnull=True) | Q(voided_on__gt=row.period.last_day))
        .exclude(pk__in=decided.filter(event__isnull=False))
        .count()
    )


def _is_stale(programme: Programme, row: tables.Month) -> bool:
    if programme.terms_changed:
        return True
    return EventStep.objects.filter(
        Q(event__falls_in=row.first_day) | Q(event__void_falls_in=row.first_day),
        event__programme=programme,
        at__gt=row.priced_at,
    ).exists()
