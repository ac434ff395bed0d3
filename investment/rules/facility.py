"""What a facility owes on a day: principal drawn and not repaid, and the interest on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from mhep.kernel.money import simple_interest


class MovementKind(Enum):
    """What went between the investor and the operator."""

    DRAWDOWN = "DRAWDOWN"
    INTEREST = "INTEREST"
    PRINCIPAL = "PRINCIPAL"
    RESIDUAL = "RESIDUAL"


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that moved on a day, in positive minor units; only a drawdown comes from the investor."""

    on: date
    kind: MovementKind
    amount: int

    @property
    def to_investor(self) -> int:
        """The amount as the investor sees it: negative if it was paid in."""
        return -self.amount if self.kind is MovementKind.DRAWDOWN else self.amount


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands at the end of a day, in minor units."""

    drawn: int
    repaid: int
    interest_accrued: int
    interest_paid: int
    residual_paid: int

    @property
    def principal(self) -> int:
        """Drawn and not repaid."""
        return self.drawn - self.repaid

    @property
    def interest_due(self) -> int:
        """Accrued and not paid."""
        return self.interest_accrued - self.interest_paid

    @property
    def owed(self) -> int:
        return self.principal + self.interest_due


def standing(movements: Iterable[Movement], rate: Decimal, at: date) -> Standing:
    """
    Return what stands at the end of ``at``; movements after that day are left out.

    Interest is simple, by actual days over 365, on the principal at the end of each day before, and is
    rounded once: what was accrued on a day does not depend on when it is asked for, nor on how often it
    was paid.

    :param rate: per cent a year.
    """
    past = sorted((each for each in movements if each.on <= at), key=lambda each: each.on)
    totals = {kind: sum(each.amount for each in past if each.kind is kind) for kind in MovementKind}
    return Standing(
        drawn=totals[MovementKind.DRAWDOWN],
        repaid=totals[MovementKind.PRINCIPAL],
        interest_accrued=simple_interest(_minor_days(past, at), rate),
        interest_paid=totals[MovementKind.INTEREST],
        residual_paid=totals[MovementKind.RESIDUAL],
    )


def _minor_days(movements: Iterable[Movement], at: date) -> int:
    """Return the principal of each day through ``at``, added up."""
    signs = {MovementKind.DRAWDOWN: 1, MovementKind.PRINCIPAL: -1}
    return sum(signs.get(each.kind, 0) * each.amount * (at - each.on).days for each in movements)
