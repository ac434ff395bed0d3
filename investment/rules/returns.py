"""The investor's return: the yearly rate at which what was paid in is worth what came back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyxirr

_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Flow:
    """Money on a day as the investor sees it: negative paid in, positive received; minor units."""

    on: date
    amount: int


def internal_rate(flows: Iterable[Flow]) -> Decimal | None:
    """
    Return the internal rate of return a year as a fraction with four decimals (0.0450 is 4.5%).

    None if there is none: nothing was paid in, or nothing has come back yet.
    """
    dated = [flow for flow in flows if flow.amount]
    if not any(flow.amount < 0 for flow in dated) or not any(flow.amount > 0 for flow in dated):
        return None
    rate = pyxirr.xirr([flow.on for flow in dated], [flow.amount for flow in dated], silent=True)
    return None if rate is None else Decimal(str(rate)).quantize(_PLACES)


def multiple(flows: Iterable[Flow]) -> Decimal | None:
    """Return how many times what was paid in has come back (two decimals); None if nothing was."""
    amounts = [flow.amount for flow in flows]
    paid_in = -sum(amount for amount in amounts if amount < 0)
    if not paid_in:
        return None
    back = sum(amount for amount in amounts if amount > 0)
    return (Decimal(back) / Decimal(paid_in)).quantize(Decimal("0.01"))
