"""A funder's own remittance file beside its open documents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from funders.models import Funder
from mhep.kernel.money import Money
from mhep.kernel.problems import Problem
from mhep.shared.sheets import Sheet
from mhep.shared.tables import UnreadableTable, read_table
from payments.enums import DocumentKind
from payments.models import Document
from payments.rules.bank_statement import UnreadableBankFile, exact_minor
from payments.rules.remittance_advice import Compared, Standing, compare

HEADINGS = ("reference", "amount")
SHEET_HEADINGS = ("Reference", "Standing", "Ours", "Theirs", "Difference", "Currency")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The lines of both sides, and how many there are of each standing."""

    lines: tuple[Compared, ...]

    @property
    def counts(self) -> list[tuple[str, int, int]]:
        """Return each standing with its number of lines and what they are apart."""
        return [
            (
                standing.value,
                sum(line.standing == standing for line in self.lines),
                sum(line.difference for line in self.lines if line.standing == standing),
            )
            for standing in Standing
        ]


def comparison_of(funder: Funder, content: bytes) -> Comparison:
    """
    Return a funder's file beside what it has open; an amount may have a sign and thousands separators.

    :raises UnreadableTable: if the file has not the headings reference and amount, or an amount is none.
    """
    table = read_table(content, HEADINGS)
    theirs, problems = [], []
    for row in table.rows:
        reference, amount = row.cells
        try:
            bare = amount.replace(",", "").replace("£", "").replace("€", "")
            theirs.append((reference, exact_minor(bare, f"row {row.number}")))
        except UnreadableBankFile as refusal:
            problems += [
                Problem(each.place, each.code, f"Row {row.number}: {each.message}")
                for each in refusal.problems
            ]
    if problems:
        raise UnreadableTable(problems)
    return Comparison(tuple(compare(_open_of(funder), theirs)))


def comparison_sheet(comparison: Comparison, currency: str) -> Sheet:
    """Return the comparison as a table; the side that has nothing shows nothing."""
    return Sheet(
        "Compared",
        SHEET_HEADINGS,
        [
            (
                line.reference,
                line.standing.value,
                Money(line.ours, currency) if line.ours is not None else "",
                Money(line.theirs, currency) if line.theirs is not None else "",
                Money(line.difference, currency),
                currency,
            )
            for line in comparison.lines
        ],
    )


def _open_of(funder: Funder) -> dict[str, int]:
    """Return what is open of a funder's documents by number, the first due first."""
    documents = Document.objects.filter(agreement__funder=funder, balance__open_minor__gt=0)
    listed: list[tuple[date, str, int]] = []
    for document in documents.select_related("balance"):
        sign = -1 if document.kind == DocumentKind.CREDIT_NOTE else 1
        listed.append((document.due_on, document.full_number, sign * document.balance.open_minor))
    return {number: amount for _, number, amount in sorted(listed)}
