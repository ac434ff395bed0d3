"""Exact amounts: whole minor units, one rounding rule (ADR 0002)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

MINOR_UNITS = 100
DAYS_OF_INTEREST = 365  # of a year, leap years too
_AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount: a whole number of minor units (pence, cents, øre) of one currency."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"Money needs whole minor units, not {type(self.minor).__name__}")

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._in_same_currency(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._in_same_currency(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._in_same_currency(other)

    def __str__(self) -> str:
        return f"{to_major(self.minor)} {self.currency}"

    def _in_same_currency(self, other: Money) -> int:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not mix")
        return other.minor


def percent_of(minor: int, percent: Decimal) -> int:
    """
    Return ``percent`` per cent of ``minor``, rounded half up to the minor unit.

    A half goes away from zero, so a credit is the mirror of its charge. Exact for any number of
    decimals: done on integers.
    """
    return _per_cent(minor, percent, 1)


def simple_interest(minor_days: int, percent_a_year: Decimal) -> int:
    """
    Return simple interest by actual days over 365, rounded half up to the minor unit.

    :param minor_days: minor units times the days for which they were owed, added up over the period,
        so that a period of changing balances is rounded once.
    """
    return _per_cent(minor_days, percent_a_year, DAYS_OF_INTEREST)


def _per_cent(minor: int, percent: Decimal, parts: int) -> int:
    """Return ``percent`` per cent of ``minor`` over ``parts``: the only rounding in the programme."""
    numerator, denominator = percent.as_integer_ratio()
    share = abs(minor) * abs(numerator)
    whole = 100 * denominator * parts
    rounded = (2 * share + whole) // (2 * whole)
    return rounded if (minor >= 0) == (numerator >= 0) else -rounded


def instalments(total: int, count: int) -> tuple[int, ...]:
    """
    Return ``total`` in ``count`` instalments, rounded down, with the remainder in the first.

    :raises ValueError: if there are no instalments.
    """
    if count < 1:
        raise ValueError("A total needs at least one instalment.")
    each, left_over = divmod(total, count)
    return (each + left_over, *([each] * (count - 1)))


def to_major(minor: int) -> str:
    """Return minor units as a decimal string in major units: ``-33330`` is ``-333.30``."""
    sign = "-" if minor < 0 else ""
    major, rest = divmod(abs(minor), MINOR_UNITS)
    return f"{sign}{major}.{rest:02d}"


def from_major(text: str) -> int:
    """
    Return the minor units of a decimal string in major units: ``1250.5`` is ``125050``.

    :raises ValueError: if the text is no plain non-negative decimal with at most two decimals.
    """
    if not _AMOUNT.fullmatch(text):
        raise ValueError(f"{text!r} is not an amount")
    major, _, rest = text.partition(".")
    return int(major) * MINOR_UNITS + int(rest.ljust(2, "0") or "0")


def ratio_of(top: int, bottom: int, scale: int = 1) -> int:
    """
    Return ``scale`` times ``top`` over ``bottom``, rounded half away from zero to a whole number.

    For figures that are looked at, such as a mean cost in minor units or a share in tenths of a per cent;
    nothing is ever charged by it.

    :raises ZeroDivisionError: if ``bottom`` is 0.
    """
    rounded = (2 * abs(top) * scale + abs(bottom)) // (2 * abs(bottom))
    return rounded if (top >= 0) == (bottom >= 0) else -rounded


def split(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """
    Return ``total`` in parts that stand to each other as ``weights``, rounded, and add up to it.

    Units that rounding leaves over go to the largest fractions, and where those tie to the earlier part.

    :raises ValueError: if a weight is below zero or all of them are nothing.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("A total is split by weights that are not below zero, and not all nothing.")
    sign = -1 if total < 0 else 1
    parts = [divmod(abs(total) * weight, whole) for weight in weights]
    left_over = abs(total) - sum(units for units, _ in parts)
    first = sorted(range(len(parts)), key=lambda place: (-parts[place][1], place))[:left_over]
    return tuple(sign * (units + (place in first)) for place, (units, _) in enumerate(parts))
