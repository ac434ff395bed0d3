"""One issued document as a page: what was printed, its lines by outcome, and its corrections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from accounts.models import User
from payments.enums import ReminderStage
from payments.models import Allocation, Document, DocumentBalance, EInvoice, LateClaim
from payments.models.documents import PREFIXES
from payments.rules.paper import OutcomeGroup, Paper, grouped
from payments.selectors.einvoices import has_einvoice
from payments.selectors.papers import Entries, FeeEntry, OutcomeEntry, entries_of, paper_from


@dataclass(frozen=True, slots=True)
class ReminderSent:
    """The first letters that counted an invoice at a stage: on which days, and to how many people."""

    stage: ReminderStage
    first_on: date
    last_on: date
    people: int


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """
    A document as people read it.

    ``lines`` are the outcomes' lines in the order of ``groups``, each with the charge that explains it.
    ``settled_by`` is the money and the set-offs that the ``balance`` is lower by, in minor units.
    """

    document: Document
    paper: Paper
    groups: list[OutcomeGroup]
    lines: Sequence[OutcomeEntry]
    fees: Sequence[FeeEntry]
    corrects: list[Document]
    corrected_by: list[Document]
    has_einvoice: bool
    einvoice: EInvoice | None
    balance: DocumentBalance
    settled_by: Sequence[Allocation]
    late_claims: Sequence[LateClaim]
    reminders: Sequence[ReminderSent]


def document_by_number(documents: QuerySet[Document], full_number: str) -> QuerySet[Document]:
    """Narrow documents down to the one numbered ``INV-000001``; a text that is no number finds none."""
    prefix, _, digits = full_number.partition("-")
    kinds = [kind for kind, known in PREFIXES.items() if known == prefix]
    is_number = len(digits) >= 6 and digits.isascii() and digits.isdigit() and len(digits) < 10
    if not kinds or not is_number or full_number != f"{prefix}-{int(digits):06d}":
        return documents.none()
    found = documents.filter(kind=kinds[0], number=int(digits))
    return found.select_related(
        "agreement__funder",
        "agreement__provider",
        "agreement__programme",
        "month",
        "issued_by",
        "self_billed",
    )


def document_page(document: Document, user: User) -> DocumentPage:
    """Return what the page of a document shows, in a number of queries that does not grow with its lines."""
    entries = entries_of([document])[document.pk]
    claims = LateClaim.objects.visible_to(user).filter(document=document)
    paper = paper_from(document, entries)
    visible = Document.objects.visible_to(user)
    return DocumentPage(
        document=document,
        paper=paper,
        groups=grouped(paper.outcome_lines),
        lines=_in_order(entries),
        fees=sorted(entries.fees, key=lambda fee: (fee.line.month, fee.line.ref, fee.charge)),
        corrects=list(visible.filter(corrections__document=document).order_by("number")),
        corrected_by=list(visible.filter(lines__charge__credits__line__document=document).order_by("number")),
        has_einvoice=has_einvoice(document),
        einvoice=EInvoice.objects.defer("content").filter(document=document).first(),
        balance=DocumentBalance.objects.select_related("document").get(document=document),
        settled_by=_settled_by(document),
        late_claims=list(claims.order_by("since", "pk")),
        reminders=_reminders(document),
    )


def _reminders(document: Document) -> list[ReminderSent]:
    """Return the log of letters about an unpaid invoice, by stage in the order of days."""
    programme = document.agreement.programme
    sent: dict[str, list[date]] = {}
    for stage, at in document.payment_reminders.values_list("stage", "sent_at"):
        sent.setdefault(stage, []).append(programme.local_date(at))
    return [ReminderSent(ReminderStage(stage), days[0], days[-1], len(days)) for stage, days in sent.items()]


def _settled_by(document: Document) -> Sequence[Allocation]:
    """Return what settles the document or is set off by it and was not undone, in order of day."""
    uses = Allocation.objects.live().filter(Q(document=document) | Q(credit=document))
    related = uses.select_related("journal", "line", "document", "credit")
    return list(related.order_by("journal__dated_on", "pk"))


def _in_order(entries: Entries) -> list[OutcomeEntry]:
    """Order lines as the groups stand, then by date and reference."""

    def order(entry: OutcomeEntry) -> tuple[object, ...]:
        line = entry.line
        return (
            line.position,
            line.outcome,
            line.term,
            line.clause,
            line.corrects,
            -line.amount_minor,
            line.achieved_on,
            line.event,
        )

    return sorted(entries.outcomes, key=order)
