"""CSV as banks offer it: no two alike, so somebody says once for an account which column is what."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from payments.rules.bank_statement import MAX_LINES, Line, Statement, exact_minor, refuse

DELIMITERS = ",;\t|"
ORDERS = {"dmy": ("%d/%m/%Y", "%d/%m/%y"), "mdy": ("%m/%d/%Y", "%m/%d/%y"), "ymd": ("%Y/%m/%d",)}
_MONTH_NAMES = "%d/%b/%Y"
_SEPARATORS = re.compile(r"[-. ]")
_NOT_AMOUNT = re.compile(r"[^\d,.()+-]")
# What banks call each column, for a first guess.
GUESSES = {
    "day": ("date", "transaction date", "booking date", "posting date", "dato", "date comptable"),
    "amount": ("amount", "value", "beløb", "montant", "transaction amount"),
    "paid_in": ("paid in", "credit", "credit amount", "money in", "crédit"),
    "paid_out": ("paid out", "debit", "debit amount", "money out", "débit"),
    "text": ("description", "details", "narrative", "transaction description", "text", "tekst", "libellé"),
    "payer": ("name", "payer", "payee", "counter party", "counterparty", "modpart"),
    "reference": ("reference", "payment reference", "ref"),
    "balance": ("balance", "running balance", "saldo", "solde"),
    "key": ("transaction id", "id", "transaction reference", "fitid"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What a mapping lacks, in words, and the name of the column that it is about."""

    column: str
    words: str


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """
    Which heading of an account's files is what; an empty text where there is none.

    The amount stands in one signed column, or in two: what came in and what went out.
    """

    day: str
    amount: str = ""
    paid_in: str = ""
    paid_out: str = ""
    text: str = ""
    payer: str = ""
    reference: str = ""
    balance: str = ""
    key: str = ""
    day_order: str = "dmy"
    decimal_mark: str = "."

    @classmethod
    def of(cls, stored: Mapping[str, str]) -> ColumnMapping:
        """Return what :meth:`stored` gave."""
        return cls(**stored)

    def stored(self) -> dict[str, str]:
        """Return it as names and texts."""
        return asdict(self)

    def headings(self) -> set[str]:
        """Return the headings that a file must have."""
        amounts = {self.amount, self.paid_in, self.paid_out, self.balance}
        return ({self.day, self.text, self.payer, self.reference, self.key} | amounts) - {""}

    def fault(self) -> Fault | None:
        """Return what the mapping lacks, if anything."""
        if not self.day:
            return Fault("day", "Choose the column of the date")
        if bool(self.amount) == bool(self.paid_in or self.paid_out):
            words = "Choose either the column of the amount, or those of money in and money out"
            return Fault("amount", words)
        if not (self.text or self.payer or self.reference):
            return Fault("text", "Choose at least one column that says who paid or what for")
        return None


def headings_of(content: bytes) -> list[str]:
    """
    Return the headings of a file.

    :raises UnreadableBankFile: if it is no CSV with a heading row.
    """
    return _table(content)[0]


def guess(headings: Sequence[str]) -> ColumnMapping:
    """Return a first guess at the mapping by what the columns are called; never used unseen."""
    named = {heading.strip().casefold(): heading for heading in headings}
    found = {
        part: next((named[name] for name in names if name in named), "") for part, names in GUESSES.items()
    }
    return ColumnMapping(**found)


def read_csv(content: bytes, mapping: ColumnMapping) -> list[Statement]:
    """
    Return the statement of a file, its lines in the order of their days.

    With a column of balances, each line is checked against the one before; without one, nothing is.

    :raises UnreadableBankFile: if a heading of the mapping is absent, or a row cannot be read by it.
    """
    headings, rows = _table(content)
    missing = sorted(mapping.headings() - set(headings))
    if missing:
        raise refuse(
            "missing_column",
            f"The file has no column {', '.join(missing)}. Choose its columns anew.",
        )
    read = [
        (_line(dict(zip(headings, row, strict=False)), mapping, f"row {number}"), row, number)
        for number, row in rows
    ]
    if not read:
        raise refuse("no_lines", "The file holds no line below its headings.")
    opening = closing = None
    if mapping.balance:
        opening, closing, descends = _balances(read, headings.index(mapping.balance), mapping)
    else:
        descends = read[0][0].booked_on > read[-1][0].booked_on
    lines = [line for line, _, _ in read]
    return [
        Statement(
            account="",
            currency="",
            lines=tuple(reversed(lines) if descends else lines),
            opening=opening,
            closing=closing,
        )
    ]


def _balances(
    read: list[tuple[Line, list[str], int]], column: int, mapping: ColumnMapping
) -> tuple[int, int, bool]:
    """
    Return the opening and the closing balance, and whether the newest line comes first.

    :raises UnreadableBankFile: ``balance_mismatch`` with the row at which the balances do not follow.
    """
    amounts = [line.amount for line, _, _ in read]
    balances = [
        _amount(row[column] if column < len(row) else "", mapping, f"row {number}") for _, row, number in read
    ]
    breaks = {descends: _first_break(amounts, balances, descends=descends) for descends in (False, True)}
    for descends, place in breaks.items():
        if place is None:
            first, last = (-1, 0) if descends else (0, -1)
            return balances[first] - amounts[first], balances[last], descends
    place = max(filter(None, breaks.values()))
    number = read[place][2]
    raise refuse("balance_mismatch", f"The balance of row {number} does not follow.", f"row {number}")


def _first_break(amounts: list[int], balances: list[int], *, descends: bool) -> int | None:
    for place in range(1, len(amounts)):
        newer, older = (place - 1, place) if descends else (place, place - 1)
        if balances[newer] - amounts[newer] != balances[older]:
            return place
    return None


def _line(cells: dict[str, str], mapping: ColumnMapping, place: str) -> Line:
    def cell(name: str) -> str:
        return cells.get(name, "").strip() if name else ""

    return Line(
        booked_on=_day(cell(mapping.day), mapping.day_order, place),
        amount=_signed(cell(mapping.amount), cell(mapping.paid_in), cell(mapping.paid_out), mapping, place),
        text=cell(mapping.text),
        payer=cell(mapping.payer),
        reference=cell(mapping.reference),
        bank_key=cell(mapping.key),
    )


def _signed(amount: str, paid_in: str, paid_out: str, mapping: ColumnMapping, place: str) -> int:
    if mapping.amount:
        return _amount(amount, mapping, place)
    came = abs(_amount(paid_in, mapping, place)) if paid_in else 0
    went = abs(_amount(paid_out, mapping, place)) if paid_out else 0
    if bool(came) == bool(went):
        raise refuse(
            "ambiguous_amount", f"{place.capitalize()} has money in and money out, or neither.", place
        )
    return came - went


def _amount(text: str, mapping: ColumnMapping, place: str) -> int:
    bare = _NOT_AMOUNT.sub("", text)
    if bare.startswith("(") and bare.endswith(")"):
        bare = f"-{bare[1:-1]}"
    if bare.endswith("-"):
        bare = f"-{bare[:-1]}"
    thousands = "," if mapping.decimal_mark == "." else "."
    return exact_minor(bare.replace(thousands, "").replace(mapping.decimal_mark, "."), place)


def _day(text: str, order: str, place: str) -> date:
    joined = _SEPARATORS.sub("/", text)
    for pattern in (*ORDERS[order], *ORDERS["ymd"], _MONTH_NAMES):
        try:
            return datetime.strptime(joined[:11] if pattern == _MONTH_NAMES else joined[:10], pattern).date()  # noqa: DTZ007
        except ValueError:
            continue
    raise refuse("bad_date", f"{place.capitalize()} has no date that can be read: “{text[:40]}”.", place)


def _table(content: bytes) -> tuple[list[str], list[tuple[int, list[str]]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise refuse("unreadable_file", "The file is no CSV text. Save or download it as CSV.")
    first = text.lstrip().split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    try:
        rows = [
            (number, row)
            for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1)
            if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise refuse("unreadable_file", "The file is no CSV that can be read. Download it again.") from error
    if not rows or len(rows[0][1]) < 2:
        raise refuse("unknown_format", "The file has no row of headings with at least two columns.")
    if len(rows) > MAX_LINES + 1:
        raise refuse("too_many_lines", f"The file has more than {MAX_LINES:,} lines.")
    return [heading.strip() for heading in rows[0][1]], rows[1:]
