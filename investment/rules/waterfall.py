"""
Who is paid first out of what was earned: the waterfall that a facility declares.

Money runs down the tiers in their order. A tier takes what is owed to it, as far as the money goes; what it
does not get stays owed. The residual is what is left when everybody has been paid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum


class Tier(Enum):
    """Somebody whom the waterfall pays."""

    COSTS = "COSTS"  # the operator's own costs of running the contract
    PROVIDERS = "PROVIDERS"  # remittance statements of providers
    INTEREST = "INTEREST"  # of the facility, through the day
    PRINCIPAL = "PRINCIPAL"  # of the facility, drawn and not repaid


DEFAULT_ORDER = (Tier.COSTS, Tier.PROVIDERS, Tier.INTEREST, Tier.PRINCIPAL)


@dataclass(frozen=True, slots=True)
class Step:
    """What one tier is owed and gets; both in minor units, never below zero."""

    tier: Tier
    owed: int
    paid: int

    @property
    def left(self) -> int:
        """What stays owed."""
        return self.owed - self.paid


@dataclass(frozen=True, slots=True)
class Distribution:
    """The steps in their order, and what is left below them."""

    steps: tuple[Step, ...]
    residual: int

    def paid(self, tier: Tier) -> int:
        return sum(step.paid for step in self.steps if step.tier is tier)

    def left(self, tier: Tier) -> int:
        return sum(step.left for step in self.steps if step.tier is tier)


def check_order(order: Sequence[Tier]) -> None:
    """
    Check a declared order.

    :raises ValueError: if a tier is missing or there twice; the text says which.
    """
    for tier in Tier:
        if order.count(tier) != 1:
            raise ValueError(f"The waterfall needs {tier.value} once; it has it {order.count(tier)} times.")


def distribute(
    available: int, owed: Mapping[Tier, int], order: Sequence[Tier] = DEFAULT_ORDER
) -> Distribution:
    """
    Let ``available`` minor units run down the tiers.

    A tier that is not in ``owed`` is owed nothing. Nothing available (or less) pays nobody.

    :raises ValueError: if the order does not name every tier once, or a tier is owed less than nothing.
    """
    check_order(order)
    left = max(available, 0)
    steps = []
    for tier in order:
        claim = owed.get(tier, 0)
        if claim < 0:
            raise ValueError(f"{tier.value} is owed {claim}, which is less than nothing.")
        paid = min(left, claim)
        left -= paid
        steps.append(Step(tier, claim, paid))
    return Distribution(tuple(steps), left)
