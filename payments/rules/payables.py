"""What is paid to whom: a provider's open remittance statements less its open credit notes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Payable:
    """
    One document of a provider that no payment order holds.

    ``amount`` is its gross sum in minor units: positive for a remittance statement, negative for a
    credit note.
    """

    document: int
    provider: int
    amount: int


@dataclass(frozen=True, slots=True)
class Order:
    """One payment to one provider; ``amount`` is what its documents come to together, more than zero."""

    provider: int
    documents: tuple[Payable, ...]

    @property
    def amount(self) -> int:
        return sum(each.amount for each in self.documents)


@dataclass(frozen=True, slots=True)
class Proposal:
    """The orders that can be made, and the documents of providers that owe more than they are owed."""

    orders: tuple[Order, ...]
    waiting: tuple[Payable, ...]

    @property
    def amount(self) -> int:
        return sum(order.amount for order in self.orders)


def propose(payables: Iterable[Payable]) -> Proposal:
    """
    Put each provider's documents together into one order.

    A provider whose credit notes come to as much as its remittance statements, or more, gets none: all of its
    documents wait for the next statement.
    """
    orders: list[Order] = []
    waiting: list[Payable] = []
    ordered = sorted(payables, key=lambda each: (each.provider, each.document))
    for provider, group in groupby(ordered, key=lambda each: each.provider):
        order = Order(provider, tuple(group))
        if order.amount > 0:
            orders.append(order)
        else:
            waiting += order.documents
    return Proposal(tuple(orders), tuple(waiting))
