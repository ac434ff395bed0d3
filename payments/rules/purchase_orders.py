"""Which purchase order a document uses, and what is wrong with it before the document is issued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from funders.rules.definition import PurchaseOrderDefinition


class PoTrouble(StrEnum):
    """Why a funder may refuse to pay: "no PO, no pay"."""

    MISSING = "missing"
    EXPIRED = "expired"
    EXHAUSTED = "exhausted"


@dataclass(frozen=True, slots=True)
class PoWarning:
    """What is wrong with the order of a document to come; amounts are minor units without VAT."""

    trouble: PoTrouble
    number: str = ""
    ended_on: date | None = None
    worth_minor: int = 0
    used_minor: int = 0
    wanted_minor: int = 0

    @property
    def short_minor(self) -> int:
        """By how much the order is too small."""
        return max(0, self.used_minor + self.wanted_minor - self.worth_minor)


def fitting(orders: Sequence[PurchaseOrderDefinition], issued_on: date) -> PurchaseOrderDefinition | None:
    """Return the first order whose period holds the issue date."""
    return next((each for each in orders if _holds(each, issued_on)), None)


def warning_for(
    orders: Sequence[PurchaseOrderDefinition],
    *,
    po_number: str,
    required: bool,
    issued_on: date,
    wanted_minor: int,
    used_minor: dict[str, int],
) -> PoWarning | None:
    """
    Return what is wrong with the order that a document would use, or None.

    :param po_number: the agreement's number without period and value, which stands in where no order fits.
    :param wanted_minor: the net amount of the document.
    :param used_minor: what was invoiced on each number less what was credited.
    """
    order = fitting(orders, issued_on)
    if order is None:
        return None if po_number else _without(orders, issued_on, required=required)
    used = used_minor.get(order.number, 0)
    if order.amount_minor is not None and used + wanted_minor > order.amount_minor:
        return PoWarning(
            PoTrouble.EXHAUSTED,
            order.number,
            worth_minor=order.amount_minor,
            used_minor=used,
            wanted_minor=wanted_minor,
        )
    return None


def _without(
    orders: Sequence[PurchaseOrderDefinition], issued_on: date, *, required: bool
) -> PoWarning | None:
    ended = [each for each in orders if each.ends_on is not None and each.ends_on < issued_on]
    if ended:
        last = max(ended, key=lambda each: each.ends_on or date.min)
        return PoWarning(PoTrouble.EXPIRED, last.number, ended_on=last.ends_on)
    return PoWarning(PoTrouble.MISSING) if required or orders else None


def _holds(order: PurchaseOrderDefinition, issued_on: date) -> bool:
    begun = order.starts_on is None or order.starts_on <= issued_on
    return begun and (order.ends_on is None or issued_on <= order.ends_on)
