"""
The registry of metrics: each defined once, and used alike by page, export, pack and API. Pure.

A variant is how another scheme counts the same thing. It stands beside the metric and is never mixed with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from mhep.kernel.money import ratio_of
from performance.rules.facts import MonthFacts


class Unit(Enum):
    """In what a metric is counted. Its text is what pages show."""

    PEOPLE = "People"
    OUTCOMES = "Outcomes"
    PER_CENT = "Per cent"
    DAYS = "Days"
    PEOPLE_EACH = "People for each full-time specialist"
    POSTS = "Full-time posts"
    AMOUNT = "Amount"


class Wanted(Enum):
    """Which way a metric is wanted to go. Its text is what pages show."""

    HIGHER = "Higher is better"
    LOWER = "Lower is better"
    NEITHER = "Neither way is better by itself"


SHARES = {Unit.PER_CENT: 100}  # what a share is multiplied by, unit by unit
TENTHS = 10


@dataclass(frozen=True, slots=True)
class Staffing:
    """
    Staff, in hundredths of a full-time specialist: those in post, and the agreed posts where recorded.

    ``on_caseload`` are the people whom they help now.
    """

    in_post: int = 0
    agreed: int | None = None
    on_caseload: int = 0

    @property
    def vacant(self) -> int | None:
        """Hundredths of a post that nobody is in, where it is known how many were agreed."""
        return None if self.agreed is None else max(self.agreed - self.in_post, 0)


@dataclass(frozen=True, slots=True)
class Basis:
    """
    What figures are worked out from: the facts of a period, and the staff now.

    ``expected`` are the job starts that the profile had for the period and ``cap_minor`` what the caps allow;
    None where neither was agreed. ``shows_money`` is False for whoever is shown no money.
    """

    facts: MonthFacts
    staffing: Staffing = Staffing()
    expected: int | None = None
    cap_minor: int | None = None
    spent_minor: int = 0
    shows_money: bool = True


@dataclass(frozen=True, slots=True)
class Variant:
    """
    How a scheme counts the same thing.

    Without a ``top`` it cannot be worked out from what is recorded here, and ``definition`` says what it
    needs.
    """

    code: str
    scheme: str
    name: str
    definition: str
    source: str
    unit: Unit
    top: str = ""
    bottom: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """
    One thing that is measured, in words and in the names of the facts that it is worked out from.

    ``top`` over ``bottom`` is the figure; without a ``bottom`` the figure is the ``top`` itself.
    """

    code: str
    name: str
    definition: str
    numerator: str
    denominator: str
    unit: Unit
    wanted: Wanted
    source: str
    owner: str
    top: str
    bottom: str = ""
    variants: tuple[Variant, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """
    A metric's figure with what it is made of.

    ``value`` is None where there is nothing to divide by, or where what it needs is not recorded.
    Amounts are minor units; shares, days and people each have one decimal.
    """

    unit: Unit
    top: int | None
    bottom: int | None
    value: int | Decimal | None


def figure_of(measure: Metric | Variant, basis: Basis) -> Figure:
    """Return the figure of a metric or a variant; an empty one where the basis lacks what it needs."""
    top = _part(measure.top, basis)
    if not measure.bottom:
        value = Decimal(top) / 100 if top is not None and measure.unit is Unit.POSTS else top
        return Figure(measure.unit, top, None, value)
    bottom = _part(measure.bottom, basis)
    if top is None or not bottom:
        return Figure(measure.unit, top, bottom, None)
    return Figure(measure.unit, top, bottom, _divided(measure.unit, top, bottom))


def _divided(unit: Unit, top: int, bottom: int) -> int | Decimal:
    if unit is Unit.AMOUNT:
        return ratio_of(top, bottom)
    scale = SHARES.get(unit, 100 if unit is Unit.PEOPLE_EACH else 1)
    return Decimal(ratio_of(top, bottom, scale * TENTHS)) / TENTHS


def _part(name: str, basis: Basis) -> int | None:
    """Return a part of a figure by its name: a fact, or one of what stands beside the facts."""
    if name.endswith("_minor") and not basis.shows_money:
        return None
    beside = {
        "": None,
        "on_caseload": basis.staffing.on_caseload,
        "specialists": basis.staffing.in_post,
        "vacant": basis.staffing.vacant,
        "expected": basis.expected,
        "cap_minor": basis.cap_minor,
        "spent_minor": basis.spent_minor,
    }
    return beside[name] if name in beside else getattr(basis.facts, name)
