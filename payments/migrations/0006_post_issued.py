from django.db import migrations

# What was issued before there was a ledger: the same journals as issuing writes now.
POST = """
    WITH issued AS (
        SELECT d.*, a.programme_id, a.funder_id, a.provider_id, a.direction = 'RECEIVABLE' AS receivable,
            CASE WHEN (a.direction = 'RECEIVABLE') = (d.kind <> 'CREDIT_NOTE') THEN 1 ELSE -1 END AS side
        FROM payments_document d JOIN funders_agreement a ON a.id = d.agreement_id
        WHERE NOT EXISTS (SELECT FROM payments_journal x WHERE x.document_id = d.id)
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
            (SELECT count(*) FROM entries e WHERE e.id = i.id), '', now(), issued_by_id
        FROM issued i ORDER BY id
        RETURNING id, document_id
    )
    INSERT INTO payments_posting (journal_id, account, amount_minor, funder_id, provider_id, outcome_type_id,
        document_id)
    SELECT j.id, e.account, e.amount, i.funder_id, i.provider_id, e.outcome_type, i.id
    FROM entries e JOIN issued i ON i.id = e.id JOIN journals j ON j.document_id = e.id
    ORDER BY j.id, e.place, e.outcome_type
"""


class Migration(migrations.Migration):
    """Taken back, nothing is to do: the tables go with 0004."""

    dependencies = [("payments", "0005_ledger_guards")]
    operations = [migrations.RunSQL(POST, migrations.RunSQL.noop)]
