"""Double entry: every movement adds up to zero, and what was wrong is undone by its opposite."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mhep.kernel.money import to_major


class Unbalanced(ValueError):
    """The entries are no journal; the text says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One side of a movement: minor units on an account, a debit positive, a credit negative.

    The other values are keys of what the amount is about, where that is known.
    """

    account: str
    amount: int
    funder: int | None = None
    provider: int | None = None
    outcome_type: int | None = None
    document: int | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """What stands on an account: all its debits and credits, both positive, in minor units."""

    account: str
    debits: int
    credits: int

    @property
    def net(self) -> int:
        """The balance: positive if it is a debit."""
        return self.debits - self.credits


def balance_of(entries: Iterable[Entry]) -> None:
    """
    Let entries pass that add up to zero.

    :raises Unbalanced: if they do not, if there are fewer than two, or if one is of nothing.
    """
    listed = list(entries)
    if len(listed) < 2:
        raise Unbalanced("A movement has two sides at least.")
    if any(entry.amount == 0 for entry in listed):
        raise Unbalanced("An entry of nothing is none.")
    total = sum(entry.amount for entry in listed)
    if total:
        raise Unbalanced(f"The entries do not balance: they are {to_major(total)} apart.")


def opposite(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries that undo these."""
    return [replace(entry, amount=-entry.amount) for entry in entries]


def balances(entries: Iterable[Entry], accounts: Iterable[str]) -> list[Balance]:
    """Return what stands on each of the accounts, in their order, those without an entry left out."""
    debits: dict[str, int] = {}
    credit: dict[str, int] = {}
    for entry in entries:
        side = debits if entry.amount > 0 else credit
        side[entry.account] = side.get(entry.account, 0) + abs(entry.amount)
    return [
        Balance(account, debits.get(account, 0), credit.get(account, 0))
        for account in accounts
        if account in debits or account in credit
    ]
