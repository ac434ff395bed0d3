"""A bank's file of whatever format: told apart by its content, never by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum

from payments.rules.bank_camt import read_camt
from payments.rules.bank_csv import ColumnMapping, read_csv
from payments.rules.bank_mt940 import read_mt940
from payments.rules.bank_ofx import read_ofx
from payments.rules.bank_statement import MAX_BYTES, Statement, UnreadableBankFile, problems_of, refuse

_LOOKED_AT = 4000  # bytes from the beginning
_FOREIGN = (b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"\xff\xd8\xff")


class BankFormat(Enum):
    """The formats that are read; the text is what people call them."""

    CAMT053 = "CAMT.053"
    MT940 = "MT940"
    OFX = "OFX"
    CSV = "CSV"


_READERS: dict[BankFormat, Callable[[bytes], list[Statement]]] = {
    BankFormat.CAMT053: read_camt,
    BankFormat.MT940: read_mt940,
    BankFormat.OFX: read_ofx,
}


def format_of(content: bytes) -> BankFormat:
    """
    Return the format of a file.

    :raises UnreadableBankFile: if it is empty, too large, or none of them.
    """
    if len(content) > MAX_BYTES:
        raise refuse(
            "too_large", f"The file is larger than {MAX_BYTES // 1_000_000} MB. Ask for shorter ones."
        )
    if not content.strip():
        raise refuse("unreadable_file", "The file is empty. Download it from the bank again.")
    if content.startswith(_FOREIGN):
        raise refuse(
            "unknown_format",
            "The file is no CAMT.053, MT940, OFX or CSV. Download the statement as one of these.",
        )
    head = content[:_LOOKED_AT]
    if b"<OFX>" in head.upper() or b"OFXHEADER" in head.upper():
        return BankFormat.OFX
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return BankFormat.CAMT053
    if b":20:" in head and b":60F:" in content:
        return BankFormat.MT940
    return BankFormat.CSV


def read_bank_file(
    content: bytes, *, account: str, currency: str, mapping: ColumnMapping | None = None
) -> tuple[BankFormat, list[Statement]]:
    """
    Return the format of a file and its statements for an account, each of which adds up.

    Statements without a line are left out, and so are lines of nothing.

    :param account: the number of the account that the file is for.
    :param mapping: which column is what, needed for CSV only.
    :raises UnreadableBankFile: with everything that is wrong with the file as a whole.
    """
    form = format_of(content)
    if form == BankFormat.CSV:
        if mapping is None:
            raise refuse("missing_column", "Say first which column of this account's CSV files is what.")
        statements = read_csv(content, mapping)
    else:
        statements = _READERS[form](content)
    problems = [
        problem
        for statement in statements
        for problem in problems_of(statement, account=account, currency=currency)
    ]
    if problems:
        raise UnreadableBankFile(dict.fromkeys(problems))
    moved = [
        replace(statement, lines=tuple(line for line in statement.lines if line.amount))
        for statement in statements
    ]
    with_lines = [statement for statement in moved if statement.lines]
    if not with_lines:
        raise refuse("no_lines", "The file holds no booked line. There is nothing to import from it.")
    return form, with_lines
