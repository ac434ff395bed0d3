"""
What the coming months bring: cash of the contract, what the waterfall pays, and the most that is missing.

A month takes what funders pay and what is drawn, then lets it run down the waterfall. What a tier does not
get stays owed and stands first in the next month. Everything happens on the month's last day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from investment.rules.facility import Movement, MovementKind, standing
from investment.rules.returns import Flow
from investment.rules.waterfall import DEFAULT_ORDER, Distribution, Tier, distribute
from mhep.kernel.periods import Month


@dataclass(frozen=True, slots=True)
class Ahead:
    """What one month is expected to bring, in minor units: received, newly due, and drawn."""

    month: Month
    received: int = 0
    costs: int = 0
    providers: int = 0
    drawn: int = 0


@dataclass(frozen=True, slots=True)
class Position:
    """Where the projection starts: cash in hand, what is owed already, and what the facility has seen."""

    cash: int = 0
    costs_owed: int = 0
    providers_owed: int = 0
    movements: tuple[Movement, ...] = ()


@dataclass(frozen=True, slots=True)
class Facility:
    """The terms that the projection needs: the rate (per cent a year), the order and what is kept as cash."""

    rate: Decimal
    order: Sequence[Tier] = DEFAULT_ORDER
    reserve: int = 0


@dataclass(frozen=True, slots=True)
class Projected:
    """One month as it would go; ``cash`` is what is left at its end."""

    ahead: Ahead
    distribution: Distribution
    cash: int
    principal: int

    @property
    def missing(self) -> int:
        """What costs and providers are owed at the month's end and cannot be paid."""
        return self.distribution.left(Tier.COSTS) + self.distribution.left(Tier.PROVIDERS)


@dataclass(frozen=True, slots=True)
class Peak:
    """The month at whose end the most cash is missing, and how much."""

    month: Month
    amount: int


def project(months: Sequence[Ahead], position: Position, facility: Facility) -> tuple[Projected, ...]:
    """
    Let the months run in order.

    Cash is kept up to the reserve; the residual above it stays in hand and is not paid out by itself.
    """
    result = []
    for ahead in months:
        projected, position = _month(ahead, position, facility)
        result.append(projected)
    return tuple(result)


def _month(ahead: Ahead, before: Position, facility: Facility) -> tuple[Projected, Position]:
    day = ahead.month.last_day
    movements = [*before.movements]
    if ahead.drawn:
        movements.append(Movement(day, MovementKind.DRAWDOWN, ahead.drawn))
    owing = standing(movements, facility.rate, day)
    cash = before.cash + ahead.received + ahead.drawn
    owed = {
        Tier.COSTS: before.costs_owed + ahead.costs,
        Tier.PROVIDERS: before.providers_owed + ahead.providers,
        Tier.INTEREST: max(owing.interest_due, 0),
        Tier.PRINCIPAL: owing.principal,
    }
    paid = distribute(cash - facility.reserve, owed, facility.order)
    for tier, kind in ((Tier.INTEREST, MovementKind.INTEREST), (Tier.PRINCIPAL, MovementKind.PRINCIPAL)):
        if paid.paid(tier):
            movements.append(Movement(day, kind, paid.paid(tier)))
    left = cash - sum(step.paid for step in paid.steps)
    after = replace(
        before,
        cash=left,
        costs_owed=paid.left(Tier.COSTS),
        providers_owed=paid.left(Tier.PROVIDERS),
        movements=tuple(movements),
    )
    return Projected(ahead, paid, left, paid.left(Tier.PRINCIPAL)), after


def peak_cash_need(months: Sequence[Ahead], cash: int = 0) -> Peak | None:
    """
    Return the most cash that would ever be missing if nobody lent any, and when; None if none ever is.

    It is the deepest point of cash in hand when everything received and due is counted and nothing drawn.
    """
    deepest: Peak | None = None
    for ahead in months:
        cash += ahead.received - ahead.costs - ahead.providers
        if cash < 0 and (deepest is None or -cash > deepest.amount):
            deepest = Peak(ahead.month, -cash)
    return deepest


def flows_of(movements: Sequence[Movement]) -> tuple[Flow, ...]:
    """Return the movements as the investor sees them."""
    return tuple(Flow(each.on, each.to_investor) for each in movements)


def flows_ahead(projected: Sequence[Projected]) -> tuple[Flow, ...]:
    """Return what the projected months would bring the investor, and what they would draw."""
    return tuple(
        Flow(each.ahead.month.last_day, amount)
        for each in projected
        for amount in (
            -each.ahead.drawn,
            each.distribution.paid(Tier.INTEREST) + each.distribution.paid(Tier.PRINCIPAL),
        )
        if amount
    )
