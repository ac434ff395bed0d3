"""Made-up bank statements for the demo: what is open is paid, with the troubles that statements have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from xml.sax.saxutils import escape

from mhep.kernel.money import to_major
from payments.enums import DocumentKind
from payments.models import BankAccount, BankStatement, Document, PaymentOrder
from payments.selectors.paying import orders_on_their_way

PAID_AT_MOST = 40  # documents, the last due first
LEFT_UNPAID = timedelta(days=45)  # what was due so long before the last due goes on waiting
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


@dataclass(frozen=True, slots=True)
class Movement:
    """A booked movement: the day, what the bank says, and minor units, negative if it went out."""

    day: date
    text: str
    amount: int


def made_up_statement(account: BankAccount, day: date) -> bytes:
    """
    Return a CAMT.053 statement of a day that pays what is open of an account's operator but not long overdue.

    Invoices are paid with the usual troubles; payments to providers that were released leave the account.
    """
    return camt_of(account, list(_movements(_open_invoices(account), _released(account), day)))


def camt_of(account: BankAccount, movements: Sequence[Movement]) -> bytes:
    """Return movements, at least one and in the order of their days, as the account's next statement."""
    with_balance = BankStatement.objects.filter(account=account, closing_minor__isnull=False)
    last = with_balance.order_by("-last_day", "-pk").first()
    opening = OPENING if last is None or last.closing_minor is None else last.closing_minor
    closing = opening + sum(each.amount for each in movements)
    serial = BankStatement.objects.filter(account=account).count() + 1
    currency = {"currency": account.currency}
    entries = "".join(
        _ENTRY.format(
            **currency,
            **_signed(each.amount),
            day=each.day.isoformat(),
            key=f"DEMO-{serial}-{place}",
            text=escape(each.text),
        )
        for place, each in enumerate(movements, 1)
    )
    balances = "".join(
        _BALANCE.format(**currency, **_signed(amount), kind=kind, day=each.day.isoformat())
        for kind, amount, each in (("OPBD", opening, movements[0]), ("CLBD", closing, movements[-1]))
    )
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
    latest = list(found.select_related(*about).order_by("-due_on", "-number")[:PAID_AT_MOST])
    return [each for each in latest if each.due_on > latest[0].due_on - LEFT_UNPAID]


def _released(account: BankAccount) -> list[PaymentOrder]:
    found = orders_on_their_way(PaymentOrder.objects.filter(batch__programme__operator=account.operator))
    seen = account.lines.filter(amount_minor__lt=0).values_list("text", flat=True)
    return [order for order in found if not any(order.end_to_end_id in text for text in seen)]


def _movements(invoices: Sequence[Document], orders: Sequence[PaymentOrder], day: date) -> Iterator[Movement]:
    """Yield most payments as they should be, and one for each of the usual troubles."""
    for place, invoice in enumerate(invoices):
        for text, amount in _payment(place % _TROUBLES, invoice):
            yield Movement(day, text, amount)
    if invoices:
        first = invoices[0]
        yield Movement(day, f"BACS {first.full_number} SENT TWICE", first.balance.open_minor)
    for order in orders:
        text = f"FPS {order.provider.name.upper()} {order.end_to_end_id}"
        yield Movement(day, text, -order.amount_minor)
    yield Movement(day, "CHEQUE 000417", 1_234_56)
    yield Movement(day, "ACCOUNT CHARGES", -18_50)


def _payment(trouble: int, invoice: Document) -> list[tuple[str, int]]:
    number, left = invoice.full_number, invoice.balance.open_minor
    party = invoice.agreement.party_name.upper()
    slip = f"{number[:-2]}{number[-1]}{number[-2]}" if number[-1] != number[-2] else f"{number}0"
    return {
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
