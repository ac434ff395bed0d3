"""
What each funder was charged, invoiced, credited, paid and still owes, and that it all adds up.

Amounts are minor units. Charged, approved and disputed are net; all others include VAT.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date

AGES = ("0 to 30 days", "31 to 60 days", "61 to 90 days", "Over 90 days")
_EDGES = (30, 60, 90)


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a funder and a month, or of any number of them together."""

    charged: int = 0
    approved: int = 0
    disputed: int = 0
    net: int = 0
    invoiced: int = 0
    credited: int = 0
    received: int = 0
    bank_charges: int = 0
    set_off: int = 0
    age_0: int = 0
    age_1: int = 0
    age_2: int = 0
    age_3: int = 0
    unallocated: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    @property
    def outstanding(self) -> int:
        """What is owed: the sum over all ages."""
        return self.age_0 + self.age_1 + self.age_2 + self.age_3

    @property
    def billed(self) -> int:
        """What was invoiced, less what was credited."""
        return self.invoiced - self.credited

    @property
    def ages(self) -> tuple[int, int, int, int]:
        return (self.age_0, self.age_1, self.age_2, self.age_3)

    @property
    def gap(self) -> int:
        """What is outstanding, less what it should be: nothing, or something is broken."""
        settled = self.credited + self.received + self.bank_charges + self.set_off
        return self.outstanding - (self.invoiced - settled)


@dataclass(frozen=True, slots=True)
class Tie:
    """A total of the page beside the same of the ledger."""

    name: str
    shown: int
    ledger: int

    @property
    def difference(self) -> int:
        return self.shown - self.ledger


@dataclass(frozen=True, slots=True)
class ThreeTotals:
    """
    What a programme was charged in all, as the sum over payers, and as the sum over months; each worked out
    by itself, so that they can disagree.

    ``invoiced`` is net of credit notes and VAT, ``waiting`` what no document holds yet.
    """

    project: int
    by_payer: int
    by_period: int
    invoiced: int
    waiting: int

    @property
    def payer_difference(self) -> int:
        return self.by_payer - self.project

    @property
    def period_difference(self) -> int:
        return self.by_period - self.project

    @property
    def unexplained(self) -> int:
        """What was charged and is neither on a document nor waiting for one: nothing, or it is broken."""
        return self.project - self.invoiced - self.waiting


def age_of(due_on: date, today: date) -> int:
    """Return the place in ``AGES`` of what was due on a day; what is not due yet is the youngest."""
    late = (today - due_on).days
    return sum(late > edge for edge in _EDGES)


def total(figures: Iterable[Figures]) -> Figures:
    """Return all of them together."""
    result = Figures()
    for each in figures:
        result += each
    return result
