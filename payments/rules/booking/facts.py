"""What is exported: movements of the ledger, and what documents say beside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from mhep.kernel.money import Money, split
from payments.rules.vat import VatGroup, VatKind

Cell = str | int | date | Money


@dataclass(frozen=True, slots=True)
class Named:
    """A funder, a provider or an outcome type: its key, its code and what people call it."""

    key: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Leg:
    """One posting: minor units, a debit positive, a credit negative."""

    account: str
    amount: int
    funder: Named | None = None
    provider: Named | None = None
    outcome: Named | None = None
    document: str = ""

    @property
    def party(self) -> Named | None:
        return self.funder or self.provider


@dataclass(frozen=True, slots=True)
class BookedLine:
    """``count`` times ``unit`` of a document, with the VAT that falls on it; positive minor units."""

    description: str
    outcome: Named | None
    count: int
    unit: int
    vat: VatKind
    vat_minor: int = 0

    @property
    def net(self) -> int:
        return self.count * self.unit


@dataclass(frozen=True, slots=True)
class BookedDocument:
    """
    What an issued document says: its lines come to ``net``, their VAT to ``vat_minor``, all positive.

    ``is_sale`` tells a funder's document from a provider's. ``party`` is who it names.
    """

    number: str
    is_sale: bool
    is_credit: bool
    party: str
    reference: str
    issued_on: date
    due_on: date
    lines: tuple[BookedLine, ...]
    vat_minor: int

    @property
    def net(self) -> int:
        return sum(line.net for line in self.lines)


@dataclass(frozen=True, slots=True)
class Movement:
    """One journal of the ledger; its legs add up to zero."""

    key: int
    dated_on: date
    what: str
    note: str
    legs: tuple[Leg, ...]
    document: BookedDocument | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A file for the operator's accounts: a table, and what it is called."""

    name: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]


@dataclass(frozen=True, slots=True)
class Written:
    """
    What an export comes to.

    ``effect`` is what whoever imports the files will have booked, by ledger account, a debit positive: worked
    out from the rows, so that it can be held against the ledger. ``warnings`` are for the person who imports.
    """

    files: tuple[File, ...]
    effect: Mapping[str, int]
    warnings: tuple[str, ...] = ()


def moved(movements: Iterable[Movement]) -> dict[str, int]:
    """Return what the ledger says that movements come to, by account, a debit positive; nothing left out."""
    sums: dict[str, int] = {}
    for movement in movements:
        for leg in movement.legs:
            sums[leg.account] = sums.get(leg.account, 0) + leg.amount
    return {account: amount for account, amount in sums.items() if amount}


def with_vat(lines: Iterable[BookedLine], groups: Iterable[VatGroup]) -> tuple[BookedLine, ...]:
    """
    Return the lines with the VAT of the document divided among them; it adds up to that of each group.

    :raises ValueError: if lines are taxed in a way of which the document has no sum.
    """
    listed = list(lines)
    due = {group.kind: group.vat_minor for group in groups}
    if {line.vat for line in listed} - set(due):
        raise ValueError("A line is taxed in a way of which its document has no sum.")
    taxed = dict[int, BookedLine]()
    for kind, vat in due.items():
        places = [place for place, line in enumerate(listed) if line.vat == kind and line.net]
        parts = split(vat, [listed[place].net for place in places]) if places else ()
        for place, part in zip(places, parts, strict=True):
            taxed[place] = replace(listed[place], vat_minor=part)
    return tuple(taxed.get(place, line) for place, line in enumerate(listed))
