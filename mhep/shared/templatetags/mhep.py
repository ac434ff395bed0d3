"""How money, dates and months are written on every page: one filter each."""

from __future__ import annotations

from datetime import date

from django import template

from mhep.kernel.money import to_major
from mhep.kernel.periods import Month

register = template.Library()
SYMBOLS = {"GBP": "£", "EUR": "€"}


@register.filter
def money(minor: int | None, currency: str) -> str:
    """Write minor units with their currency: ``£1,250.00``, ``-£3.10``, ``1,250.00 DKK``."""
    if minor is None:
        return ""
    sign = "-" if minor < 0 else ""
    major, _, rest = to_major(abs(minor)).partition(".")
    figure = f"{int(major):,}.{rest}"
    symbol = SYMBOLS.get(currency)
    return f"{sign}{symbol}{figure}" if symbol else f"{sign}{figure} {currency}"


@register.filter
def day(value: date | None) -> str:
    """Write a date in words: ``6 April 2026``."""
    return "" if value is None else f"{value.day} {value:%B %Y}"


@register.filter
def month(value: date | Month | None) -> str:
    """Write a month in words: ``April 2026``."""
    if value is None:
        return ""
    return f"{(value.first_day if isinstance(value, Month) else value):%B %Y}"
