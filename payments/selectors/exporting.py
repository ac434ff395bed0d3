"""What of the ledger can be exported, and what is said about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, Max, Min, OuterRef, QuerySet

from funders.enums import Direction
from funders.models import Funder, OutcomeType
from payments.enums import DocumentKind, ExportFormat, JournalKind
from payments.models import BookingCode, Document, ExportedJournal, Journal, Posting
from payments.rules.booking.codes import Code, CodeBook, Subject
from payments.rules.booking.facts import BookedDocument, BookedLine, Leg, Movement, Named, with_vat
from payments.rules.paper import Paper
from payments.selectors.papers import Entries, entries_of, paper_from
from providers.models import Operator, Provider


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many movements no export of a format holds, and their first and last day."""

    format: ExportFormat
    count: int
    first: date | None
    last: date | None


def of_format(journals: QuerySet[Journal], form: ExportFormat) -> QuerySet[Journal]:
    """Return those of the journals that a format takes: all, or of Xero the documents of funders."""
    if form != ExportFormat.XERO:
        return journals
    return journals.filter(kind=JournalKind.DOCUMENT, document__agreement__direction=Direction.RECEIVABLE)


def waiting_journals(operator: Operator, form: ExportFormat, currency: str) -> QuerySet[Journal]:
    """Return the journals that a format takes and no export in force holds."""
    held = ExportedJournal.objects.filter(format=form, journal=OuterRef("pk"), batch__undo__isnull=True)
    journals = Journal.objects.filter(~Exists(held), operator=operator, currency=currency)
    return of_format(journals, form).order_by("dated_on", "pk")


def waiting_by_format(operator: Operator, currency: str) -> list[Waiting]:
    """Return what waits, for each format."""
    found = []
    for form in ExportFormat:
        sums = (
            waiting_journals(operator, form, currency)
            .order_by()
            .aggregate(count=Count("pk"), first=Min("dated_on"), last=Max("dated_on"))
        )
        found.append(Waiting(form, sums["count"], sums["first"], sums["last"]))
    return found


def turns_of(journals: Iterable[int], form: ExportFormat) -> dict[int, int]:
    """Return how many exports of the format with each of the journals were undone; none is left out."""
    rows = (
        ExportedJournal.objects.filter(format=form, journal__in=journals, batch__undo__isnull=False)
        .values_list("journal")
        .annotate(undone=Count("pk"))
    )
    return dict(rows)


def code_book(operator: Operator) -> CodeBook:
    """Return every code of an operator that was not withdrawn."""
    return CodeBook(
        Code(subject_of(row), row.starts_on, row.code, row.department)
        for row in BookingCode.objects.filter(operator=operator).in_force()
    )


def subject_of(row: BookingCode) -> Subject:
    """Return what a stored code is for."""
    return Subject(
        row.kind,
        account=row.account,
        vat=row.vat,
        funder=row.funder_id,
        provider=row.provider_id,
        outcome=row.outcome_type_id,
    )


def movements_of(journals: Sequence[Journal], *, with_documents: bool) -> list[Movement]:
    """
    Return what the journals say, in their order.

    :param with_documents: whether the lines of their documents are read too.
    """
    legs = _legs(journals)
    documents = _documents(journals) if with_documents else {}
    return [
        Movement(
            key=journal.pk,
            dated_on=journal.dated_on,
            what=JournalKind(journal.kind).label,
            note=journal.note,
            legs=tuple(legs[journal.pk]),
            document=documents.get(journal.document_id or 0)
            if journal.kind == JournalKind.DOCUMENT
            else None,
        )
        for journal in journals
    ]


def _legs(journals: Sequence[Journal]) -> dict[int, list[Leg]]:
    found: dict[int, list[Leg]] = {journal.pk: [] for journal in journals}
    postings = (
        Posting.objects.filter(journal__in=found)
        .select_related("funder", "provider", "outcome_type", "document")
        .order_by("journal", "pk")
    )
    for posting in postings.iterator(chunk_size=10_000):
        found[posting.journal_id].append(
            Leg(
                posting.account,
                posting.amount_minor,
                funder=_named(posting.funder),
                provider=_named(posting.provider),
                outcome=_named(posting.outcome_type),
                document=posting.document.full_number if posting.document else "",
            )
        )
    return found


def _named(row: Funder | Provider | OutcomeType | None) -> Named | None:
    return Named(row.pk, row.code, row.name) if row is not None else None


def _documents(journals: Sequence[Journal]) -> dict[int, BookedDocument]:
    keys = {each.document_id or 0 for each in journals if each.kind == JournalKind.DOCUMENT}
    documents = list(Document.objects.filter(pk__in=keys).select_related("agreement"))
    entries = entries_of(documents)
    outcomes = {
        (row.programme_id, row.code): row
        for row in OutcomeType.objects.filter(
            programme__in={each.agreement.programme_id for each in documents}
        )
    }
    return {document.pk: _booked(document, entries[document.pk], outcomes) for document in documents}


def _booked(
    document: Document, entries: Entries, outcomes: dict[tuple[int, str], OutcomeType]
) -> BookedDocument:
    paper = paper_from(document, entries)
    header = document.header
    lines: dict[BookedLine, int] = {}
    for entry in entries.outcomes:
        code = header["outcomes"][entry.line.position]["code"]
        outcome = _named(outcomes[document.agreement.programme_id, code])
        line = BookedLine(entry.line.outcome, outcome, 1, entry.line.amount_minor, entry.line.vat)
        lines[line] = lines.get(line, 0) + 1
    for fee in entries.fees:
        line = BookedLine(fee.line.description, None, 1, fee.line.amount_minor, fee.line.vat)
        lines[line] = lines.get(line, 0) + 1
    counted = [
        BookedLine(_described(line, paper), line.outcome, count, line.unit, line.vat)
        for line, count in lines.items()
    ]
    return BookedDocument(
        number=document.full_number,
        is_sale=document.agreement.direction == Direction.RECEIVABLE,
        is_credit=document.kind == DocumentKind.CREDIT_NOTE,
        party=header["party"].get("legal_name") or header["party"]["name"],
        reference=header["agreement"]["po_number"],
        issued_on=document.issued_on,
        due_on=document.due_on,
        lines=with_vat(counted, paper.groups),
        vat_minor=document.vat_minor,
    )


def _described(line: BookedLine, paper: Paper) -> str:
    """Return what a line is for, with the months that the document bills."""
    months = [str(month) for month in paper.periods]
    billed = months[0] if months[0] == months[-1] else f"{months[0]} to {months[-1]}"
    return f"{line.description}, {billed}"
