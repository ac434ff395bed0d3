"""A bank statement as data: what each format is read into, what must add up, what tells lines apart."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from mhep.kernel.money import MINOR_UNITS, to_major
from mhep.kernel.problems import Problem

MAX_BYTES = 20_000_000
MAX_LINES = 50_000
MOST_DIGITS = 15
_BLANKS = re.compile(r"\s+")

# What can be wrong with a bank's file, with what it means.
CODES = {
    "unreadable_file": "the bytes are not what the format asks for",
    "too_large": "the file is larger than a statement can be",
    "too_many_lines": "the file has more lines than a statement can have",
    "unsafe_xml": "the file holds declarations that a statement never needs",
    "unknown_format": "the file is none of the formats that are read",
    "unknown_version": "the file is a version of CAMT.053 that is not read",
    "not_a_statement": "the file is a bank's message, but no statement of booked lines",
    "no_lines": "the file holds no booked line",
    "missing_column": "a column of the mapping is not in the file",
    "ambiguous_amount": "a line says two amounts, or none",
    "bad_amount": "an amount is no exact amount",
    "bad_date": "a date is none",
    "balance_mismatch": "the opening balance and the lines are not the closing balance",
    "missing_balance": "a balance that the format asks for is missing",
    "wrong_account": "the file is of another account",
    "wrong_currency": "the file, or a line of it, is in another currency",
    "gap_before": "the opening balance is not the closing balance of the statement before",
}


class UnreadableBankFile(Exception):
    """The file cannot be taken as a statement; nothing of it counts. ``problems`` says why."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.message for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Line:
    """
    One booked movement: minor units, what came in positive and what went out negative.

    ``bank_key`` is what the bank itself calls the movement; empty where the format or the bank has none.
    """

    booked_on: date
    amount: int
    text: str = ""
    payer: str = ""
    reference: str = ""
    bank_key: str = ""

    @property
    def words(self) -> str:
        """All that the bank says about the movement, as one text."""
        return " ".join(filter(None, (self.reference, self.payer, self.text)))


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement: balances are minor units, a credit balance positive; None where the format has none."""

    account: str
    currency: str
    lines: tuple[Line, ...]
    number: str = ""
    opening: int | None = None
    closing: int | None = None

    @property
    def first_day(self) -> date:
        return min(line.booked_on for line in self.lines)

    @property
    def last_day(self) -> date:
        return max(line.booked_on for line in self.lines)


@dataclass(frozen=True, slots=True)
class Known:
    """A line that is stored already: when, how much, under which key, and in which format it came."""

    booked_on: date
    amount: int
    key: str
    format: str


@dataclass(slots=True)
class _Left:
    """How many stored lines of another format may still stand for a line of this one."""

    counts: Counter[tuple[date, int]] = field(default_factory=Counter)

    def takes(self, line: Line) -> bool:
        place = (line.booked_on, line.amount)
        self.counts[place] -= 1
        return self.counts[place] >= 0


def refuse(code: str, message: str, place: str = "") -> UnreadableBankFile:
    """Return the refusal of a file for one reason."""
    return UnreadableBankFile([Problem(place, code, message)])


def exact_minor(text: str, place: str) -> int:
    """
    Return the minor units of a plain decimal such as ``-1250.5``.

    :raises UnreadableBankFile: ``bad_amount`` if it is none, or is no whole number of minor units.
    """
    try:
        exact = Decimal(text.strip())
    except InvalidOperation:
        raise refuse("bad_amount", f"{_shown(text)} is no amount.", place) from None
    # Looked at before anything is worked out: an exponent may be as large as it likes.
    if not exact.is_finite() or not -MOST_DIGITS < exact.adjusted() < MOST_DIGITS:
        raise refuse("bad_amount", f"{_shown(text)} is no amount that a statement can have.", place)
    minor = exact * MINOR_UNITS
    if minor != minor.to_integral_value():
        raise refuse("bad_amount", f"{_shown(text)} has more than two decimals.", place)
    return int(minor)


def clean_account(text: str) -> str:
    """Return an account's number as it is compared: capitals and digits, nothing else."""
    return "".join(sign for sign in text.upper() if sign.isascii() and sign.isalnum())


def problems_of(statement: Statement, *, account: str, currency: str) -> list[Problem]:
    """
    Return what keeps a statement from being taken for an account: nothing, if all is well.

    A statement that names no account or no currency is taken at the word of whoever sends it.
    """
    problems = []
    named = clean_account(statement.account)
    ours = clean_account(account)
    if named and not (named.endswith(ours) or ours.endswith(named)):
        message = f"The file is of account {named}, not of {ours}. Choose the account that it belongs to."
        problems.append(Problem("", "wrong_account", message))
    if statement.currency and statement.currency != currency:
        message = f"The file is in {statement.currency}; the account is kept in {currency}."
        problems.append(Problem("", "wrong_currency", message))
    if statement.opening is not None and statement.closing is not None:
        total = statement.opening + sum(line.amount for line in statement.lines)
        if total != statement.closing:
            problems.append(
                Problem(
                    "",
                    "balance_mismatch",
                    f"The opening balance and the lines are {to_major(total)}, and the closing balance is "
                    f"{to_major(statement.closing)}: {to_major(statement.closing - total)} apart. "
                    "Ask the bank for a whole statement.",
                )
            )
    return problems


def keys_of(lines: Sequence[Line]) -> list[str]:
    """
    Return a key for each line that is the same whenever the line comes again.

    The bank's own key if there is one, else the day, the amount and the text; lines that are alike get
    their place among those of the same day. So a file that overlaps another gives the same keys for the
    same movements, and two equal payments of one day stay two.
    """
    seen: Counter[str] = Counter()
    keys = []
    for line in lines:
        words = line.bank_key or _BLANKS.sub(" ", line.words).strip().casefold()
        base = f"{line.booked_on.isoformat()}|{line.amount}|{bool(line.bank_key)}|{words}"
        seen[base] += 1
        keys.append(hashlib.sha256(f"{base}|{seen[base]}".encode()).hexdigest())
    return keys


def new_lines(lines: Sequence[Line], known: Iterable[Known], form: str) -> list[tuple[Line, str]]:
    """
    Return the lines that are not stored yet, each with its key.

    A day that came in another format before has other keys and texts: of such a day a line counts as stored
    for each stored line of its amount.
    """
    stored = set()
    elsewhere = _Left()
    for each in known:
        stored.add(each.key)
        if each.format != form:
            elsewhere.counts[each.booked_on, each.amount] += 1
    return [
        (line, key)
        for line, key in zip(lines, keys_of(lines), strict=True)
        if key not in stored and not elsewhere.takes(line)
    ]


def _shown(text: str) -> str:
    return f"“{text.strip()[:40]}”"
