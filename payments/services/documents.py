"""Issuing documents: numbers without gaps, lines that add up, nothing changed afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from accounts.models import User
from funders.enums import Direction
from funders.models import Programme
from mhep.shared.copying import copy_rows
from payments.enums import DocumentKind
from payments.models import Document, Month, Unbilled
from payments.rules import billing
from payments.selectors.billable import bill_ready, kinds_to_bill, open_lines
from payments.selectors.contracts import Contract, Terms
from payments.selectors.due_dates import due_on
from payments.selectors.headers import Headers
from payments.services.ledger import post_documents

CORRECTED = """
    SELECT c.id, coalesce(l.document_id, j.corrects_id, ol.document_id)
    FROM payments_charge c
    LEFT JOIN payments_documentline l ON l.charge_id = c.credits_id
    LEFT JOIN payments_adjustment j ON j.id = c.adjustment_id
    LEFT JOIN payments_charge o ON o.adjustment_id = c.adjustment_id AND c.reason = 'VOIDED'
        AND o.reason = 'ADJUSTMENT'
    LEFT JOIN payments_documentline ol ON ol.charge_id = o.id
    WHERE c.id = ANY(%s)
"""
NEXT_NUMBERS = """
    INSERT INTO payments_documentcounter (operator_id, kind, last_number)
    VALUES (%(operator)s, %(kind)s, %(count)s)
    ON CONFLICT (operator_id, kind)
        DO UPDATE SET last_number = payments_documentcounter.last_number + excluded.last_number
    RETURNING last_number
"""


@dataclass(frozen=True, slots=True)
class Issuing:
    """The date that documents bear, and who issues them when."""

    issued_on: date
    actor: User | None
    at: datetime


@dataclass(frozen=True, slots=True)
class _Issue:
    kind: DocumentKind
    terms: Terms
    draft: billing.Draft


def issue_documents(
    contract: Contract, month: Month, *, issued_on: date, actor: User | None, at: datetime
) -> dict[int, billing.Billed]:
    """
    Issue each agreement's documents for a priced month from all that is on none yet.

    Returns by agreement what its funder is to approve first instead; those lines go on waiting. Runs inside
    the transaction that closes the month. The numbers are taken last, so that other programmes of the
    operator wait as briefly as can be. Each document goes into the ledger as it is issued.
    """
    approving = [key for key, terms in contract.agreements.items() if terms.row.approval_days is not None]
    found = open_lines(contract.agreements, approving, month.pk)
    issues: list[_Issue] = []
    waiting = list(found.held)
    stated: dict[int, billing.Billed] = {}
    kinds = kinds_to_bill(contract.agreements.values(), found.free)
    for key, lines in found.free.items():
        terms = contract.agreements[key]
        if not billing.falls_due_for_billing(
            month.period, quarterly=terms.quarterly, financial_year=contract.financial_year
        ):
            waiting += [(line.key, key) for line in lines]
            continue
        billed = bill_ready(terms, lines, kinds)
        if key in approving and (billed.invoice or billed.credit_note):
            stated[key] = billed
            waiting += [(line.key, key) for line in lines]
        else:
            issues += _issues(terms, billed)
            waiting += [(line, key) for line in billed.waiting]
    _keep_waiting(contract, waiting)
    _issue_all(contract.programme, month, issues, Issuing(issued_on, actor, at))
    return stated


def issue_lines(
    programme: Programme,
    month: Month,
    terms: Terms,
    lines: Sequence[billing.BillableLine],
    issuing: Issuing,
) -> None:
    """
    Issue one agreement's documents of a closed month from lines that its funder has approved.

    What gives back more than is left, or comes to nothing, goes on waiting. The caller holds the lock of the
    programme, and the agreement has no documents of that month.
    """
    issues = _issues(terms, bill_ready(terms, lines))
    billed = [line for issue in issues for line in issue.draft.lines]
    Unbilled.objects.filter(charge__in=billed)._raw_delete("default")  # noqa: SLF001
    _issue_all(programme, month, issues, issuing)


def _issue_all(programme: Programme, month: Month, issues: Sequence[_Issue], issuing: Issuing) -> None:
    # Invoices before credit notes: a credit may correct an invoice of the same day.
    for kind in (DocumentKind.INVOICE, DocumentKind.REMITTANCE, DocumentKind.CREDIT_NOTE):
        of_kind = [issue for issue in issues if issue.kind == kind]
        issued = _issue_kind(programme, month, kind, of_kind, issuing)
        post_documents([document.pk for document in issued], actor=issuing.actor, at=issuing.at)


def _issues(terms: Terms, billed: billing.Billed) -> list[_Issue]:
    payable = terms.row.direction == Direction.PAYABLE
    invoice_kind = DocumentKind.REMITTANCE if payable else DocumentKind.INVOICE
    return [
        _Issue(kind, terms, draft)
        for kind, draft in ((invoice_kind, billed.invoice), (DocumentKind.CREDIT_NOTE, billed.credit_note))
        if draft is not None
    ]


def _keep_waiting(contract: Contract, waiting: list[tuple[int, int]]) -> None:
    Unbilled.objects.filter(agreement__in=list(contract.agreements))._raw_delete("default")  # noqa: SLF001
    copy_rows("payments_unbilled", ("charge_id", "agreement_id"), waiting)


def _issue_kind(
    programme: Programme,
    month: Month,
    kind: DocumentKind,
    issues: list[_Issue],
    issuing: Issuing,
) -> list[Document]:
    if not issues:
        return []
    operator = programme.operator
    last = _take_numbers(operator.pk, kind, len(issues))
    issued_on = _not_before_the_last(operator.pk, kind, issuing.issued_on)
    headers = Headers(programme)
    documents = Document.objects.bulk_create(
        [
            Document(
                operator=operator,
                kind=kind,
                number=number,
                agreement=issue.terms.row,
                month=month,
                issued_on=issued_on,
                due_on=due_on(issue.terms.row, issued_on),
                currency=programme.currency,
                net_minor=issue.draft.net,
                vat_rate=issue.terms.vat_rate,
                vat_minor=issue.draft.vat,
                gross_minor=issue.draft.gross,
                line_count=len(issue.draft.lines),
                issued_by=issuing.actor,
                header=headers.of(issue.terms.row, issued_on, issue.draft.groups),
            )
            for number, issue in enumerate(issues, start=last - len(issues) + 1)
        ]
    )
    corrected = _corrected(issues) if kind == DocumentKind.CREDIT_NOTE else {}
    copy_rows(
        "payments_documentline",
        ("document_id", "charge_id", "corrects_id"),
        (
            (document.pk, line, corrected.get(line))
            for document, issue in zip(documents, issues, strict=True)
            for line in issue.draft.lines
        ),
    )
    return documents


def _take_numbers(operator_id: int, kind: DocumentKind, count: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(NEXT_NUMBERS, {"operator": operator_id, "kind": kind.value, "count": count})
        return int(cursor.fetchone()[0])


def _not_before_the_last(operator_id: int, kind: DocumentKind, issued_on: date) -> date:
    """
    Return ``issued_on``, or the date of the last number given if that is later.

    Numbers follow the dates of a series, also where one programme's day has ended and another's has not.
    """
    dates = Document.objects.filter(operator=operator_id, kind=kind).order_by("-number")
    return max(issued_on, dates.values_list("issued_on", flat=True).first() or issued_on)


def _corrected(issues: Iterable[_Issue]) -> dict[int, int]:
    """Return the document that each credit corrects, by the credit's key."""
    lines = [line for issue in issues for line in issue.draft.lines]
    with connection.cursor() as cursor:
        cursor.execute(CORRECTED, [lines])
        return dict(cursor.fetchall())
