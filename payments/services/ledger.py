"""Writing the ledger: each movement is a journal that balances; a wrong one is reversed, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from accounts.models import User
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.copying import copy_rows, reserve_keys
from payments.enums import JournalKind
from payments.models import Journal, Posting
from payments.rules.ledger import Entry, Unbalanced, balance_of, opposite

# Each document's journal: what is owed against income or costs by outcome type, and VAT.
POST_DOCUMENTS = """
    WITH issued AS (
        SELECT d.*, a.programme_id, a.funder_id, a.provider_id, a.direction = 'RECEIVABLE' AS receivable,
            CASE WHEN (a.direction = 'RECEIVABLE') = (d.kind <> 'CREDIT_NOTE') THEN 1 ELSE -1 END AS side
        FROM payments_document d JOIN funders_agreement a ON a.id = d.agreement_id
        WHERE d.id = ANY(%(documents)s)
    ), entries AS (
        SELECT id, CASE WHEN receivable THEN 'RECEIVABLES' ELSE 'PAYABLES' END AS account,
            side * gross_minor AS amount, NULL::bigint AS outcome_type, 1 AS place
        FROM issued
        UNION ALL
        SELECT i.id, CASE WHEN i.receivable THEN 'INCOME' ELSE 'PROVIDER_COSTS' END,
            -sum(c.amount_minor) * CASE WHEN i.receivable THEN 1 ELSE -1 END, t.outcome_type_id, 2
        FROM issued i
        JOIN payments_documentline l ON l.document_id = i.id
        JOIN payments_charge c ON c.id = l.charge_id
        LEFT JOIN funders_term t ON t.id = c.term_id
        GROUP BY i.id, i.receivable, t.outcome_type_id HAVING sum(c.amount_minor) <> 0
        UNION ALL
        SELECT id, CASE WHEN receivable THEN 'VAT_OUTPUT' ELSE 'VAT_INPUT' END, -side * vat_minor, NULL, 3
        FROM issued WHERE vat_minor <> 0
    ), journals AS (
        INSERT INTO payments_journal (operator_id, programme_id, kind, dated_on, currency, document_id,
            posting_count, note, recorded_at, recorded_by_id)
        SELECT operator_id, programme_id, 'DOCUMENT', issued_on, currency, id,
            (SELECT count(*) FROM entries e WHERE e.id = i.id), '', %(at)s, %(actor)s
        FROM issued i ORDER BY id
        RETURNING id, document_id
    )
    INSERT INTO payments_posting (journal_id, account, amount_minor, funder_id, provider_id, outcome_type_id,
        document_id)
    SELECT j.id, e.account, e.amount, i.funder_id, i.provider_id, e.outcome_type, i.id
    FROM entries e JOIN issued i ON i.id = e.id JOIN journals j ON j.document_id = e.id
    ORDER BY j.id, e.place, e.outcome_type
"""
JOURNAL_COLUMNS = (
    *("id", "operator_id", "programme_id", "kind", "dated_on", "currency", "document_id"),
    *("posting_count", "note", "recorded_at", "recorded_by_id"),
)
POSTING_COLUMNS = (
    *("journal_id", "account", "amount_minor", "funder_id"),
    *("provider_id", "outcome_type_id", "document_id"),
)


class CannotPost(BusinessRuleError):
    pass


class CannotReverse(BusinessRuleError):
    pass


@dataclass(frozen=True, slots=True)
class NewJournal:
    """A movement that is to be written; keys are those of rows. ``note`` is text without personal data."""

    operator_id: int
    kind: JournalKind
    dated_on: date
    currency: str
    entries: tuple[Entry, ...]
    programme_id: int | None = None
    document_id: int | None = None
    note: str = ""


def post(journal: NewJournal, *, actor: User | None, at: datetime) -> int:
    """
    Write a journal and return its key; for any app above that moves money.

    :raises CannotPost: if it does not balance, or has an entry of nothing.
    """
    return post_many([journal], actor=actor, at=at)[0]


@transaction.atomic
def post_many(journals: Sequence[NewJournal], *, actor: User | None, at: datetime) -> list[int]:
    """
    Write journals, in two statements however many they are, and return their keys in the same order.

    :raises CannotPost: if one does not balance, or has an entry of nothing; then none is written.
    """
    for journal in journals:
        try:
            balance_of(journal.entries)
        except Unbalanced as error:
            raise CannotPost(str(error)) from error
    keys = reserve_keys("payments_journal", len(journals))
    by = actor.pk if actor else None
    copy_rows(
        "payments_journal",
        JOURNAL_COLUMNS,
        (
            (
                key,
                journal.operator_id,
                journal.programme_id,
                journal.kind.value,
                journal.dated_on,
                journal.currency,
                journal.document_id,
                len(journal.entries),
                journal.note,
                at,
                by,
            )
            for key, journal in zip(keys, journals, strict=True)
        ),
    )
    copy_rows(
        "payments_posting",
        POSTING_COLUMNS,
        (
            (
                key,
                entry.account,
                entry.amount,
                entry.funder,
                entry.provider,
                entry.outcome_type,
                entry.document,
            )
            for key, journal in zip(keys, journals, strict=True)
            for entry in journal.entries
        ),
    )
    return keys


@transaction.atomic
def reverse(journal_id: int, *, dated_on: date, note: str, actor: User | None, at: datetime) -> Journal:
    """
    Write the opposite of a journal, once; both stay. Return the reversal.

    :raises CannotReverse: if it is a document's, a reversal itself, or was reversed before.
    """
    journal = Journal.objects.get(pk=journal_id)
    if journal.kind == JournalKind.DOCUMENT:
        raise CannotReverse("An issued document is corrected by a credit note, never by a reversal.")
    if journal.reverses_id is not None:
        raise CannotReverse("A reversal stays. Post the movement anew if it was right after all.")
    if Journal.objects.filter(reverses=journal).exists():
        raise CannotReverse("This movement was reversed before.")
    entries = opposite(entries_of(journal))
    reversal = Journal.objects.create(
        operator_id=journal.operator_id,
        programme_id=journal.programme_id,
        kind=journal.kind,
        dated_on=dated_on,
        currency=journal.currency,
        document_id=journal.document_id,
        reverses=journal,
        posting_count=len(entries),
        note=note,
        recorded_at=at,
        recorded_by=actor,
    )
    Posting.objects.bulk_create(
        Posting(
            journal=reversal,
            account=entry.account,
            amount_minor=entry.amount,
            funder_id=entry.funder,
            provider_id=entry.provider,
            outcome_type_id=entry.outcome_type,
            document_id=entry.document,
        )
        for entry in entries
    )
    return reversal


def entries_of(journal: Journal) -> list[Entry]:
    """Return the postings of a journal as entries, in their order."""
    return [
        Entry(
            posting.account,
            posting.amount_minor,
            funder=posting.funder_id,
            provider=posting.provider_id,
            outcome_type=posting.outcome_type_id,
            document=posting.document_id,
        )
        for posting in journal.postings.order_by("pk")
    ]


def post_documents(documents: Sequence[int], *, actor: User | None, at: datetime) -> None:
    """
    Write the journal of each of these issued documents, in one statement, inside the transaction that issues.

    The database refuses to commit a document without it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            POST_DOCUMENTS, {"documents": list(documents), "at": at, "actor": actor.pk if actor else None}
        )
