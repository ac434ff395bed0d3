"""
What one value of a programme file must look like, kind by kind (spec: programme-file, Types).

Each kind reads a parsed value into its exact type or raises :class:`BadValue` with words that say
how to mend it. Its ``blank`` stands in for a value that is missing or bad while the rest of the
file is read, so that every fault can be listed; no blank ever leaves a file with problems.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Generic, TypeVar
from zoneinfo import available_timezones

from babel.numbers import list_currencies

from funders.rules.syntax import Untyped, Value
from mhep.kernel.money import from_major
from mhep.kernel.periods import Month, YearStart

T = TypeVar("T")

LARGEST_COUNT = 2_147_483_647
LONGEST_DURATION = 99_999  # days or weeks; a date that much later still exists
LONGEST_WAIT = 365  # days that a funder may take to answer
LOWEST_SCORE, HIGHEST_SCORE = 25, 125
MOST_HOURS = Decimal(168)
DECIMALS = 6
HOURS_DECIMALS = 15

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DECIMAL = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class BadValue(Exception):
    """The value is none of its kind; the message says what would be."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    read: Callable[[Value], T]
    blank: T


def shown(value: Value) -> str:
    """Return the value as a message can name it: short, on one line."""
    if isinstance(value, str):
        line = " ".join(value.split())
        return f"“{line[:57]}…”" if len(line) > 60 else f"“{line}”"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)[:60]
    if isinstance(value, Untyped):
        return f"a value with the tag {value.tag[:60]}"
    if value is None:
        return "nothing"
    return "a list" if isinstance(value, list) else "a mapping"


def one_of(*words: str) -> Kind[str]:
    """Return the kind of a text that is one of ``words``."""

    def read(value: Value) -> str:
        if isinstance(value, str) and value in words:
            return value
        raise BadValue(f"Use one of {', '.join(words)} instead of {shown(value)}.")

    return Kind(read, words[0])


def whole(least: int, most: int) -> Kind[int]:
    """Return the kind of an integer from ``least`` to ``most``."""

    def read(value: Value) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        raise BadValue(
            f"Use a whole number from {least} to {most}, without quotes, instead of {shown(value)}."
        )

    return Kind(read, least)


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise BadValue(f"Use text instead of {shown(value)}; put a number into quotes.")
    if not value.strip():
        raise BadValue("The text is blank. Fill it in or leave the key out.")
    odd = _CONTROL.search(value)
    if odd:
        raise BadValue(f"Delete the control character U+{ord(odd[0]):04X}.")
    return value


def _code(value: Value) -> str:
    if isinstance(value, str) and _CODE.fullmatch(value):
        return value
    quotes = " Put a number into quotes." if isinstance(value, int | Decimal) else ""
    raise BadValue(
        "A code has 1 to 40 letters, digits, dots, dashes or underscores and begins with a letter or "
        f"digit; {shown(value)} does not.{quotes}"
    )


def _date(value: Value) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise BadValue(f"The calendar has no {shown(value)}. Correct the date.") from None
    raise BadValue(f"Write a date like 2026-04-01 instead of {shown(value)}.")


def _month(value: Value) -> Month:
    try:
        return Month.parse(value if isinstance(value, str) else "")
    except ValueError:
        raise BadValue(f"Write a month like 2026-04 instead of {shown(value)}.") from None


def _year_start(value: Value) -> YearStart:
    try:
        return YearStart.parse(value if isinstance(value, str) else "")
    except ValueError:
        raise BadValue(f"Write a day that every year has, like 04-01, instead of {shown(value)}.") from None


def _amount(value: Value) -> int:
    if isinstance(value, str):
        try:
            return from_major(value)
        except ValueError:
            pass
    raise BadValue(
        f'Write an amount in quotes, with at most two decimals, like "1250.00", instead of {shown(value)}.'
    )


def _percent(value: Value) -> Decimal:
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        percent = Decimal(value)
        if percent <= 100 and len(value.partition(".")[2]) <= DECIMALS:
            return percent
    raise BadValue(
        f'Write a percentage in quotes, from 0 to 100 with at most {DECIMALS} decimals, like "38", '
        f"instead of {shown(value)}."
    )


def _hours(value: Value) -> Decimal:
    hours = _number(value)
    if hours is not None and hours.is_finite() and 0 <= hours <= MOST_HOURS:
        exact = abs(hours.normalize())
        exponent = exact.as_tuple().exponent
        if exact == hours and isinstance(exponent, int) and exponent >= -HOURS_DECIMALS:
            return exact.quantize(Decimal(1)) if exponent > 0 else exact
    raise BadValue(
        f"Write hours a week as a number from 0 to {MOST_HOURS}, like 16 or 15.5, instead of {shown(value)}."
    )


def _number(value: Value) -> Decimal | None:
    if isinstance(value, str):
        return Decimal(value) if _DECIMAL.fullmatch(value) else None
    if isinstance(value, bool):
        return None
    return Decimal(value) if isinstance(value, int | Decimal) else None


def _flag(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    raise BadValue(f"Use true or false instead of {shown(value)}.")


def _yes(value: Value) -> bool:
    if value is True:
        return True
    raise BadValue(f"Use true instead of {shown(value)}, or another kind of price.")


@cache
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies())


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())


def _currency(value: Value) -> str:
    if isinstance(value, str) and value in _currencies():
        return value
    raise BadValue(f"Use the three capitals of an ISO 4217 currency, like GBP, instead of {shown(value)}.")


def _timezone(value: Value) -> str:
    if isinstance(value, str) and value in _timezones():
        return value
    raise BadValue(f"Use the name of a time zone, like Europe/London, instead of {shown(value)}.")


TEXT = Kind(_text, "")
CODE = Kind(_code, "")
DATE = Kind(_date, date.min)
MONTH = Kind(_month, Month(1, 1))
YEAR_START = Kind(_year_start, YearStart(4, 1))
AMOUNT = Kind(_amount, 0)
PERCENT = Kind(_percent, Decimal(0))
HOURS = Kind(_hours, Decimal(0))
FLAG = Kind(_flag, blank=False)
YES = Kind(_yes, blank=True)
CURRENCY = Kind(_currency, "")
TIMEZONE = Kind(_timezone, "")
COUNT = whole(0, LARGEST_COUNT)
DURATION = whole(0, LONGEST_DURATION)
WEEKS = whole(1, LONGEST_DURATION)
WAITING_DAYS = whole(1, LONGEST_WAIT)
SCORE = whole(LOWEST_SCORE, HIGHEST_SCORE)
