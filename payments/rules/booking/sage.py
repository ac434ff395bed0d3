"""
The ledger as Sage 50's import of audit trail transactions takes it.

Documents to funders are sales invoices and credits (SI, SC), those of providers purchase invoices and
credits (PI, PC). Money that settles them is a payment on account (SA, PA) or a refund (SP, PR), which
Sage's users allocate: receipts against invoices (SR, PP) cannot be imported. Everything else is a journal
debit or credit (JD, JC). A credit note that is set off stays within its customer's account, so there is
nothing to import.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mhep.kernel.money import Money
from payments.rules.booking.codes import FUNDER, MOVEMENT, PROVIDER, VAT, CodeBook, Subject, vat_name
from payments.rules.booking.facts import BookedDocument, Cell, File, Leg, Movement, Named, Written
from payments.rules.booking.journal import subject_of
from payments.rules.booking.xero import day_text
from payments.rules.credit_transfer import plain
from payments.rules.vat import VatKind

HEADINGS = (
    *("Type", "Account Reference", "Nominal A/C Ref", "Department Code", "Date", "Reference", "Details"),
    *("Net Amount", "Tax Code", "Tax Amount", "Exchange Rate", "Extra Reference"),
)
CONTROL = ("RECEIVABLES", "PAYABLES")
MONEY = frozenset({"BANK", "UNALLOCATED", "IN_TRANSIT"})
_LONGEST_CODE, _LONGEST_REFERENCE, _LONGEST_DETAILS = 8, 30, 60
# By what is owed, whether the other side is a debit, and whether that is money.
_TYPES = {
    ("RECEIVABLES", True, True): "SA",
    ("RECEIVABLES", True, False): "SC",
    ("RECEIVABLES", False, True): "SP",
    ("RECEIVABLES", False, False): "SI",
    ("PAYABLES", False, True): "PA",
    ("PAYABLES", False, False): "PC",
    ("PAYABLES", True, True): "PR",
    ("PAYABLES", True, False): "PI",
}


@dataclass(frozen=True, slots=True)
class Transaction:
    """
    One row: ``net`` on ``leg`` and ``vat`` on the account of VAT, both against ``control``.

    ``net`` and ``vat`` have the sign of the leg: a debit is positive. A journal row has no control account.
    """

    type: str
    leg: Leg
    net: int
    party: str = ""
    control: str = ""
    vat: int = 0
    vat_account: str = ""
    tax: str = ""


def as_sage(movements: Sequence[Movement], codes: CodeBook, currency: str) -> Written:
    """Return every movement as rows of the audit trail; what each books adds up to the ledger."""
    rows: list[tuple[Cell, ...]] = []
    effect: dict[str, int] = {}
    for movement in movements:
        for each in _transactions(movement, codes):
            rows.append(_row(movement, each, codes, currency))
            _book(effect, each)
    booked = {account: amount for account, amount in effect.items() if amount}
    return Written((File("sage50", HEADINGS, rows),), booked, _warnings(rows))


def _warnings(rows: Iterable[tuple[Cell, ...]]) -> tuple[str, ...]:
    too_long = sorted({str(code) for row in rows for code in row[1:3] if len(str(code)) > _LONGEST_CODE})
    if not too_long:
        return ()
    return (f"Sage 50 takes codes of up to {_LONGEST_CODE} signs. These are longer: {', '.join(too_long)}.",)


def _transactions(movement: Movement, codes: CodeBook) -> list[Transaction]:
    if movement.document is not None:
        return _of_document(movement, movement.document, codes)
    owed = [leg for leg in movement.legs if leg.account in CONTROL]
    parties = {(leg.account, leg.party) for leg in owed}
    others = [leg for leg in movement.legs if leg.account not in CONTROL]
    if len(parties) == 1:
        ((control, party),) = parties
        if party is not None:
            return _settling(movement, control, party, others, codes)
    tax = codes.of(Subject(VAT, vat=MOVEMENT), movement.dated_on).code
    return [Transaction("JD" if leg.amount > 0 else "JC", leg, leg.amount, tax=tax) for leg in movement.legs]


def _of_document(movement: Movement, document: BookedDocument, codes: CodeBook) -> list[Transaction]:
    """Return a row for each account, outcome type and way of taxing."""
    control, account, vat_account, types = (
        ("RECEIVABLES", "INCOME", "VAT_OUTPUT", ("SI", "SC"))
        if document.is_sale
        else ("PAYABLES", "PROVIDER_COSTS", "VAT_INPUT", ("PI", "PC"))
    )
    side = -1 if document.is_sale != document.is_credit else 1
    owed = next(leg for leg in movement.legs if leg.account == control)
    sums: dict[tuple[Named | None, VatKind], list[int]] = {}
    for line in document.lines:
        both = sums.setdefault((line.outcome, line.vat), [0, 0])
        both[0] += line.net
        both[1] += line.vat_minor
    rows = []
    for (outcome, vat), (net, tax) in sums.items():
        leg = Leg(account, side * net, funder=owed.funder, provider=owed.provider, outcome=outcome)
        subject = Subject(
            VAT,
            vat=vat_name(vat),
            funder=owed.funder.key if owed.funder else None,
            provider=owed.provider.key if owed.provider else None,
            outcome=outcome.key if outcome else None,
        )
        rows.append(
            Transaction(
                types[document.is_credit],
                leg,
                side * net,
                party=_account_reference(control, owed.party, movement, codes),
                control=control,
                vat=side * tax,
                vat_account=vat_account,
                tax=codes.of(subject, movement.dated_on).code,
            )
        )
    return rows


def _settling(
    movement: Movement, control: str, party: Named, others: Iterable[Leg], codes: CodeBook
) -> list[Transaction]:
    reference = _account_reference(control, party, movement, codes)
    return [
        Transaction(
            _TYPES[control, leg.amount > 0, leg.account in MONEY],
            leg,
            leg.amount,
            party=reference,
            control=control,
            tax=codes.of(Subject(VAT, vat=MOVEMENT), movement.dated_on).code,
        )
        for leg in others
    ]


def _account_reference(control: str, party: Named | None, movement: Movement, codes: CodeBook) -> str:
    key = party.key if party else None
    subject = Subject(FUNDER, funder=key) if control == "RECEIVABLES" else Subject(PROVIDER, provider=key)
    return codes.of(subject, movement.dated_on).code


def _row(movement: Movement, each: Transaction, codes: CodeBook, currency: str) -> tuple[Cell, ...]:
    code = codes.of(subject_of(each.leg), movement.dated_on)
    number = movement.document.number if movement.document else each.leg.document
    named = next((leg.document for leg in movement.legs if leg.document), "")
    outcome = each.leg.outcome.name if each.leg.outcome else ""
    details = " ".join(part for part in (movement.what, outcome, movement.note) if part)
    return (
        each.type,
        each.party,
        code.code,
        code.department,
        day_text(movement.dated_on),
        plain(number or named or f"J{movement.key}", _LONGEST_REFERENCE),
        plain(details, _LONGEST_DETAILS),
        Money(abs(each.net), currency),
        each.tax,
        Money(abs(each.vat), currency),
        "1",
        f"J{movement.key}",
    )


def _book(effect: dict[str, int], each: Transaction) -> None:
    booked = [(each.leg.account, each.net), (each.vat_account, each.vat)]
    booked += [(each.control, -each.net - each.vat)] if each.control else []
    for account, amount in booked:
        if amount:
            effect[account] = effect.get(account, 0) + amount
