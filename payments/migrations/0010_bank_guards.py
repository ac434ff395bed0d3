from django.db import migrations

from mhep.shared.append_only import append_only
from mhep.shared.audited import audited

# What is open of a line or a document is written by these triggers only, so it is always what the rows say.
BALANCES = """
CREATE FUNCTION payments_balance_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION '% is written by the database itself', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_linebalance_guard BEFORE INSERT OR UPDATE OR DELETE ON payments_linebalance
    FOR EACH ROW EXECUTE FUNCTION payments_balance_guard();
CREATE TRIGGER payments_linebalance_no_truncate BEFORE TRUNCATE ON payments_linebalance
    FOR EACH STATEMENT EXECUTE FUNCTION mhep_refuse_change();

CREATE FUNCTION payments_documents_opened() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO payments_documentbalance (document_id, open_minor) SELECT id, gross_minor FROM written;
    RETURN NULL;
END $$;
CREATE TRIGGER payments_documents_opened AFTER INSERT ON payments_document
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION payments_documents_opened();
INSERT INTO payments_documentbalance (document_id, open_minor) SELECT id, gross_minor FROM payments_document;
CREATE TRIGGER payments_documentbalance_guard BEFORE INSERT OR UPDATE OR DELETE ON payments_documentbalance
    FOR EACH ROW EXECUTE FUNCTION payments_balance_guard();
CREATE TRIGGER payments_documentbalance_no_truncate BEFORE TRUNCATE ON payments_documentbalance
    FOR EACH STATEMENT EXECUTE FUNCTION mhep_refuse_change();
"""
NO_BALANCES = """
DROP TRIGGER payments_documentbalance_no_truncate ON payments_documentbalance;
DROP TRIGGER payments_documentbalance_guard ON payments_documentbalance;
DROP TRIGGER payments_documents_opened ON payments_document;
DROP FUNCTION payments_documents_opened();
DROP TRIGGER payments_linebalance_no_truncate ON payments_linebalance;
DROP TRIGGER payments_linebalance_guard ON payments_linebalance;
DROP FUNCTION payments_balance_guard();
"""

LINES = """
CREATE FUNCTION payments_banklines_inserted() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF EXISTS (
        SELECT FROM written w
        JOIN payments_bankaccount a ON a.id = w.account_id
        LEFT JOIN payments_bankstatement s ON s.id = w.statement_id AND s.account_id = w.account_id
        LEFT JOIN payments_journal j ON j.id = w.journal_id AND j.operator_id = a.operator_id
            AND j.currency = a.currency AND j.kind = 'BANK_LINE' AND j.dated_on = w.booked_on
        WHERE s.id IS NULL OR j.id IS NULL OR w.amount_minor IS DISTINCT FROM (
            SELECT sum(p.amount_minor) FROM payments_posting p WHERE p.journal_id = j.id AND p.account = 'BANK')
    ) THEN
        RAISE EXCEPTION 'a line of a bank statement is not in the ledger as it is'
            USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO payments_linebalance (line_id, open_minor) SELECT id, abs(amount_minor) FROM written;
    RETURN NULL;
END $$;
CREATE TRIGGER payments_banklines_inserted AFTER INSERT ON payments_bankline
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION payments_banklines_inserted();
"""
NO_LINES = """
DROP TRIGGER payments_banklines_inserted ON payments_bankline;
DROP FUNCTION payments_banklines_inserted();
"""

# A line goes to documents of its own direction, a credit note to documents of the same party; a reversal
# mirrors what it undoes. What is open goes down with it, and the balance refuses to go below nothing.
ALLOCATIONS = """
CREATE FUNCTION payments_allocations_inserted() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF EXISTS (
        SELECT FROM written w
        LEFT JOIN payments_journal j ON j.id = w.journal_id AND j.kind = 'ALLOCATION'
            AND (j.reverses_id IS NULL) = (w.reverses_id IS NULL)
        LEFT JOIN payments_bankline l ON l.id = w.line_id
        LEFT JOIN payments_bankaccount a ON a.id = l.account_id
        LEFT JOIN payments_document d ON d.id = w.document_id
        LEFT JOIN funders_agreement g ON g.id = d.agreement_id
        LEFT JOIN payments_document c ON c.id = w.credit_id
        LEFT JOIN funders_agreement h ON h.id = c.agreement_id
        LEFT JOIN funders_funder f ON f.id = w.funder_id
        LEFT JOIN funders_programme p ON p.id = f.programme_id
        WHERE j.id IS NULL
            OR w.amount_minor IS DISTINCT FROM (
                SELECT sum(s.amount_minor) FROM payments_posting s
                WHERE s.journal_id = j.id AND s.amount_minor > 0)
            OR (a.operator_id, a.currency) IS DISTINCT FROM (j.operator_id, j.currency) AND a.id IS NOT NULL
            OR (d.operator_id, d.currency) IS DISTINCT FROM (j.operator_id, j.currency) AND d.id IS NOT NULL
            OR (c.operator_id, c.currency) IS DISTINCT FROM (j.operator_id, j.currency) AND c.id IS NOT NULL
            OR (p.operator_id, p.currency) IS DISTINCT FROM (j.operator_id, j.currency) AND p.id IS NOT NULL
            OR w.kind IN ('PAYMENT', 'SHORTFALL')
                AND (l.amount_minor > 0) <> ((g.direction = 'RECEIVABLE') = (d.kind <> 'CREDIT_NOTE'))
            OR w.kind = 'SHORTFALL' AND (l.amount_minor < 0 OR d.kind <> 'INVOICE')
            OR w.kind = 'SET_OFF' AND (c.kind <> 'CREDIT_NOTE' OR d.kind = 'CREDIT_NOTE'
                OR (g.funder_id, g.provider_id) IS DISTINCT FROM (h.funder_id, h.provider_id))
    ) OR EXISTS (
        SELECT FROM written w LEFT JOIN payments_allocation o ON o.id = w.reverses_id AND o.reverses_id IS NULL
        LEFT JOIN payments_journal j ON j.id = w.journal_id AND j.reverses_id = o.journal_id
        WHERE w.reverses_id IS NOT NULL AND (j.id IS NULL OR
            (o.kind, o.line_id, o.credit_id, o.document_id, o.funder_id, o.account, o.amount_minor)
            IS DISTINCT FROM
            (w.kind, w.line_id, w.credit_id, w.document_id, w.funder_id, w.account, w.amount_minor))
    ) THEN
        RAISE EXCEPTION 'an allocation does not fit its payment, its document or its journal'
            USING ERRCODE = 'check_violation';
    END IF;
    UPDATE payments_linebalance b SET open_minor = b.open_minor - u.used
        FROM (SELECT w.line_id, sum(CASE WHEN w.reverses_id IS NULL THEN w.amount_minor ELSE -w.amount_minor END)
                  AS used
              FROM written w WHERE w.kind IN ('PAYMENT', 'ON_ACCOUNT', 'ACCOUNT') GROUP BY 1) u
        WHERE b.line_id = u.line_id;
    UPDATE payments_documentbalance b SET open_minor = b.open_minor - u.used
        FROM (SELECT x.document_id, sum(x.amount) AS used FROM (
                  SELECT w.document_id, CASE WHEN w.reverses_id IS NULL THEN w.amount_minor
                                        ELSE -w.amount_minor END AS amount
                  FROM written w WHERE w.document_id IS NOT NULL
                  UNION ALL
                  SELECT w.credit_id, CASE WHEN w.reverses_id IS NULL THEN w.amount_minor
                                      ELSE -w.amount_minor END
                  FROM written w WHERE w.credit_id IS NOT NULL) x GROUP BY 1) u
        WHERE b.document_id = u.document_id;
    RETURN NULL;
END $$;
CREATE TRIGGER payments_allocations_inserted AFTER INSERT ON payments_allocation
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION payments_allocations_inserted();
"""
NO_ALLOCATIONS = """
DROP TRIGGER payments_allocations_inserted ON payments_allocation;
DROP FUNCTION payments_allocations_inserted();
"""
APPEND_ONLY = ("payments_bankstatement", "payments_bankline", "payments_allocation")


class Migration(migrations.Migration):
    dependencies = [("payments", "0009_bank"), ("shared", "0002_refuse_change"), ("audit", "0003_changes")]
    operations = [
        migrations.RunSQL(BALANCES, NO_BALANCES),
        migrations.RunSQL(LINES, NO_LINES),
        migrations.RunSQL(ALLOCATIONS, NO_ALLOCATIONS),
        *(migrations.RunSQL(*append_only(table)) for table in APPEND_ONLY),
        *(migrations.RunSQL(*audited(table)) for table in (*APPEND_ONLY, "payments_bankaccount")),
        migrations.RunSQL(*audited("payments_linebalance", key="line_id")),
        migrations.RunSQL(*audited("payments_documentbalance", key="document_id")),
    ]
