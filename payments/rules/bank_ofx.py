"""OFX, as banks offer it for download: 1.x, which is SGML without closing tags, and 2.x, which is XML."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import date

from payments.rules.bank_statement import MAX_LINES, Line, Statement, exact_minor, refuse

_TAG = re.compile(r"<(/?)([A-Za-z0-9.]{1,40})>([^<]*)")
_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_CHARSET = re.compile(rb"CHARSET:\s*(\w+)")
_DECLARATION = re.compile(r"<!\s*(?:DOCTYPE|ENTITY|ELEMENT|\[)", re.IGNORECASE)
STATEMENTS = {"STMTRS", "CCSTMTRS"}


def read_ofx(content: bytes) -> list[Statement]:
    """
    Return the statements of a file. OFX names no opening balance, so the sum cannot be checked.

    :raises UnreadableBankFile: if it is no OFX, or declares anything that a statement never needs.
    """
    text = _decoded(content)
    if _DECLARATION.search(text):
        raise refuse("unsafe_xml", "The file holds declarations, which no bank's statement does.")
    start = text.upper().find("<OFX>")
    if start < 0:
        raise refuse("unknown_format", "The file is no OFX: it has no <OFX>.")
    statements = [_statement(block) for block in _blocks(_tags(text[start:]), STATEMENTS)]
    if not statements:
        raise refuse("not_a_statement", "The file is OFX, but holds no statement of an account.")
    return statements


Tag = tuple[bool, str, str]  # whether it closes, its name, the text behind it


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        named = _CHARSET.search(content[:500])
        if named and named[1] not in {b"1252", b"ISO"}:
            raise refuse(
                "unreadable_file", "The file's letters are in an encoding that is not read."
            ) from None
        return content.decode("cp1252", errors="replace")


def _tags(text: str) -> list[Tag]:
    return [
        (bool(found[1]), found[2].upper(), html.unescape(found[3]).strip()) for found in _TAG.finditer(text)
    ]


def _blocks(tags: list[Tag], names: set[str]) -> Iterator[list[Tag]]:
    """Yield what stands between the opening and the closing tag of each of these names."""
    block: list[Tag] | None = None
    for closes, name, text in tags:
        if name in names and not closes:
            block = []
        elif name in names and block is not None:
            yield block
            block = None
        elif block is not None:
            block.append((closes, name, text))
    if block is not None:
        raise refuse("unreadable_file", "The file ends in the middle. Ask the bank for it again.")


def _statement(tags: list[Tag]) -> Statement:
    movements = list(_blocks(tags, {"STMTTRN"}))
    if len(movements) > MAX_LINES:
        raise refuse("too_many_lines", f"The statement has more than {MAX_LINES:,} lines.")
    lines = [_line(_values(each), f"line {number}") for number, each in enumerate(movements, 1)]
    values = _values(tags)
    balance = next((_values(each) for each in _blocks(tags, {"LEDGERBAL"})), {})
    return Statement(
        account=values.get("ACCTID", ""),
        currency=values.get("CURDEF", ""),
        lines=tuple(lines),
        number=values.get("DTEND", "")[:8],
        closing=exact_minor(balance["BALAMT"].replace(",", "."), "balance") if "BALAMT" in balance else None,
    )


def _line(values: dict[str, str], place: str) -> Line:
    day = _DAY.match(values.get("DTPOSTED", ""))
    try:
        booked_on = date(*map(int, day.groups())) if day else None
    except ValueError:
        booked_on = None
    if booked_on is None:
        raise refuse("bad_date", f"{place.capitalize()} has no posting date.", place)
    if "TRNAMT" not in values:
        raise refuse("ambiguous_amount", f"{place.capitalize()} has no amount.", place)
    payer, memo = values.get("NAME", ""), values.get("MEMO", "")
    return Line(
        booked_on=booked_on,
        amount=exact_minor(values["TRNAMT"].replace(",", "."), place),
        text="" if memo == payer else memo,
        payer=payer,
        reference=values.get("CHECKNUM", "") or values.get("REFNUM", ""),
        bank_key=values.get("FITID", ""),
    )


def _values(tags: list[Tag]) -> dict[str, str]:
    """Return the first text of each name."""
    values: dict[str, str] = {}
    for closes, name, text in tags:
        if not closes and text:
            values.setdefault(name, text)
    return values
