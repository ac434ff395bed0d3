"""
Invoices and credit notes to funders as Xero's import of sales invoices takes them.

Xero takes 500 documents a file, days as DD/MM/YYYY and its own names of tax rates; all rows of a document
bear its number. A credit note is a document whose amounts are below zero. Xero works the VAT out itself,
line by line: where that would not come to the document's VAT the lines are put together, and what differs
even then is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from mhep.kernel.money import Money, percent_of, to_major
from payments.rules.booking.codes import ACCOUNT, VAT, Code, CodeBook, Subject, vat_name
from payments.rules.booking.facts import BookedDocument, BookedLine, Cell, File, Movement, Written
from payments.rules.vat import VatKind

A_FILE = 500
HEADINGS = (
    *("*ContactName", "EmailAddress", "POAddressLine1", "POAddressLine2", "POAddressLine3"),
    *("POAddressLine4", "POCity", "PORegion", "POPostalCode", "POCountry", "*InvoiceNumber", "Reference"),
    *("*InvoiceDate", "*DueDate", "Total", "InventoryItemCode", "*Description", "*Quantity"),
    *("*UnitAmount", "Discount", "*AccountCode", "*TaxType", "TaxAmount", "TrackingName1"),
    *("TrackingOption1", "TrackingName2", "TrackingOption2", "Currency", "BrandingTheme"),
)
_RECEIVABLES, _INCOME, _VAT_OUTPUT = "RECEIVABLES", "INCOME", "VAT_OUTPUT"
_LONGEST_DESCRIPTION = 4000


@dataclass(frozen=True, slots=True)
class _Coded:
    """A line with the code of its income and the name of its tax rate."""

    line: BookedLine
    code: Code
    tax: str


def as_xero(movements: Sequence[Movement], codes: CodeBook, currency: str) -> Written:
    """Return the documents of movements: first the invoices, then the credit notes, in files of their own."""
    documents = [(each, each.document) for each in movements if each.document]
    files: list[File] = []
    warnings: list[str] = []
    effect = dict.fromkeys((_RECEIVABLES, _INCOME, _VAT_OUTPUT), 0)
    for kind, is_credit in (("invoices", False), ("credit-notes", True)):
        tables: list[list[tuple[Cell, ...]]] = []
        for movement, document in documents:
            if document.is_credit == is_credit:
                lines, differs = _lines(movement, document, codes)
                warnings += [_warning(document, differs)] if differs else []
                tables.append([_row(document, each, currency) for each in lines])
                _book(effect, document, [each.line for each in lines])
        files += _files(kind, tables)
    booked = {account: amount for account, amount in effect.items() if amount}
    return Written(tuple(files), booked, tuple(warnings))


def _files(kind: str, documents: Sequence[list[tuple[Cell, ...]]]) -> list[File]:
    return [
        File(
            f"xero-{kind}-{number}",
            HEADINGS,
            [row for rows in documents[first : first + A_FILE] for row in rows],
        )
        for number, first in enumerate(range(0, len(documents), A_FILE), start=1)
    ]


def _lines(movement: Movement, document: BookedDocument, codes: CodeBook) -> tuple[list[_Coded], int]:
    """Return the lines to send, and by how much more VAT Xero will work out than the document has."""
    listed = [_coded(movement, line, codes) for line in document.lines]
    differs = _differs(listed, document)
    if differs:
        listed = _put_together(listed)
        differs = _differs(listed, document)
    return listed, differs


def _coded(movement: Movement, line: BookedLine, codes: CodeBook) -> _Coded:
    funder = next((leg.funder.key for leg in movement.legs if leg.funder), None)
    outcome = line.outcome.key if line.outcome else None
    day = movement.dated_on
    income = codes.of(Subject(ACCOUNT, account=_INCOME, funder=funder, outcome=outcome), day)
    tax = codes.of(Subject(VAT, vat=vat_name(line.vat), funder=funder, outcome=outcome), day)
    return _Coded(line, income, tax.code)


def _differs(lines: Sequence[_Coded], document: BookedDocument) -> int:
    return sum(percent_of(each.line.net, each.line.vat.rate) for each in lines) - document.vat_minor


def _put_together(lines: Sequence[_Coded]) -> list[_Coded]:
    """Return one line for each code and tax rate."""
    together: dict[tuple[str, str, VatKind], list[_Coded]] = {}
    for each in lines:
        together.setdefault((each.code.code, each.tax, each.line.vat), []).append(each)
    return [
        _Coded(
            BookedLine(
                "; ".join(dict.fromkeys(f"{one.line.count} × {one.line.description}" for one in same)),
                None,
                1,
                sum(one.line.net for one in same),
                same[0].line.vat,
                sum(one.line.vat_minor for one in same),
            ),
            same[0].code,
            same[0].tax,
        )
        for same in together.values()
    ]


def _row(document: BookedDocument, each: _Coded, currency: str) -> tuple[Cell, ...]:
    sign = -1 if document.is_credit else 1
    given: dict[str, Cell] = {
        "*ContactName": document.party,
        "*InvoiceNumber": document.number,
        "Reference": document.reference,
        "*InvoiceDate": day_text(document.issued_on),
        "*DueDate": day_text(document.due_on),
        "Total": Money(sign * (document.net + document.vat_minor), currency),
        "*Description": each.line.description[:_LONGEST_DESCRIPTION],
        "*Quantity": each.line.count,
        "*UnitAmount": Money(sign * each.line.unit, currency),
        "*AccountCode": each.code.code,
        "*TaxType": each.tax,
        "TaxAmount": Money(sign * each.line.vat_minor, currency),
        "Currency": currency,
    }
    return tuple(given.get(heading, "") for heading in HEADINGS)


def day_text(day: date) -> str:
    """Return a day as Xero and Sage read it: ``03/07/2026``."""
    return f"{day:%d/%m/%Y}"


def _book(effect: dict[str, int], document: BookedDocument, lines: Sequence[BookedLine]) -> None:
    side = -1 if document.is_credit else 1
    net = side * sum(line.net for line in lines)
    vat = side * sum(line.vat_minor for line in lines)
    effect[_RECEIVABLES] += net + vat
    effect[_INCOME] -= net
    effect[_VAT_OUTPUT] -= vat


def _warning(document: BookedDocument, differs: int) -> str:
    return (
        f"{document.number}: Xero works out VAT of {to_major(document.vat_minor + differs)}, the document "
        f"says {to_major(document.vat_minor)}. Change the VAT of one of its lines there."
    )
