"""MT940, SWIFT's customer statement; its reader is a library's, the check of its sums is ours."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from mt940.models import Transactions

from payments.rules.bank_statement import MAX_LINES, Line, Statement, exact_minor, refuse

_STATEMENT = re.compile(r"^:20:", re.MULTILINE)
_ENVELOPE = re.compile(r"^(?:\{.*|-\}?.*)$", re.MULTILINE)
_NEEDED = {"final_opening_balance": "60F", "final_closing_balance": "62F"}
# What the library lets through of a file that is not as it must be.
_FAULTS = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


def read_mt940(content: bytes) -> list[Statement]:
    """
    Return the statements of a file.

    :raises UnreadableBankFile: if it is no MT940, or lacks a balance.
    """
    text = content.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    text = _ENVELOPE.sub("", text)
    starts = [match.start() for match in _STATEMENT.finditer(text)]
    if not starts:
        raise refuse("unknown_format", "The file is no MT940: it has no field :20:.")
    return [
        _statement(text[start:end], f"statement {number}")
        for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(text)], strict=True), 1)
    ]


def _statement(text: str, place: str) -> Statement:
    read = Transactions()
    try:
        read.parse(text)
        data = dict(read.data)
        lines = tuple(_line(dict(each.data), place) for each in read.transactions if "amount" in each.data)
    except _FAULTS as error:
        raise refuse(
            "unreadable_file", "A field is not as MT940 asks for. Ask the bank again.", place
        ) from error
    for name, field in _NEEDED.items():
        if name not in data:
            raise refuse("missing_balance", f"The statement has no field :{field}:, its balance.", place)
    if text.count("\n:61:") != len(lines):
        raise refuse(
            "unreadable_file", "A field :61: cannot be read. Ask the bank for the file again.", place
        )
    if len(lines) > MAX_LINES:
        raise refuse("too_many_lines", f"The statement has more than {MAX_LINES:,} lines.", place)
    opening, closing = (data[name].amount for name in _NEEDED)
    if opening.currency != closing.currency:
        raise refuse("wrong_currency", "The balances are in two currencies.", place)
    return Statement(
        account=str(data.get("account_identification") or "").rpartition("/")[2],
        currency=str(opening.currency),
        lines=lines,
        number=str(data.get("statement_number") or data.get("transaction_reference") or ""),
        opening=exact_minor(str(opening.amount), place),
        closing=exact_minor(str(closing.amount), place),
    )


def _line(data: dict[str, Any], place: str) -> Line:
    size = abs(exact_minor(str(data["amount"].amount), place))
    # A reversed credit (RC) takes money away, a reversed debit (RD) brings it back.
    came_in = str(data["status"]) in {"C", "RD"}
    day = data.get("entry_date") or data["date"]
    reference = str(data.get("customer_reference") or "")
    return Line(
        booked_on=date(day.year, day.month, day.day),
        amount=size if came_in else -size,
        text=" ".join(str(data.get("transaction_details") or data.get("extra_details") or "").split()),
        reference="" if reference == "NONREF" else reference,
        bank_key=str(data.get("bank_reference") or "").strip(),
    )
