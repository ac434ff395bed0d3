"""A bank account of the small programme's operator, and its statements."""

from __future__ import annotations

from datetime import date

from funders.models import Programme
from mhep.kernel.money import to_major
from payments.enums import AllocationKind
from payments.models import BankAccount, BankLine, Document
from payments.rules.bank_csv import ColumnMapping
from payments.services.allocations import Use
from payments.services.bank import Imported, add_account, import_bank_file, remember_mapping
from tests.cast import AT

NUMBER = "GB33 BUKB 2020 1555 5555 55"
MAPPING = ColumnMapping(day="Date", amount="Amount", text="Text")
MONEY_DAY = date(2026, 7, 20)


def an_account(programme: Programme) -> BankAccount:
    """Return the operator's account, with the mapping of :func:`statement` remembered."""
    account = BankAccount.objects.filter(operator=programme.operator).first()
    if account is None:
        account = add_account(
            operator=programme.operator, name="Current", number=NUMBER, currency="GBP", actor=None, at=AT
        )
        remember_mapping(account_id=account.pk, mapping=MAPPING)
        account.refresh_from_db()
    return account


def statement(*lines: tuple[str, int], day: date = MONEY_DAY) -> bytes:
    """Return a CSV statement of movements, each its text and its minor units, all of one day."""
    rows = "".join(f"{day.isoformat()},{text},{to_major(amount)}\n" for text, amount in lines)
    return f"Date,Text,Amount\n{rows}".encode()


def take(programme: Programme, *lines: tuple[str, int], day: date = MONEY_DAY) -> Imported:
    """Import a statement of these movements."""
    account = an_account(programme)
    return import_bank_file(account_id=account.pk, content=statement(*lines, day=day), actor=None, at=AT)


def line_of(text: str) -> BankLine:
    return BankLine.objects.get(text=text)


def paying(line: BankLine, document: Document, amount: int) -> Use:
    return Use(AllocationKind.PAYMENT, amount, line=line.pk, document=document.pk)


def left(document: Document) -> int:
    """Return what is open of a document now."""
    return Document.objects.values_list("balance__open_minor", flat=True).get(pk=document.pk)
