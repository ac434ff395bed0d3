"""Exports into the operator's own accounts: they tie to the ledger, and nothing is in two of them (F7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from hashlib import sha256

import pytest
from django.db import DatabaseError, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker

from payments.enums import Account, AllocationKind, ExportFormat, JournalKind
from payments.management.demo_codes import enter_codes
from payments.models import Allocation, BookingCode, Document, ExportBatch, ExportedJournal, Journal, Posting
from payments.rules.booking.codes import ACCOUNT, FUNDER, VAT, Subject
from payments.rules.ledger import Entry
from payments.selectors.export_pages import export_page
from payments.selectors.exporting import waiting_journals
from payments.selectors.ledger import trial_balances
from payments.services.allocations import Use, allocate, undo_allocation
from payments.services.booking_codes import CannotSetCode, withdraw_code
from payments.services.exports import (
    CannotExport,
    CannotUndo,
    CodesMissing,
    SpoiltExport,
    content_of,
    undo_export,
)
from payments.services.ledger import NewJournal, post
from payments.services.paying import return_order
from providers.models import Operator
from tests.cast import AT, ISSUED_ON, Cast, a_cast
from tests.payments import booking
from tests.payments.attacked import insert, row_of, run
from tests.payments.bank import line_of, paying, take
from tests.payments.booking import ALWAYS, FROM, NOMINAL, a_code, every_code, export, minor, rows_of
from tests.payments.documents import document, three_months
from tests.payments.paying import DAY, paid

pytestmark = pytest.mark.django_db
READ = {
    ExportFormat.JOURNAL: booking.booked_by_journal,
    ExportFormat.SAGE: booking.booked_by_sage,
    ExportFormat.XERO: booking.booked_by_xero,
}


@pytest.fixture(scope="module")
def kept(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Cast]:
    """Keep a booked month for the tests of this module, each in a savepoint; nothing of it stays."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield _everything_happens(a_cast())
        transaction.set_rollback(True)


@pytest.fixture
def booked(kept: Cast, db: None) -> Cast:
    return kept


def _everything_happens(cast: Cast) -> Cast:
    """
    Return the cast with every kind of movement, and every code.

    Documents on both sides, a credit note set off, a payment in part, one short by bank charges, money kept
    on an account, an allocation undone, a provider's payment that came back, a drawdown.
    """
    three_months(cast)
    batch = paid(cast.programme, cast)
    order = batch.orders.get()
    return_order(order_id=order.pk, on=DAY, reason="Closed account", actor=cast.finance, at=AT)
    invoice, found = (document(cast, "INVOICE", ref) for ref in ("EALING-1", "FOUND-1"))
    credit = document(cast, "CREDIT_NOTE", "EALING-1")
    take(cast.programme, ("EALING", 100_00), ("FOUND", found.gross_minor - 2_00), ("UNKNOWN", 5_00))
    on_account = cast.programme.funders.get(code="FOUND").pk
    allocate([paying(line_of("EALING"), invoice, 60_00)], actor=None, at=AT)
    allocate(
        [
            Use(AllocationKind.SET_OFF, 10_00, credit=credit.pk, document=invoice.pk),
            paying(line_of("FOUND"), found, found.gross_minor - 2_00),
            Use(AllocationKind.SHORTFALL, 2_00, line=line_of("FOUND").pk, document=found.pk),
            Use(AllocationKind.ON_ACCOUNT, 4_00, line=line_of("UNKNOWN").pk, funder=on_account),
        ],
        actor=None,
        at=AT,
    )
    allocate([paying(line_of("EALING"), invoice, 5_00)], actor=None, at=AT)
    undo_allocation(
        allocation_id=Allocation.objects.latest("pk").pk, reason="Wrong", on=DAY, actor=None, at=AT
    )
    entries = (Entry(Account.IN_TRANSIT, 500_00), Entry(Account.INVESTOR_FACILITY, -500_00))
    operator = cast.programme.operator
    post(
        NewJournal(operator.pk, JournalKind.INVESTMENT, DAY, "GBP", entries, note="Drawdown 1"),
        actor=None,
        at=AT,
    )
    every_code(operator)
    return cast


def in_the_ledger(batch: ExportBatch) -> dict[str, int]:
    """Return what the ledger says of an export's movements, by the code of each account."""
    sums = (
        Posting.objects.filter(journal__exported__batch=batch)
        .values_list("account")
        .annotate(total=Sum("amount_minor"))
    )
    return {NOMINAL[Account(account)]: total for account, total in sums if total}


def withdraw_every_code(operator: Operator) -> None:
    for code in operator.booking_codes.in_force():
        withdraw_code(code_id=code.pk, actor=None, at=AT)


def refused(attack: Callable[[], object], words: str) -> None:
    def attack_and_commit() -> None:
        with transaction.atomic():
            attack()
            run("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(DatabaseError, match=words):
        attack_and_commit()


@pytest.mark.parametrize("form", ExportFormat)
def test_f7_what_a_program_books_from_the_files_is_what_the_ledger_says(
    booked: Cast, form: ExportFormat
) -> None:
    batch = export(booked.programme.operator, form)
    assert READ[form](rows_of(batch)) == in_the_ledger(batch) != {}
    page = export_page(batch)
    assert page.debits == page.credits == batch.amount_minor
    assert page.difference == 0


def test_the_codes_of_the_demo_are_enough_for_every_format(booked: Cast) -> None:
    operator = booked.programme.operator
    before = operator.booking_codes.count()
    enter_codes(booked.programme, AT)
    assert operator.booking_codes.count() == before  # an operator that uses codes keeps them
    withdraw_every_code(operator)
    enter_codes(booked.programme, AT)
    for form in ExportFormat:
        batch = export(operator, form)
        assert batch.warnings == []
        assert export_page(batch).difference == 0


def test_the_whole_journal_is_the_trial_balance(booked: Cast) -> None:
    operator = booked.programme.operator
    batch = export(operator, ExportFormat.JOURNAL)
    (balance,) = trial_balances(operator, ALWAYS[1])
    assert booking.booked_by_journal(rows_of(batch)) == {
        NOMINAL[row.account]: row.debits - row.credits for row in balance.rows if row.debits != row.credits
    }
    assert sum(minor(row["debit"]) for row in rows_of(batch)) == balance.debits
    assert not waiting_journals(operator, ExportFormat.JOURNAL, "GBP")


def test_the_general_journal_names_everything_that_a_posting_is_about(booked: Cast) -> None:
    rows = rows_of(export(booked.programme.operator, ExportFormat.JOURNAL))
    invoice = document(booked, "INVOICE", "EALING-1")
    issued = [row for row in rows if row["document"] == invoice.full_number]
    issued = [row for row in issued if row["kind"] == "Document issued"]
    assert [(row["account"], row["code"], row["debit"], row["credit"]) for row in issued] == [
        ("RECEIVABLES", NOMINAL[Account.RECEIVABLES], "1200.00", "0.00"),
        ("INCOME", NOMINAL[Account.INCOME], "0.00", "1000.00"),
        ("VAT_OUTPUT", NOMINAL[Account.VAT_OUTPUT], "0.00", "200.00"),
    ]
    assert {(row["date"], row["party"], row["currency"]) for row in issued} == {
        ("2026-07-03", "London Borough of Ealing", "GBP")
    }
    assert [row["outcome"] for row in issued] == ["", "JOB_START", ""]


def test_xero_gets_invoices_and_credit_notes_with_their_lines_in_files_of_their_own(booked: Cast) -> None:
    batch = export(booked.programme.operator, ExportFormat.XERO)
    assert [file.name for file in batch.files.all()] == ["xero-invoices-1", "xero-credit-notes-1"]
    rows = rows_of(batch)
    invoice, credit = (document(booked, kind, "EALING-1") for kind in ("INVOICE", "CREDIT_NOTE"))
    by_number = {row["*InvoiceNumber"]: row for row in rows if row["*ContactName"].startswith("London")}
    assert set(by_number) == {invoice.full_number, credit.full_number}
    lines = [row for row in rows if row["*InvoiceNumber"] == invoice.full_number]
    assert [(row["*Quantity"], row["*UnitAmount"], row["TaxAmount"]) for row in lines] == [
        ("1", "750.00", "150.00"),
        ("1", "250.00", "50.00"),
    ]
    assert {row["Reference"] for row in lines} == {"PO-7781"}
    assert {(row["*InvoiceDate"], row["*TaxType"], row["*AccountCode"]) for row in lines} == {
        ("03/07/2026", "T1", NOMINAL[Account.INCOME])
    }
    assert by_number[credit.full_number]["*UnitAmount"].startswith("-")
    assert lines[0]["*Description"] == "Job start, 2026-04"
    assert not any(content_of(file).startswith(b"\xef\xbb\xbf") for file in batch.files.all())


def test_sage_gets_each_movement_under_its_own_type(booked: Cast) -> None:
    rows = rows_of(export(booked.programme.operator, ExportFormat.SAGE))
    types = Counter((row["Type"], row["Account Reference"]) for row in rows)
    assert types == {
        ("SI", "EALING"): 1,
        ("SI", "FOUND"): 2,
        ("SC", "EALING"): 1,
        ("SC", "FOUND"): 1,  # the bank charges
        ("PI", "TWN"): 1,
        ("PC", "TWN"): 1,
        ("PA", "TWN"): 1,
        ("PR", "TWN"): 1,
        ("SA", "EALING"): 2,
        ("SP", "EALING"): 1,
        ("SA", "FOUND"): 1,
        ("JD", ""): 5,
        ("JC", ""): 5,
    }
    (invoice,) = [row for row in rows if (row["Type"], row["Account Reference"]) == ("SI", "EALING")]
    assert (invoice["Net Amount"], invoice["Tax Code"], invoice["Tax Amount"]) == ("1000.00", "T1", "200.00")
    assert (invoice["Date"], invoice["Reference"]) == ("03/07/2026", "INV-000001")


def test_what_was_exported_is_not_exported_again_and_what_is_posted_later_is(booked: Cast) -> None:
    operator = booked.programme.operator
    first = export(operator, ExportFormat.JOURNAL, (ISSUED_ON, ISSUED_ON), booked.finance)
    with pytest.raises(CannotExport, match=r"exported already, last in EXP-0001 by Example Finance"):
        export(operator, ExportFormat.JOURNAL, (ISSUED_ON, ISSUED_ON))
    take(booked.programme, ("LATER", 1_00), day=ISSUED_ON)
    later = export(operator, ExportFormat.JOURNAL, (ISSUED_ON, ISSUED_ON))
    assert later.journal_count == 1
    assert export_page(first).difference == export_page(later).difference == 0
    receivables = next(each for each in export_page(later).accounts if each.account == Account.RECEIVABLES)
    assert (receivables.net, receivables.others) == (0, receivables.ledger)


def test_another_format_takes_the_same_movements(booked: Cast) -> None:
    operator = booked.programme.operator
    assert {export(operator, form).number for form in ExportFormat} == {1, 2, 3}


def test_days_without_movements_and_days_in_no_order_are_refused_in_words(booked: Cast) -> None:
    operator = booked.programme.operator
    with pytest.raises(CannotExport, match="Nothing that General journal takes was posted from 1 May 2026"):
        export(operator, ExportFormat.JOURNAL, (date(2026, 5, 1), date(2026, 5, 31)))
    with pytest.raises(CannotExport, match="must not lie before"):
        export(operator, ExportFormat.JOURNAL, (ISSUED_ON, ISSUED_ON - timedelta(days=1)))
    with pytest.raises(CannotExport, match="Nothing that"):
        export(operator, ExportFormat.JOURNAL, currency="EUR")


def test_a_missing_code_is_named_with_its_day_and_nothing_is_exported(booked: Cast) -> None:
    operator = booked.programme.operator
    withdraw_every_code(operator)
    with pytest.raises(CodesMissing) as refusal:
        export(operator, ExportFormat.SAGE)
    found = booked.programme.funders.get(code="FOUND")
    assert refusal.value.missing[Subject(ACCOUNT, account="INCOME")] == ISSUED_ON
    assert refusal.value.missing[Subject(FUNDER, funder=found.pk)] == ISSUED_ON
    assert refusal.value.missing[Subject(VAT, vat="standard 20")] == ISSUED_ON
    assert not ExportBatch.objects.exists()


def test_a_code_that_begins_too_late_is_missing_before(booked: Cast) -> None:
    operator = booked.programme.operator
    withdraw_every_code(operator)
    for account in Account:
        late = account == Account.INCOME
        a_code(operator, Subject(ACCOUNT, account=account), "1", ISSUED_ON + timedelta(days=late))
    with pytest.raises(CodesMissing) as refusal:
        export(operator, ExportFormat.JOURNAL)
    assert refusal.value.missing == {Subject(ACCOUNT, account="INCOME"): ISSUED_ON}


def test_a_code_of_a_funder_and_outcome_goes_before_the_one_for_all(booked: Cast) -> None:
    operator = booked.programme.operator
    funder = booked.programme.funders.get(code="EALING")
    outcome = booked.programme.outcome_types.get(code="JOB_START")
    a_code(operator, Subject(ACCOUNT, account="INCOME", funder=funder.pk, outcome=outcome.pk), "4711")
    rows = rows_of(export(operator, ExportFormat.JOURNAL))
    income = {(row["party"], row["code"]) for row in rows if row["account"] == "INCOME"}
    assert income == {("London Borough of Ealing", "4711"), ("Example Foundation", NOMINAL[Account.INCOME])}


def test_a_downloaded_file_is_what_was_stored_or_is_not_given_out(booked: Cast) -> None:
    batch = export(booked.programme.operator, ExportFormat.JOURNAL)
    file = batch.files.get()
    content = content_of(file)
    every_new = a_code(booked.programme.operator, Subject(ACCOUNT, account="INCOME"), "9999", DAY)
    assert content_of(batch.files.get()) == content
    assert sha256(content).hexdigest() == file.sha256
    withdraw_code(code_id=every_new.pk, actor=None, at=AT)
    file.content = content + b" "
    with pytest.raises(SpoiltExport):
        content_of(file)


def test_an_export_taken_back_frees_its_movements_once_and_stays(booked: Cast) -> None:
    operator = booked.programme.operator
    first = export(operator, ExportFormat.SAGE)
    with pytest.raises(CannotUndo, match="Write why"):
        undo_export(batch_id=first.pk, reason=" ", actor=booked.finance, at=AT)
    undo_export(batch_id=first.pk, reason="A customer was missing", actor=booked.finance, at=AT)
    with pytest.raises(CannotUndo, match="EXP-0001 was taken back already"):
        undo_export(batch_id=first.pk, reason="Again", actor=booked.finance, at=AT)
    second = export(operator, ExportFormat.SAGE)
    assert set(second.journals.values_list("journal", "turn")) == {
        (key, 2) for key in first.journals.values_list("journal", flat=True)
    }
    bytes_of = [[content_of(file) for file in batch.files.all()] for batch in (first, second)]
    assert bytes_of[0] == bytes_of[1]
    with pytest.raises(CannotExport, match="EXP-0002"):
        export(operator, ExportFormat.SAGE)


def test_the_database_refuses_a_movement_in_two_exports_whatever_its_turn(booked: Cast) -> None:
    first = export(booked.programme.operator, ExportFormat.JOURNAL)
    batch = row_of("SELECT * FROM payments_exportbatch")
    item = row_of("SELECT * FROM payments_exportedjournal ORDER BY id LIMIT 1")

    def another(**changed: object) -> None:
        insert("payments_exportbatch", {**batch, "number": 99, "journal_count": 1, **changed})
        new = run("SELECT max(id) FROM payments_exportbatch")[0][0]
        insert("payments_exportedjournal", {**item, "batch_id": new, "turn": 2})

    def with_turn(turn: int) -> None:
        insert("payments_exportbatch", {**batch, "number": 99, "journal_count": 1})
        new = run("SELECT max(id) FROM payments_exportbatch")[0][0]
        insert("payments_exportedjournal", {**item, "batch_id": new, "turn": turn})

    once, beside = "payments_exportedjournal_once", "its operator, currency, days"
    refused(lambda: with_turn(1), once)
    refused(lambda: with_turn(2), "only once its earlier export is undone")
    refused(lambda: with_turn(0), "turn_counts")
    undo_export(batch_id=first.pk, reason="Not imported", actor=None, at=AT)
    refused(lambda: with_turn(1), once)
    refused(lambda: insert("payments_exportedjournal", {**item, "turn": 2}), "no more movements")
    refused(lambda: with_turn(2), "does not add up")  # no file, and another sum
    refused(lambda: another(first_day=date(2020, 1, 1), last_day=date(2020, 1, 2)), beside)
    refused(lambda: another(currency="EUR"), beside)
    refused(lambda: another(format="XERO"), beside)


def test_the_database_refuses_to_change_or_delete_an_export(booked: Cast) -> None:
    batch = export(booked.programme.operator, ExportFormat.JOURNAL)
    undo_export(batch_id=batch.pk, reason="Not imported", actor=None, at=AT)
    for table in ("exportbatch", "exportedjournal", "exportfile", "exportundo"):
        refused(partial(run, f"DELETE FROM payments_{table}"), "append-only")  # noqa: S608
    refused(lambda: run("UPDATE payments_exportbatch SET amount_minor = 1"), "append-only")
    refused(lambda: run("UPDATE payments_exportfile SET content = ''"), "append-only")
    file = row_of("SELECT * FROM payments_exportfile")
    refused(lambda: insert("payments_exportfile", {**file, "position": 2}), "no more files")


BANK = "SELECT * FROM payments_bookingcode WHERE account = 'BANK'"


def test_a_code_is_only_withdrawn_and_two_from_one_day_are_refused(booked: Cast) -> None:
    operator = booked.programme.operator
    subject = Subject(ACCOUNT, account="BANK")
    code = operator.booking_codes.get(account="BANK")
    with pytest.raises(CannotSetCode, match=rf"from 1 April 2026 on already: {code.code}"):
        a_code(operator, subject, "1210")
    stored = row_of(BANK)
    refused(lambda: insert("payments_bookingcode", stored), "one_from_a_day")
    refused(lambda: run("UPDATE payments_bookingcode SET code = '1'"), "stays as it was entered")
    refused(lambda: run("DELETE FROM payments_bookingcode"), "stays as it was entered")
    withdraw_code(code_id=code.pk, actor=booked.finance, at=AT)
    with pytest.raises(CannotSetCode, match="withdrawn already"):
        withdraw_code(code_id=code.pk, actor=booked.finance, at=AT)
    again = "UPDATE payments_bookingcode SET withdrawn_at = NULL, withdrawn_by_id = NULL"
    refused(lambda: run(again), "withdrawn, once")
    assert a_code(operator, subject, "1210").code == "1210"
    assert BookingCode.objects.filter(account="BANK").count() == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"account": "NOTHING"},
        {"account": ""},
        {"vat": "zero"},
        {"kind": "FUNDER"},
        {"kind": "PROVIDER"},
        {"kind": "VAT"},
        {"code": ""},
    ],
)
def test_a_code_names_one_thing(booked: Cast, changed: dict[str, str]) -> None:
    stored = row_of(BANK) | {"starts_on": DAY}
    refused(lambda: insert("payments_bookingcode", stored | changed), "payments_bookingcode_")


def test_a_code_is_about_its_own_operator(booked: Cast) -> None:
    other = run("SELECT id FROM providers_operator WHERE code = 'OTHER'")[0][0]
    for kind in ("FUNDER", "PROVIDER"):
        stored = row_of(f"SELECT * FROM payments_bookingcode WHERE kind = '{kind}' LIMIT 1")  # noqa: S608
        moved = stored | {"operator_id": other}
        refused(partial(insert, "payments_bookingcode", moved), "its own operator")


@pytest.mark.parametrize("code", ["=1+1", "+4000", "-4000", "@x", "", " ", "4\t5", "x" * 61, "4000\n"])
def test_a_text_that_a_spreadsheet_would_run_is_no_code(booked: Cast, code: str) -> None:
    with pytest.raises(CannotSetCode, match="begins with a letter or a digit"):
        a_code(booked.programme.operator, Subject(ACCOUNT, account="BANK"), code, DAY)


def test_a_name_that_a_spreadsheet_would_run_does_not_run(booked: Cast) -> None:
    funder = booked.programme.funders.get(code="EALING")
    funder.name = "=HYPERLINK(0)"
    funder.save()
    rows = rows_of(export(booked.programme.operator, ExportFormat.JOURNAL))
    assert "'=HYPERLINK(0)" in {row["party"] for row in rows}
    assert "=HYPERLINK(0)" not in {row["party"] for row in rows}


@dataclass(frozen=True)
class Step:
    """Something that somebody does: post, export or take the last export in force back."""

    what: str
    day: int
    length: int = 0
    amount: int = 1


steps = st.lists(
    st.builds(
        Step,
        what=st.sampled_from(["post", "post", "export", "export", "undo"]),
        day=st.integers(0, 5),
        length=st.integers(0, 5),
        amount=st.integers(1, 10**9),
    ),
    max_size=12,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_f7_no_sequence_of_exports_and_undos_books_anything_twice_or_loses_it(
    booked: Cast, taken: list[Step]
) -> None:
    with transaction.atomic():
        for step in taken:
            _take(booked, step)
            _nothing_twice_and_nothing_lost(booked)
        transaction.set_rollback(True)


def _take(cast: Cast, step: Step) -> None:
    operator = cast.programme.operator
    day = FROM + timedelta(days=step.day)
    if step.what == "post":
        entries = (Entry(Account.BANK, step.amount), Entry(Account.INVESTOR_FACILITY, -step.amount))
        post(NewJournal(operator.pk, JournalKind.INVESTMENT, day, "GBP", entries), actor=None, at=AT)
    elif step.what == "undo":
        last = operator.exports.filter(undo__isnull=True).first()
        if last:
            undo_export(batch_id=last.pk, reason="Not imported", actor=None, at=AT)
    else:
        days = (day, day + timedelta(days=step.length))
        waits = waiting_journals(operator, ExportFormat.JOURNAL, "GBP").filter(dated_on__range=days).exists()
        try:
            batch = export(operator, ExportFormat.JOURNAL, days)
        except CannotExport:
            assert not waits
        else:
            assert waits
            assert export_page(batch).difference == 0
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("SET CONSTRAINTS ALL DEFERRED")


def _nothing_twice_and_nothing_lost(cast: Cast) -> None:
    operator = cast.programme.operator
    in_force = ExportedJournal.objects.filter(batch__undo__isnull=True)
    held = Counter(in_force.values_list("journal", flat=True))
    assert set(held.values()) <= {1}
    waiting = set(waiting_journals(operator, ExportFormat.JOURNAL, "GBP").values_list("pk", flat=True))
    assert waiting.isdisjoint(held)
    assert waiting | set(held) == set(Journal.objects.filter(operator=operator).values_list("pk", flat=True))
    sums: Counter[str] = Counter()
    for batch in operator.exports.filter(undo__isnull=True):
        sums.update(booking.booked_by_journal(rows_of(batch)))
    assert sum(sums.values()) == 0
    postings = Posting.objects.filter(journal__in=held).values_list("account")
    exported = postings.annotate(total=Sum("amount_minor"))
    assert sums == Counter({NOMINAL[Account(account)]: total for account, total in exported})


def test_there_are_documents_of_every_kind_to_export(booked: Cast) -> None:
    assert set(Document.objects.values_list("kind", flat=True)) == {"INVOICE", "CREDIT_NOTE", "REMITTANCE"}
    assert set(Journal.objects.values_list("kind", flat=True)) | {"LATE_CLAIM"} == set(JournalKind.values)
