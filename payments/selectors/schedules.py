"""The line schedule of a document: one row a line, which add up to its net sum."""

from __future__ import annotations

from mhep.kernel.money import Money
from mhep.shared.sheets import Cell, Sheet
from payments.models import Document
from payments.selectors.papers import entries_of

HEADINGS = (
    "Document",
    "Line",
    "Participant",
    "Event",
    "Outcome or fee",
    "Outcome date or month",
    "Term",
    "Clause",
    "Corrects",
    "Amount",
    "Currency",
)


def schedule_of(document: Document) -> Sheet:
    """
    Return a document's lines as a table, as they were charged: outcomes, then fees.

    People appear by reference only. Amounts are positive, also on a credit note.
    """
    number = document.full_number
    entries = entries_of([document])[document.pk]
    outcomes: list[tuple[Cell, ...]] = [
        (
            line.participant,
            line.event,
            line.outcome,
            line.achieved_on,
            line.term,
            line.clause,
            line.corrects,
            Money(line.amount_minor, document.currency),
        )
        for line in (entry.line for entry in entries.outcomes)
    ]
    fees: list[tuple[Cell, ...]] = [
        (
            "",
            "",
            fee.description,
            str(fee.month),
            fee.ref,
            "",
            fee.corrects,
            Money(fee.amount_minor, document.currency),
        )
        for fee in (entry.line for entry in entries.fees)
    ]
    rows = [(number, place, *row, document.currency) for place, row in enumerate([*outcomes, *fees], start=1)]
    return Sheet(number, HEADINGS, rows)
