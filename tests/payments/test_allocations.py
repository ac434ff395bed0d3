"""Payments taken for documents: in part, together, netted, short, on account, undone; and the guards."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from payments.enums import Account, AllocationKind, JournalKind
from payments.models import Allocation, BankLine, Document, LineBalance
from payments.rules.ledger import Entry
from payments.rules.matching import Basis
from payments.selectors.matching import as_open, matched, open_lines
from payments.services.allocations import CannotAllocate, Use, allocate, spend_from_account, undo_allocation
from payments.services.ledger import NewJournal, post
from payments.services.matching import confirm_proposals, token_of
from tests.cast import AT, Cast
from tests.payments.attacked import insert, row_of, run
from tests.payments.bank import left, line_of, paying, take
from tests.payments.documents import document, three_months
from tests.payments.paying import paid
from tests.payments.test_bank import total

pytestmark = pytest.mark.django_db
TODAY = date(2026, 8, 3)


@pytest.fixture
def invoice(cast: Cast) -> Document:
    three_months(cast)
    return document(cast, "INVOICE", "EALING-1")


@pytest.fixture
def credit(cast: Cast, invoice: Document) -> Document:
    return document(cast, "CREDIT_NOTE", "EALING-1")


def check_now() -> None:
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("SET CONSTRAINTS ALL DEFERRED")


def do(*uses: Use) -> None:
    allocate(uses, actor=None, at=AT)
    check_now()


def confirm(cast: Cast, basis: Basis) -> None:
    """Confirm the one proposal that came about by this rule."""
    lines = as_open(open_lines(cast.programme.operator, "GBP"))
    proposals = matched(cast.programme.operator, "GBP", lines).proposals
    (proposal,) = [each for options in proposals.values() for each in options if each.basis == basis]
    confirmed = confirm_proposals(
        operator=cast.programme.operator,
        currency="GBP",
        tokens=[token_of(proposal)],
        actor=cast.finance,
        at=AT,
    )
    assert (confirmed.done, confirmed.refusals) == (1, ())
    check_now()


def test_a_payment_in_parts_closes_the_invoice_with_its_last(cast: Cast, invoice: Document) -> None:
    take(cast.programme, ("FIRST", 100_00), ("REST", invoice.gross_minor - 100_00))
    do(paying(line_of("FIRST"), invoice, 100_00))
    assert left(invoice) == invoice.gross_minor - 100_00
    do(paying(line_of("REST"), invoice, invoice.gross_minor - 100_00))
    assert left(invoice) == 0
    assert total("RECEIVABLES", document=invoice) == total("UNALLOCATED") == 0


def test_one_payment_settles_many_documents_and_the_rest_stays_on_account(
    cast: Cast, invoice: Document
) -> None:
    other = document(cast, "INVOICE", "FOUND-1")
    amount = invoice.gross_minor + other.gross_minor + 7
    take(cast.programme, ("ALL", amount))
    line = line_of("ALL")
    funder = other.agreement.funder_id
    do(
        paying(line, invoice, invoice.gross_minor),
        paying(line, other, other.gross_minor),
        Use(AllocationKind.ON_ACCOUNT, 7, line=line.pk, funder=funder),
    )
    assert (left(invoice), left(other)) == (0, 0)
    assert total("UNALLOCATED", funder=funder) == -7
    assert total("UNALLOCATED") == -7


def test_a_payment_short_by_charges_closes_the_invoice_against_bank_charges(
    cast: Cast, invoice: Document
) -> None:
    take(cast.programme, (f"SWIFT {invoice.full_number}", invoice.gross_minor - 15_00))
    confirm(cast, Basis.CHARGES)
    assert left(invoice) == 0
    assert total("BANK_CHARGES") == 15_00
    assert total("UNALLOCATED") == 0


def test_a_credit_note_is_netted_off_the_invoice_that_is_paid(
    cast: Cast, invoice: Document, credit: Document
) -> None:
    text = f"{invoice.full_number} less {credit.full_number}"
    take(cast.programme, (text, invoice.gross_minor - credit.gross_minor))
    confirm(cast, Basis.REFERENCES)
    assert (left(invoice), left(credit)) == (0, 0)
    assert total("RECEIVABLES", funder=invoice.agreement.funder) == 0


def test_a_credit_note_that_is_paid_back_goes_out(cast: Cast, credit: Document) -> None:
    imported = take(cast.programme, (f"REFUND {credit.full_number}", -credit.gross_minor))
    assert imported.matched_count == 1
    assert left(credit) == 0
    assert total("BANK") == -credit.gross_minor
    assert total("UNALLOCATED") == 0


def test_a_provider_is_paid_by_money_that_goes_out(cast: Cast, invoice: Document) -> None:
    remittance = document(cast, "REMITTANCE", "TWN-1")
    take(cast.programme, (remittance.full_number, -remittance.gross_minor))
    assert left(remittance) == 0
    assert total("PAYABLES", document=remittance) == 0


def test_bank_charges_are_booked_as_such(cast: Cast) -> None:
    take(cast.programme, ("ACCOUNT CHARGES", -4_50))
    confirm(cast, Basis.BANK_CHARGE)
    assert total("BANK_CHARGES") == 4_50
    assert total("UNALLOCATED") == 0


def test_money_on_account_is_taken_for_documents_later(cast: Cast, invoice: Document) -> None:
    take(cast.programme, ("EARLY", 500_00))
    line, funder = line_of("EARLY"), invoice.agreement.funder_id
    do(Use(AllocationKind.ON_ACCOUNT, 500_00, line=line.pk, funder=funder))
    kept = Allocation.objects.live().get()
    spend_from_account(
        allocation_id=kept.pk, uses=[paying(line, invoice, 300_00)], on=TODAY, actor=None, at=AT
    )
    check_now()
    assert left(invoice) == invoice.gross_minor - 300_00
    assert total("UNALLOCATED", funder=funder) == -200_00
    with pytest.raises(CannotAllocate, match="not kept"):
        spend_from_account(allocation_id=kept.pk, uses=[], on=TODAY, actor=None, at=AT)
    again = Allocation.objects.live().get(kind=AllocationKind.ON_ACCOUNT)
    with pytest.raises(CannotAllocate, match=r"200\.00"):
        spend_from_account(
            allocation_id=again.pk, uses=[paying(line, invoice, 201_00)], on=TODAY, actor=None, at=AT
        )


def test_an_undone_allocation_opens_both_sides_again_and_stays(cast: Cast, invoice: Document) -> None:
    take(cast.programme, (invoice.full_number, invoice.gross_minor))
    allocation = Allocation.objects.get()
    undo_allocation(allocation_id=allocation.pk, reason="Wrong invoice", on=TODAY, actor=cast.finance, at=AT)
    check_now()
    assert left(invoice) == invoice.gross_minor
    assert line_of(invoice.full_number).balance.open_minor == invoice.gross_minor
    assert Allocation.objects.count() == 2
    assert not Allocation.objects.live().exists()
    assert total("RECEIVABLES", document=invoice) == invoice.gross_minor
    with pytest.raises(CannotAllocate, match="before"):
        undo_allocation(allocation_id=allocation.pk, reason="", on=TODAY, actor=None, at=AT)


def test_more_than_is_open_is_refused_and_says_what_is_left(cast: Cast, invoice: Document) -> None:
    take(cast.programme, ("SMALL", 10_00), ("LARGE", invoice.gross_minor + 1))
    with pytest.raises(CannotAllocate, match=r"Only 10\.00 is open of this payment"):
        do(paying(line_of("SMALL"), invoice, 10_01))
    with pytest.raises(CannotAllocate, match=f"is open of {invoice.full_number}"):
        do(paying(line_of("LARGE"), invoice, invoice.gross_minor + 1))
    with pytest.raises(CannotAllocate, match="Only"):
        do(*[paying(line_of("SMALL"), invoice, 6_00)] * 2)
    assert not Allocation.objects.exists()


def test_what_does_not_fit_is_refused_in_words(cast: Cast, invoice: Document, credit: Document) -> None:
    take(cast.programme, ("IN", 10_00), ("OUT", -10_00))
    line, out = line_of("IN"), line_of("OUT")
    other = document(cast, "INVOICE", "FOUND-1")
    pay, off = AllocationKind.PAYMENT, AllocationKind.SET_OFF
    for words, use in {
        "more than nothing": paying(line, invoice, 0),
        "came in": paying(line, credit, 1),
        "went out": paying(out, invoice, 1),
        "Choose the document": Use(pay, 1, line=line.pk),
        "Choose the funder": Use(AllocationKind.ON_ACCOUNT, 1, line=line.pk),
        "no such payment": Use(pay, 1, document=invoice.pk),
        "another party": Use(off, 1, credit=credit.pk, document=other.pk),
        "Only a credit note": Use(off, 1, credit=other.pk, document=invoice.pk),
    }.items():
        with pytest.raises(CannotAllocate, match=words):
            do(use)
    with pytest.raises(CannotAllocate, match="Choose what"):
        do()


def test_a_proposal_that_changed_meanwhile_is_left_and_told(cast: Cast, invoice: Document) -> None:
    take(cast.programme, (f"PART {invoice.full_number}", 100_00))
    operator = cast.programme.operator
    lines = as_open(open_lines(operator, "GBP"))
    ((proposal,),) = matched(operator, "GBP", lines).proposals.values()
    do(paying(BankLine.objects.get(), invoice, 40_00))
    confirmed = confirm_proposals(
        operator=operator, currency="GBP", tokens=[token_of(proposal)], actor=None, at=AT
    )
    assert confirmed.done == 0
    assert "somebody has worked on it" in confirmed.refusals[0]


def test_a_released_payment_to_a_provider_is_proposed_for_the_banks_line_once(cast: Cast) -> None:
    three_months(cast)
    order = paid(cast.programme, cast).orders.get()
    sent = -order.amount_minor
    take(cast.programme, (f"FPS {order.end_to_end_id}", sent), ("THE SAME AGAIN", sent))
    operator = cast.programme.operator
    found = matched(operator, "GBP", as_open(open_lines(operator, "GBP"))).proposals
    first, again = (found[line_of(text).pk][0] for text in (f"FPS {order.end_to_end_id}", "THE SAME AGAIN"))
    assert (first.basis, again.basis) == (Basis.TRANSFER, Basis.TRANSFER_AMOUNT)
    confirmed = confirm_proposals(
        operator=operator, currency="GBP", tokens=[token_of(first), token_of(again)], actor=None, at=AT
    )
    assert confirmed.done == 1
    assert "not on its way any more" in confirmed.refusals[0]
    check_now()
    assert total("IN_TRANSIT") == 0
    assert matched(operator, "GBP", as_open(open_lines(operator, "GBP"))).proposals == {}

    allocation = Allocation.objects.get()
    undo_allocation(allocation_id=allocation.pk, reason="Another payment", on=TODAY, actor=None, at=AT)
    found = matched(operator, "GBP", as_open(open_lines(operator, "GBP"))).proposals
    assert {options[0].basis for options in found.values()} == {Basis.TRANSFER, Basis.TRANSFER_AMOUNT}


def test_money_that_went_out_is_not_kept_on_an_account(cast: Cast, invoice: Document) -> None:
    take(cast.programme, ("OUT", -5_00))
    kept = Use(AllocationKind.ON_ACCOUNT, 1_00, line=line_of("OUT").pk, funder=invoice.agreement.funder_id)
    with pytest.raises(CannotAllocate, match="went out"):
        do(kept)


def test_a_released_payment_is_shown_by_its_whole_amount(cast: Cast) -> None:
    three_months(cast)
    order = paid(cast.programme, cast).orders.get()
    take(cast.programme, ("OUT", -order.amount_minor))
    part = Use(AllocationKind.ACCOUNT, 1_00, line=line_of("OUT").pk, account="IN_TRANSIT", order=order.pk)
    with pytest.raises(CannotAllocate, match=f"{order.end_to_end_id} is over"):
        do(part)


def refused(words: str, attack: object) -> None:
    def attempt() -> None:
        with transaction.atomic():
            attack()  # type: ignore[operator]
            check_now()

    with pytest.raises(DatabaseError, match=words):
        attempt()


def test_n4_the_database_refuses_what_must_never_be_true_of_an_allocation(
    cast: Cast, invoice: Document, credit: Document
) -> None:
    """Every attack copies a good row's journal, so that only what it changes can be what is refused."""
    other = document(cast, "INVOICE", "FOUND-1")
    take(cast.programme, ("IN", 1_00), ("OUT", -1_00))
    do(paying(line_of("IN"), invoice, 60))
    row = row_of("SELECT * FROM payments_allocation ORDER BY id LIMIT 1")
    journal = row_of(f"SELECT * FROM payments_journal WHERE id = {row['journal_id']}")  # noqa: S608

    def attack(amount: int = 40, **changed: object) -> None:
        insert("payments_journal", journal)
        new = run("SELECT max(id) FROM payments_journal")[0][0]
        for account, side in (("UNALLOCATED", 1), ("BANK_CHARGES", -1)):
            run(
                "INSERT INTO payments_posting (journal_id, account, amount_minor) VALUES (%s, %s, %s)",
                *(new, account, side * amount),
            )
        insert("payments_allocation", {**row, "journal_id": new, "amount_minor": amount, **changed})

    with transaction.atomic():
        attack()
        check_now()
        transaction.set_rollback(True)
    refused("payments_linebalance_not_negative", lambda: attack(41))
    refused("does not fit", lambda: attack(amount_minor=39))
    refused("does not fit", lambda: attack(line_id=line_of("OUT").pk))
    refused("does not fit", lambda: attack(document_id=credit.pk))
    refused("does not fit", lambda: attack(reverses_id=row["id"]))
    set_off: dict[str, Any] = {"kind": "SET_OFF", "line_id": None}
    refused("does not fit", lambda: attack(**set_off, credit_id=credit.pk, document_id=other.pk))
    refused("fits_its_kind", lambda: attack(document_id=None))
    refused("fits_its_kind", lambda: attack(kind="ACCOUNT", document_id=None, account="INCOME"))
    refused("documentbalance_not_negative", lambda: attack(invoice.gross_minor, kind="SHORTFALL"))
    refused("append-only", lambda: run("UPDATE payments_allocation SET amount_minor = 1"))
    refused("append-only", lambda: run("DELETE FROM payments_bankline"))
    refused("written by the database", lambda: run("UPDATE payments_linebalance SET open_minor = 0"))
    refused("written by the database", lambda: run("DELETE FROM payments_documentbalance"))


def test_m4_the_balances_are_what_the_rows_say(cast: Cast, invoice: Document) -> None:
    take(cast.programme, ("A", 70_00), (invoice.full_number, invoice.gross_minor))
    undo_allocation(allocation_id=Allocation.objects.get().pk, reason="x", on=TODAY, actor=None, at=AT)
    do(paying(line_of("A"), invoice, 30_00))
    differences = """
        SELECT b.line_id FROM payments_linebalance b JOIN payments_bankline l ON l.id = b.line_id
        WHERE b.open_minor <> abs(l.amount_minor) - coalesce((
            SELECT sum(CASE WHEN a.reverses_id IS NULL THEN a.amount_minor ELSE -a.amount_minor END)
            FROM payments_allocation a WHERE a.line_id = l.id AND a.kind <> 'SHORTFALL'), 0)
        UNION ALL
        SELECT b.document_id FROM payments_documentbalance b JOIN payments_document d ON d.id = b.document_id
        WHERE b.open_minor <> abs((SELECT sum(p.amount_minor) FROM payments_posting p
            WHERE p.document_id = d.id AND p.account IN ('RECEIVABLES', 'PAYABLES')))
    """
    assert run(differences) == []
    assert set(LineBalance.objects.values_list("open_minor", flat=True)) == {40_00, invoice.gross_minor}


def test_a_line_has_its_journal_and_comes_once(cast: Cast) -> None:
    take(cast.programme, ("IN", 1_00))
    row = row_of("SELECT * FROM payments_bankline")
    refused("journal_id_key", lambda: insert("payments_bankline", {**row, "key": "other"}))

    def attack(kind: JournalKind = JournalKind.BANK_LINE, amount: int = 1_00, key: str = "other") -> None:
        entries = (Entry(Account.BANK, amount), Entry(Account.UNALLOCATED, -amount))
        journal = NewJournal(cast.programme.operator_id, kind, row["booked_on"], "GBP", entries)
        new = post(journal, actor=None, at=AT)
        insert("payments_bankline", {**row, "journal_id": new, "key": key})

    with transaction.atomic():
        attack()
        check_now()
        transaction.set_rollback(True)
    refused("payments_bankline_once", lambda: attack(key=row["key"]))
    refused("not in the ledger", lambda: attack(amount=2_00))
    refused("not in the ledger", lambda: attack(JournalKind.INVESTMENT))
    refused("not in the ledger", lambda: insert("payments_bankline", {**row, "key": "x", "journal_id": 0}))


def test_money_for_another_account_is_booked_there(cast: Cast) -> None:
    take(cast.programme, ("DRAWDOWN 1", 900_00))
    line = line_of("DRAWDOWN 1")
    do(Use(AllocationKind.ACCOUNT, 900_00, line=line.pk, account=Account.INVESTOR_FACILITY))
    assert total("INVESTOR_FACILITY") == -900_00
    assert total("UNALLOCATED") == 0
