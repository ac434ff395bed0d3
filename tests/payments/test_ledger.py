"""The ledger: what is posted, what the database refuses, and what a figure ties to (N4, M3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum

from payments.enums import Account, JournalKind
from payments.models import Document, Journal, Posting
from payments.rules.ledger import Entry
from payments.services.ledger import CannotPost, CannotReverse, NewJournal, post, post_many, reverse
from tests.cast import AT, Cast
from tests.payments.attacked import insert, row_of, run
from tests.payments.documents import document, three_months

pytestmark = pytest.mark.django_db

JUNE = date(2026, 6, 1)


def check_now() -> None:
    """Run the checks that wait for the end of the transaction."""
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("SET CONSTRAINTS ALL DEFERRED")


def drawdown(cast: Cast, amount: int = 500_00) -> NewJournal:
    """Return a movement as the investor's part of the system would post it."""
    return NewJournal(
        operator_id=cast.programme.operator_id,
        programme_id=cast.programme.pk,
        kind=JournalKind.INVESTMENT,
        dated_on=JUNE,
        currency="GBP",
        entries=(Entry(Account.BANK, amount), Entry(Account.INVESTOR_FACILITY, -amount)),
        note="Drawdown 1",
    )


def row(table: str, **where: int) -> dict[str, Any]:
    """Return the first row of a table with this key."""
    ((column, key),) = where.items()
    return row_of(f"SELECT * FROM {table} WHERE {column} = {key} ORDER BY id LIMIT 1")  # noqa: S608


def refused(attack: Callable[[], object], words: str) -> None:
    def attack_and_commit() -> None:
        with transaction.atomic():
            attack()
            check_now()

    with pytest.raises(DatabaseError, match=words):
        attack_and_commit()


def test_each_document_is_posted_as_it_is_issued(cast: Cast) -> None:
    three_months(cast)
    check_now()
    assert Journal.objects.filter(kind=JournalKind.DOCUMENT).count() == Document.objects.count() == 5
    invoice = document(cast, "INVOICE", "EALING-1")
    posted = [
        (posting.account, posting.amount_minor, posting.funder and posting.funder.code)
        for posting in Posting.objects.filter(journal__document=invoice).order_by("pk")
    ]
    assert posted == [
        ("RECEIVABLES", invoice.gross_minor, "EALING"),
        ("INCOME", -invoice.net_minor, "EALING"),
        ("VAT_OUTPUT", -invoice.vat_minor, "EALING"),
    ]
    credit = document(cast, "CREDIT_NOTE", "EALING-1")
    posted_credit = Posting.objects.filter(journal__document=credit).order_by("pk")
    assert [each.amount_minor for each in posted_credit] == [
        -credit.gross_minor,
        credit.net_minor,
        credit.vat_minor,
    ]
    remittance = document(cast, "REMITTANCE", "TWN-1")
    owed = Posting.objects.get(journal__document=remittance, account="PAYABLES")
    assert (owed.amount_minor, owed.provider and owed.provider.code) == (-remittance.gross_minor, "TWN")


def test_income_stands_by_outcome_type_and_fees_by_none(cast: Cast) -> None:
    three_months(cast)
    invoice = document(cast, "INVOICE", "FOUND-1")
    income = Posting.objects.filter(journal__document=invoice, account="INCOME")
    by_type = {each.outcome_type and each.outcome_type.code: -each.amount_minor for each in income}
    lines = Counter[str | None]()
    for line in invoice.lines.select_related("charge__term__outcome_type"):
        term = line.charge.term
        lines[term.outcome_type.code if term else None] += line.charge.amount_minor
    assert by_type == {code: amount for code, amount in lines.items() if amount}
    assert by_type[None] == 1000_00


def test_the_sum_of_all_postings_is_nothing_in_each_currency(cast: Cast) -> None:
    three_months(cast)
    post(drawdown(cast), actor=cast.finance, at=AT)
    sums = Posting.objects.values("journal__currency").annotate(total=Sum("amount_minor"))
    assert [row["total"] for row in sums] == [0]


def test_a_movement_that_does_not_balance_is_refused_by_the_service(cast: Cast) -> None:
    good = drawdown(cast)
    wrong = NewJournal(
        good.operator_id, good.kind, JUNE, "GBP", (Entry(Account.BANK, 1), Entry(Account.INCOME, -2))
    )
    with pytest.raises(CannotPost, match=r"0\.01 apart"):
        post_many([good, wrong], actor=None, at=AT)
    assert not Journal.objects.exists()


def test_a_reversal_undoes_a_movement_once_and_both_stay(cast: Cast) -> None:
    key = post(drawdown(cast), actor=cast.finance, at=AT)
    reversal = reverse(key, dated_on=JUNE, note="Typed twice", actor=cast.finance, at=AT)
    check_now()
    assert Journal.objects.count() == 2
    assert Posting.objects.filter(account="BANK").aggregate(total=Sum("amount_minor"))["total"] == 0
    with pytest.raises(CannotReverse, match="before"):
        reverse(key, dated_on=JUNE, note="", actor=cast.finance, at=AT)
    with pytest.raises(CannotReverse, match="reversal stays"):
        reverse(reversal.pk, dated_on=JUNE, note="", actor=cast.finance, at=AT)


def test_a_documents_journal_is_never_reversed(cast: Cast) -> None:
    three_months(cast)
    journal = Journal.objects.filter(kind=JournalKind.DOCUMENT)[0]
    with pytest.raises(CannotReverse, match="credit note"):
        reverse(journal.pk, dated_on=JUNE, note="", actor=cast.finance, at=AT)
    stored = row("payments_journal", id=journal.pk)
    refused(
        lambda: insert("payments_journal", {**stored, "reverses_id": journal.pk, "document_id": None}),
        "payments_journal_of_a_document_stays",
    )


def test_the_database_refuses_a_journal_that_does_not_balance_at_commit(cast: Cast) -> None:
    key = post(drawdown(cast), actor=None, at=AT)
    journal = row("payments_journal", id=key)
    posting = row("payments_posting", journal_id=key)

    def with_postings(*amounts: int) -> None:
        insert("payments_journal", {**journal, "posting_count": 2})
        new = run("SELECT max(id) FROM payments_journal")[0][0]
        for amount in amounts:
            insert("payments_posting", {**posting, "journal_id": new, "amount_minor": amount})

    with transaction.atomic():
        with_postings(7, -7)
        check_now()
    refused(lambda: with_postings(7, -6), "does not balance")
    refused(lambda: with_postings(7), "does not balance")
    refused(with_postings, "does not balance")
    refused(lambda: with_postings(7, -7, 1), "no more postings")
    refused(lambda: with_postings(7, 0), "payments_posting_is_not_zero")
    refused(lambda: insert("payments_journal", {**journal, "posting_count": 1}), "two_sides")


def test_n4_nothing_can_be_added_to_a_journal_or_changed_or_deleted(cast: Cast) -> None:
    key = post(drawdown(cast), actor=None, at=AT)
    check_now()
    posting = row("payments_posting", journal_id=key)
    refused(lambda: insert("payments_posting", posting), "no more postings")
    refused(lambda: insert("payments_posting", {**posting, "journal_id": 0}), "no more postings")
    refused(lambda: run("UPDATE payments_posting SET amount_minor = amount_minor + 1"), "append-only")
    refused(lambda: run("UPDATE payments_journal SET dated_on = dated_on + 1"), "append-only")
    refused(lambda: run("DELETE FROM payments_posting"), "append-only")
    refused(lambda: run("DELETE FROM payments_journal"), "append-only")


def test_n4_the_ledger_is_never_emptied(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgname IN"
            " ('payments_journal_no_truncate', 'payments_posting_no_truncate')"
        )
        assert cursor.fetchone() == (2,)


def test_a_posting_belongs_to_the_operator_and_the_currency_of_its_journal(cast: Cast) -> None:
    three_months(cast)
    invoice = document(cast, "INVOICE", "EALING-1")
    other = run("SELECT id FROM providers_operator WHERE code = 'OTHER'")[0][0]
    journal = row("payments_journal", document_id=invoice.pk)
    posting = row("payments_posting", document_id=invoice.pk)
    bare = {**journal, "kind": "INVESTMENT", "document_id": None}

    def attack(**changed: object) -> None:
        insert("payments_journal", {**bare, **changed})
        new = run("SELECT max(id) FROM payments_journal")[0][0]
        insert("payments_posting", {**posting, "journal_id": new})

    refused(lambda: attack(operator_id=other), "another operator")
    refused(lambda: attack(currency="EUR"), "another currency")


def test_a_reversal_is_the_opposite_of_a_movement_or_it_is_refused(cast: Cast) -> None:
    first, second = post_many([drawdown(cast), drawdown(cast, 9)], actor=None, at=AT)
    journal = row("payments_journal", id=first)
    posting = row("payments_posting", journal_id=first)

    def attack(*amounts: int, reverses: int = first) -> None:
        insert("payments_journal", {**journal, "reverses_id": reverses})
        new = run("SELECT max(id) FROM payments_journal")[0][0]
        for account, amount in zip(("BANK", "INVESTOR_FACILITY"), amounts, strict=True):
            insert(
                "payments_posting",
                {**posting, "journal_id": new, "amount_minor": amount, "account": account},
            )

    refused(lambda: attack(500_00, -500_00), "not the reverse")
    refused(lambda: attack(-9, 9), "not the reverse")
    with transaction.atomic():
        attack(-9, 9, reverses=second)
        check_now()


def test_a_document_without_its_journal_is_refused(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payments.services.documents.post_documents", lambda *_, **__: None)
    refused(lambda: three_months(cast), "not in the ledger")


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("side * gross_minor AS amount", "side * (gross_minor + 100) AS amount"),
        ("THEN 'VAT_OUTPUT'", "THEN 'INCOME'"),
        ("THEN 'INCOME'", "THEN 'UNALLOCATED'"),
        ("currency, id,\n", "'EUR', id,\n"),
        ("'DOCUMENT', issued_on,", "'DOCUMENT', issued_on + 1,"),
    ],
)
def test_a_journal_that_does_not_say_what_its_document_says_is_refused(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, was: str, becomes: str
) -> None:
    from payments.services import ledger  # noqa: PLC0415

    assert was in ledger.POST_DOCUMENTS
    monkeypatch.setattr(ledger, "POST_DOCUMENTS", ledger.POST_DOCUMENTS.replace(was, becomes))
    refused(lambda: three_months(cast), "not in the ledger|another currency|does not balance")
