"""A made-up bank statement for the demo: it pays what is open, with the troubles that statements have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from xml.sax.saxutils import escape

from mhep.kernel.money import to_major
from payments.enums import DocumentKind
from payments.models import BankAccount, BankStatement, Document

PAID_AT_MOST = 40  # documents, the last due first
OPENING = 25_000_00  # minor units, before the first statement
_TROUBLES = 9
_ENTRY = (
    "<Ntry><Amt Ccy={currency!r}>{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd><Sts>BOOK</Sts>"
    "<BookgDt><Dt>{day}</Dt></BookgDt><AcctSvcrRef>{key}</AcctSvcrRef><NtryDtls><TxDtls><RmtInf><Ustrd>{text}</Ustrd></RmtInf>"
    "</TxDtls></NtryDtls></Ntry>"
)
_BALANCE = (
    "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy={currency!r}>{amount}</Amt><CdtDbtInd>{way}"
    "</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
)

Movement = tuple[str, int]  # what the bank says, and minor units


def made_up_statement(account: BankAccount, day: date) -> bytes:
    """Return a CAMT.053 statement of a day that pays the open invoices of an account's operator."""
    movements = list(_movements(_open_invoices(account)))
    with_balance = BankStatement.objects.filter(account=account, closing_minor__isnull=False)
    last = with_balance.order_by("-last_day", "-pk").first()
    opening = (last.closing_minor if last else None) or OPENING
    closing = opening + sum(amount for _, amount in movements)
    serial = BankStatement.objects.filter(account=account).count() + 1
    common = {"currency": account.currency, "day": day.isoformat()}
    entries = "".join(
        _ENTRY.format(**common, **_signed(amount), key=f"DEMO-{serial}-{place}", text=escape(text))
        for place, (text, amount) in enumerate(movements, 1)
    )
    balances = _BALANCE.format(**common, **_signed(opening), kind="OPBD")
    balances += _BALANCE.format(**common, **_signed(closing), kind="CLBD")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt>'
        f"<Id>DEMO-{serial}</Id><Acct><Id><Othr><Id>{account.number}</Id></Othr></Id>"
        f"<Ccy>{account.currency}</Ccy></Acct>{balances}{entries}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def _open_invoices(account: BankAccount) -> list[Document]:
    found = Document.objects.filter(
        operator=account.operator,
        currency=account.currency,
        kind=DocumentKind.INVOICE,
        balance__open_minor__gt=0,
    )
    about = ("balance", "agreement__funder")
    return list(found.select_related(*about).order_by("-due_on", "-number")[:PAID_AT_MOST])


def _movements(invoices: Sequence[Document]) -> Iterator[Movement]:
    """Yield most payments as they should be, and one for each of the usual troubles."""
    for place, invoice in enumerate(invoices):
        yield from _payment(place % _TROUBLES, invoice)
    if invoices:
        first = invoices[0]
        yield f"BACS {first.full_number} SENT TWICE", first.balance.open_minor
    yield "CHEQUE 000417", 1_234_56
    yield "ACCOUNT CHARGES", -18_50


def _payment(trouble: int, invoice: Document) -> Iterator[Movement]:
    number, left = invoice.full_number, invoice.balance.open_minor
    party = invoice.agreement.party_name.upper()
    slip = f"{number[:-2]}{number[-1]}{number[-2]}" if number[-1] != number[-2] else f"{number}0"
    yield from {
        0: [(f"BACS {number}", left)],
        1: [(f"BACS {number} PART 1 OF 2", left // 2)],
        2: [(f"FPS {slip}", left)],
        3: [(f"SWIFT {number} CHARGES SHARED", left - 12_50 if left > 100_00 else left)],
        4: [(f"BGC {party}", left)],
        5: [(f"BGC {party} 1", left // 3), (f"BGC {party} 2", left - left // 3)],
        6: [(f"CHAPS {number} AND A LITTLE MORE", left + 5_00)],
    }.get(trouble, [(f"FPS {party} {number}", left)])


def _signed(amount: int) -> dict[str, str]:
    return {"amount": to_major(abs(amount)), "way": "CRDT" if amount >= 0 else "DBIT"}
