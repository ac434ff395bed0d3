"""Charges, documents and statements as the API writes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from mhep.kernel.money import to_major
from mhep.kernel.periods import Month
from mhep.shared.sealed_ids import Kind, sealed_id
from payments.enums import MonthState
from payments.models import Charge, Document, Statement
from payments.rules.explanation.page import Amount, Exact, Explanation, Link, Part, Text
from payments.rules.statements import StatedLine
from payments.selectors.einvoices import has_einvoice

Address = Callable[[str], str]
"""Gives the whole address of the view of that name for one document."""


def money(minor: int, currency: str) -> dict[str, str]:
    """Return an amount in major units beside its currency."""
    return {"amount": to_major(minor), "currency": currency}


def charge_written(row: Charge, currency: str) -> dict[str, Any]:
    """Return what the API says of a charge; month, agreement, term, event and line are best read with it."""
    line = getattr(row, "line", None)
    return {
        "id": sealed_id(Kind.CHARGE, row.pk),
        "month": str(row.month.period),
        "is_final": row.month.state == MonthState.CLOSED,
        "agreement": row.agreement.ref,
        "direction": row.agreement.direction,
        "kind": row.kind,
        "reason": row.reason,
        "term": row.term.ref if row.term else None,
        "outcome": row.event.reference if row.event else None,
        "amount": money(row.amount_minor, currency),
        "document": line.document.full_number if line else None,
    }


def explanation_written(explanation: Explanation, currency: str) -> dict[str, Any]:
    """Return an explanation in sentences."""
    return {
        "answer": plain(explanation.answer, currency),
        "steps": [
            {"title": step.title, "says": [plain(text, currency) for text in step.says]}
            for step in explanation.steps
        ],
    }


def plain(text: Text, currency: str) -> str:
    """Return a sentence of an explanation without its links."""
    return "".join(_part(part, currency) for part in text)


def _part(part: Part, currency: str) -> str:
    if isinstance(part, Amount):
        return f"{to_major(part.minor)} {currency}"
    if isinstance(part, Exact):
        return _figure(part.value, currency)
    if isinstance(part, Link):
        return part.text
    return part.isoformat() if isinstance(part, date) else str(part)


def _figure(value: Decimal, currency: str) -> str:
    return f"{value:f} {currency}"


def document_written(row: Document, address: Address) -> dict[str, Any]:
    """Return what the API says of a document; agreement, month and balance are best read with it."""
    return {
        "number": row.full_number,
        "kind": row.kind,
        "agreement": row.agreement.ref,
        "party": row.header["party"]["name"],
        "month": str(row.month.period),
        "issued_on": row.issued_on,
        "due_on": row.due_on,
        "net": money(row.net_minor, row.currency),
        "vat": money(row.vat_minor, row.currency),
        "gross": money(row.gross_minor, row.currency),
        "open": money(row.balance.open_minor, row.currency),
        "payment_state": row.balance.state,
        "pdf": address("payments-api:document-pdf"),
        "e_invoice": address("payments-api:document-einvoice") if has_einvoice(row) else None,
    }


def statement_written(row: Statement, currency: str) -> dict[str, Any]:
    """Return what the API says of a statement; its agreement, funder and month are best read with it."""
    return {
        "id": sealed_id(Kind.STATEMENT, row.pk),
        "agreement": row.agreement.ref,
        "funder": row.agreement.funder.code if row.agreement.funder else "",
        "month": str(row.month.period),
        "revision": row.revision,
        "state": row.state,
        "line_count": row.line_count,
        "to_invoice": money(row.charges_gross_minor, currency),
        "to_credit": money(row.credits_gross_minor, currency),
        "sent_at": row.sent_at,
        "answer_by": row.answer_by,
        "ended_at": row.ended_at,
    }


def line_written(line: StatedLine) -> dict[str, Any]:
    """Return what the API says of one line of a statement."""
    return {
        "charge": sealed_id(Kind.CHARGE, line.key),
        "kind": line.kind,
        "what": line.what,
        "outcome": line.event,
        "participant": line.participant,
        "month": str(Month.parse(line.period)),
        "amount": to_major(line.amount_minor),
        "corrects": line.corrects,
    }
