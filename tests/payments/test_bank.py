"""Importing bank statements: each line once, in the ledger, and matched by itself without a guess (F7)."""

from __future__ import annotations

from datetime import date

import pytest
from django.db.models import Sum

from payments.enums import AllocationKind, JournalKind
from payments.models import Allocation, BankAccount, BankLine, BankStatement, Journal, Posting
from payments.rules.bank_files import BankFormat
from payments.rules.bank_statement import Line, UnreadableBankFile
from payments.services.bank import CannotAddAccount, add_account, import_bank_file, preview
from payments.services.paying import (
    CannotPrepare,
    CannotRelease,
    discard_batch,
    release_batch,
    return_order,
)
from providers.models import Provider
from tests.cast import AT, Cast
from tests.payments.bank import MONEY_DAY, NUMBER, an_account, left, line_of, statement, take
from tests.payments.documents import document, three_months
from tests.payments.paying import approved, paid, prepared
from tests.payments.rules.bank_files import Told, made

pytestmark = pytest.mark.django_db


def total(account: str, **about: object) -> int:
    """Return the balance of an account of the ledger."""
    found = Posting.objects.filter(account=account, **about).aggregate(total=Sum("amount_minor"))
    return int(found["total"] or 0)


def test_each_line_is_posted_to_the_bank_and_to_unallocated_cash(cast: Cast) -> None:
    imported = take(cast.programme, ("CHEQUE 1", 100_00), ("CHARGES", -3_00))
    assert (imported.new_count, imported.matched_count) == (2, 0)
    assert (total("BANK"), total("UNALLOCATED")) == (97_00, -97_00)
    line = line_of("CHEQUE 1")
    assert (line.journal.kind, line.journal.dated_on) == (JournalKind.BANK_LINE, MONEY_DAY)
    assert line.balance.open_minor == 100_00
    assert line_of("CHARGES").balance.open_minor == 3_00


def test_a_payment_with_reference_and_amount_is_matched_by_itself(cast: Cast) -> None:
    three_months(cast)
    invoice = document(cast, "INVOICE", "EALING-1")
    imported = take(cast.programme, (f"BACS {invoice.full_number}", invoice.gross_minor))
    assert imported.matched_count == 1
    assert left(invoice) == 0
    assert total("UNALLOCATED") == 0
    assert total("RECEIVABLES", document=invoice) == 0
    allocation = Allocation.objects.get()
    assert (allocation.kind, allocation.amount_minor) == (AllocationKind.PAYMENT, invoice.gross_minor)


@pytest.mark.parametrize("off_by", [1, -1])
def test_a_payment_of_another_amount_waits_for_a_person(cast: Cast, off_by: int) -> None:
    three_months(cast)
    invoice = document(cast, "INVOICE", "EALING-1")
    imported = take(cast.programme, (invoice.full_number, invoice.gross_minor + off_by))
    assert imported.matched_count == 0
    assert left(invoice) == invoice.gross_minor


def test_the_second_of_two_equal_payments_is_left_for_a_person(cast: Cast) -> None:
    three_months(cast)
    invoice = document(cast, "INVOICE", "EALING-1")
    imported = take(cast.programme, *[(invoice.full_number, invoice.gross_minor)] * 2)
    assert (imported.new_count, imported.matched_count) == (2, 1)


def test_f7_the_same_file_again_adds_nothing(cast: Cast) -> None:
    lines = (("CASH", 5_00), ("CASH", 5_00), ("CARD", 1))
    assert take(cast.programme, *lines).new_count == 3
    assert take(cast.programme, *lines).new_count == 0
    assert take(cast.programme, *lines, ("CARD", 1)).new_count == 1
    assert BankLine.objects.count() == 4
    assert [each.new_count for each in BankStatement.objects.order_by("pk")] == [3, 0, 1]


def test_a_file_with_a_fault_stores_nothing(cast: Cast) -> None:
    account = an_account(cast.programme)
    content = made(BankFormat.CAMT053, Told(wrong_by=1))
    with pytest.raises(UnreadableBankFile, match="apart"):
        import_bank_file(account_id=account.pk, content=content, actor=None, at=AT)
    assert not BankStatement.objects.exists()
    assert not Journal.objects.exists()


@pytest.mark.parametrize("form", [BankFormat.CAMT053, BankFormat.MT940, BankFormat.OFX])
def test_every_format_is_stored(cast: Cast, form: BankFormat) -> None:
    account = an_account(cast.programme)
    content = made(form)
    shown = preview(account, content)
    assert (shown.format.value, shown.new_count, shown.repeated_count) == (form.name, 4, 0)
    import_bank_file(account_id=account.pk, content=content, actor=cast.finance, at=AT)
    assert total("BANK") == sum(line.amount for line in Told().lines)
    assert preview(account, content).new_count == 0


def test_a_missing_statement_between_two_is_told(cast: Cast) -> None:
    account = an_account(cast.programme)
    first = Told(lines=[Line(date(2026, 4, 2), 100, "A", bank_key="1")])
    import_bank_file(account_id=account.pk, content=made(BankFormat.MT940, first), actor=None, at=AT)
    next_day = [Line(date(2026, 4, 3), 5, "B", bank_key="2")]
    whole = made(BankFormat.MT940, Told(lines=next_day, opening=first.closing))
    assert preview(account, whole).warnings == ()
    (warning,) = preview(account, made(BankFormat.MT940, Told(lines=next_day, opening=1))).warnings
    assert "missing" in warning


def test_csv_without_a_mapping_asks_for_one(cast: Cast) -> None:
    account = an_account(cast.programme)
    BankAccount.objects.update(csv_mapping=None)
    account.refresh_from_db()
    with pytest.raises(UnreadableBankFile, match="which column"):
        preview(account, statement(("A", 1)))


def test_an_account_is_added_once_and_needs_a_number(cast: Cast) -> None:
    an_account(cast.programme)
    for number, words in ((NUMBER.replace(" ", "-"), "already"), ("12-3", "IBAN")):
        with pytest.raises(CannotAddAccount, match=words):
            add_account(
                operator=cast.programme.operator,
                name="Again",
                number=number,
                currency="GBP",
                actor=None,
                at=AT,
            )


def test_a_remittance_that_a_payment_order_paid_is_not_paid_by_the_banks_line_again(cast: Cast) -> None:
    three_months(cast)
    remittance = document(cast, "REMITTANCE", "TWN-1")
    order = paid(cast.programme, cast).orders.get()
    assert left(remittance) == 0
    imported = take(cast.programme, (remittance.full_number, -remittance.gross_minor))
    assert imported.matched_count == 0
    return_order(order_id=order.pk, on=MONEY_DAY, reason="Closed", actor=cast.finance, at=AT)
    assert left(remittance) == remittance.gross_minor


def test_a_remittance_that_the_banks_line_paid_is_not_paid_by_an_order_again(cast: Cast) -> None:
    three_months(cast)
    remittance = document(cast, "REMITTANCE", "TWN-1")
    provider = Provider.objects.get(code="TWN", operator=cast.programme.operator)
    approved(provider, cast)
    batch = prepared(cast.programme, provider, cast.finance)
    take(cast.programme, (remittance.full_number, -remittance.gross_minor))
    with pytest.raises(CannotRelease, match=f"{remittance.full_number} was settled"):
        release_batch(batch_id=batch.pk, actor=cast.administrator, at=AT)
    discard_batch(batch_id=batch.pk, actor=cast.finance, at=AT)
    with pytest.raises(CannotPrepare, match="Nothing is open"):
        prepared(cast.programme, provider, cast.finance)
