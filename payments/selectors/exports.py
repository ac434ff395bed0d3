"""The two exports that tie everything together: charges and documents (spec: invoicing)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date

from funders.models import Programme
from mhep.kernel.money import to_major
from mhep.kernel.periods import Month
from payments.enums import ChargeKind, DocumentKind
from payments.models import Charge, Document

CHARGE_HEADINGS = ("period", "direction", "agreement", "term", "event", "kind", "amount", "reason")
DOCUMENT_HEADINGS = ("period", "direction", "agreement", "kind", "lines", "net", "vat", "gross")


def charges_csv(programme: Programme, period: Month | None = None) -> str:
    """Return every charge, credit, nil decision and fee, or those of one month, as CSV sorted as text."""
    charges = Charge.objects.filter(agreement__programme=programme)
    if period is not None:
        charges = charges.filter(month__first_day=period.first_day)
    rows = charges.values_list(
        "month__first_day",
        "agreement__direction",
        "agreement__ref",
        "term__ref",
        "fee__ref",
        "adjustment__number",
        "adjustment__term__ref",
        "event__reference",
        "fee_month",
        "kind",
        "amount_minor",
        "reason",
    )
    stored = rows.iterator(chunk_size=10_000)
    return _as_csv(
        CHARGE_HEADINGS,
        (
            (
                str(Month.of(first_day)),
                direction.lower(),
                agreement,
                term or fee or adjusted_term or "",
                _event_cell(event, fee_month, adjustment),
                _kind_cell(kind, amount),
                to_major(amount),
                "adjustment" if kind == ChargeKind.ADJUSTMENT else reason.lower(),
            )
            for (
                first_day,
                direction,
                agreement,
                term,
                fee,
                adjustment,
                adjusted_term,
                event,
                fee_month,
                kind,
                amount,
                reason,
            ) in stored
        ),
    )


def documents_csv(programme: Programme) -> str:
    """Return every issued document as CSV sorted as text; a remittance statement counts as an invoice."""
    rows = Document.objects.filter(agreement__programme=programme).values_list(
        "month__first_day",
        "agreement__direction",
        "agreement__ref",
        "kind",
        "line_count",
        "net_minor",
        "vat_minor",
        "gross_minor",
    )
    return _as_csv(
        DOCUMENT_HEADINGS,
        (
            (
                str(Month.of(first_day)),
                direction.lower(),
                agreement,
                "credit_note" if kind == DocumentKind.CREDIT_NOTE else "invoice",
                str(lines),
                *map(to_major, amounts),
            )
            for first_day, direction, agreement, kind, lines, *amounts in rows.iterator(chunk_size=10_000)
        ),
    )


def _event_cell(event: str | None, fee_month: date | None, adjustment: int | None) -> str:
    if adjustment is not None:
        return f"ADJ-{adjustment}"
    return str(Month.of(fee_month)) if fee_month else event or ""


def _kind_cell(kind: str, amount: int) -> str:
    """The specification knows no adjustments: one that adds is a charge, one that gives back a credit."""
    if kind == ChargeKind.ADJUSTMENT:
        kind = ChargeKind.CREDIT if amount < 0 else ChargeKind.CHARGE
    return kind.lower()


def _as_csv(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows(sorted(rows))
    return stream.getvalue()
