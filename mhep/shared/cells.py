"""What a cell of a table may hold, and how it is read: text in, a value or a ``ValueError`` out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import lru_cache

MAX_TEXT = 200  # characters of a reference, code or job
MAX_HOURS = Decimal(168)

_DECIMAL = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_HIDDEN = ("Cc", "Cf", "Cn", "Co", "Cs")


@lru_cache(maxsize=20_000)
def read_day(text: str) -> date | None:
    """
    Read a date written YYYY-MM-DD, and nothing else; an empty text is no date.

    :raises ValueError: saying what a date looks like.
    """
    if not text:
        return None
    if len(text) == 10 and text[4] == text[7] == "-":
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise ValueError(f"{shown(text)} is not a date like 2026-04-30")


@lru_cache(maxsize=20_000)
def read_hours(text: str) -> Decimal | None:
    """
    Read hours a week, exactly as written: digits, a decimal point if need be, 0 to 168.

    :raises ValueError: saying what hours look like.
    """
    if not text:
        return None
    if len(text) > MAX_TEXT or not _DECIMAL.fullmatch(text):
        raise ValueError(f"{shown(text)} is not a number of hours like 16 or 37.5")
    hours = Decimal(text)
    if hours > MAX_HOURS:
        raise ValueError(f"{shown(text)} is more than the {MAX_HOURS} hours of a week")
    return hours


def read_text(text: str) -> str:
    """
    Read a reference, a code or a short text.

    :raises ValueError: if it is longer than ``MAX_TEXT`` or holds characters that nobody can see.
    """
    if len(text) > MAX_TEXT:
        raise ValueError(f"{shown(text)} has {len(text)} characters, more than {MAX_TEXT}")
    if not text.isprintable() and any(unicodedata.category(sign) in _HIDDEN for sign in text):
        raise ValueError(f"{shown(text)} holds an invisible character; type the cell again")
    return text


@lru_cache(maxsize=20_000)
def read_list(text: str) -> frozenset[str]:
    """
    Read entries separated by ``;``: trimmed, without empty ones and without order.

    :raises ValueError: if an entry is no text that ``read_text`` takes.
    """
    return frozenset(read_text(entry) for part in text.split(";") if (entry := part.strip()))


def shown(text: str) -> str:
    """Return the text in quotation marks, shortened and with invisible characters spelled out."""
    return repr(text if len(text) <= 40 else f"{text[:40]}…")


def listed(names: Iterable[str]) -> str:
    """Return names as people list them: ``a, b or c``."""
    *first, last = sorted(names)
    return f"{', '.join(first)} or {last}" if first else last
