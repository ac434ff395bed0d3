"""From charges to documents: what goes on which, what cancels out and what waits (spec: invoicing)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from mhep.kernel.money import percent_of
from mhep.kernel.periods import Month, YearStart
from payments.rules.vat import VatGroup


class BillableLine(NamedTuple):
    """
    A charge, fee, credit or adjustment on no document yet; ``amount`` is negative where it gives back.

    ``credits`` is the key of the charge that a credit reverses.
    """

    key: int
    amount: int
    credits: int | None


@dataclass(frozen=True, slots=True)
class Draft:
    """One document to issue: the keys of its lines and its sums, all positive."""

    lines: tuple[int, ...]
    net: int
    vat: int
    groups: tuple[VatGroup, ...] = ()  # where the agreement says how its lines are taxed

    @property
    def gross(self) -> int:
        return self.net + self.vat


@dataclass(frozen=True, slots=True)
class Billed:
    """An agreement's documents of a month, and the lines that wait for the next."""

    invoice: Draft | None
    credit_note: Draft | None
    waiting: tuple[int, ...]


def falls_due_for_billing(month: Month, *, quarterly: bool, financial_year: YearStart) -> bool:
    """Tell whether an agreement is billed in ``month``: every month, or a quarter's third."""
    return not quarterly or financial_year.ends_quarter(month)


def cancelled(lines: Iterable[BillableLine]) -> frozenset[int]:
    """Return the lines that go on no document: a charge never billed, and its credit of the same amount."""
    by_key = {line.key: line for line in lines}
    pairs = (
        (line.key, line.credits)
        for line in by_key.values()
        if line.credits in by_key and by_key[line.credits].amount == -line.amount
    )
    return frozenset(key for pair in pairs for key in pair if key is not None)


def bill(lines: Sequence[BillableLine], vat_rate: Decimal) -> Billed:
    """
    Divide an agreement's open lines into an invoice and a credit note.

    ``lines`` holds none that is cancelled. A document whose sum would be zero is not made; its
    lines wait.
    """
    charges = [line for line in lines if line.amount >= 0]
    credit_lines = [line for line in lines if line.amount < 0]
    invoice, credit_note = _draft(charges, vat_rate), _draft(credit_lines, vat_rate)
    waiting = [
        line.key
        for draft, part in ((invoice, charges), (credit_note, credit_lines))
        if draft is None
        for line in part
    ]
    return Billed(invoice, credit_note, tuple(waiting))


def _draft(lines: Sequence[BillableLine], vat_rate: Decimal) -> Draft | None:
    net = abs(sum(line.amount for line in lines))
    if not net:
        return None
    return Draft(tuple(line.key for line in lines), net, percent_of(net, vat_rate))
