from django.db import migrations

from mhep.shared.append_only import append_only
from mhep.shared.audited import audited

# A claim is about an invoice of its operator, and only ever goes on: charged or refused, then withdrawn.
STAYS = """
CREATE FUNCTION payments_lateclaim_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    added text[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state NOT IN ('PROPOSED', 'WAIVED') OR NEW.decided_by_id IS NOT NULL OR NOT EXISTS (
            SELECT FROM payments_document d JOIN funders_agreement a ON a.id = d.agreement_id
            WHERE d.id = NEW.document_id AND d.operator_id = NEW.operator_id AND d.currency = NEW.currency
                AND d.kind = 'INVOICE' AND a.direction = 'RECEIVABLE' AND d.due_on < NEW.since)
        THEN
            RAISE EXCEPTION 'a late payment claim begins as a proposal about an invoice after its due date'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        added := CASE OLD.state || '>' || NEW.state
            WHEN 'PROPOSED>CHARGED' THEN
                ARRAY['state', 'number', 'decided_by_id', 'decided_at', 'charged_on', 'journal_id']
            WHEN 'PROPOSED>REFUSED' THEN ARRAY['state', 'decided_by_id', 'decided_at', 'decision_reason']
            WHEN 'CHARGED>WITHDRAWN' THEN
                ARRAY['state', 'withdrawn_by_id', 'withdrawn_at', 'withdrawal_reason']
            WHEN 'WAIVED>WITHDRAWN' THEN
                ARRAY['state', 'withdrawn_by_id', 'withdrawn_at', 'withdrawal_reason']
        END;
    END IF;
    IF added IS NULL OR (to_jsonb(NEW) - added) IS DISTINCT FROM (to_jsonb(OLD) - added) THEN
        RAISE EXCEPTION 'a late payment claim stays as it was made' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_lateclaim_stays BEFORE INSERT OR UPDATE OR DELETE ON payments_lateclaim
    FOR EACH ROW EXECUTE FUNCTION payments_lateclaim_guard();
CREATE TRIGGER payments_lateclaim_no_truncate BEFORE TRUNCATE ON payments_lateclaim
    FOR EACH STATEMENT EXECUTE FUNCTION mhep_refuse_change();
"""
NO_STAYS = """
DROP TRIGGER payments_lateclaim_no_truncate ON payments_lateclaim;
DROP TRIGGER payments_lateclaim_stays ON payments_lateclaim;
DROP FUNCTION payments_lateclaim_guard();
"""

# At the end of the transaction a charged claim stands in the ledger with its sum, and a withdrawn one not any
# more, with nothing paid for it.
POSTED = """
CREATE FUNCTION payments_lateclaim_is_posted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.journal_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM payments_journal j JOIN payments_posting p ON p.journal_id = j.id
        JOIN payments_document d ON d.id = NEW.document_id JOIN funders_agreement a ON a.id = d.agreement_id
        WHERE j.id = NEW.journal_id AND j.kind = 'LATE_CLAIM' AND j.posting_count = 2
            AND j.operator_id = NEW.operator_id AND j.currency = NEW.currency
            AND j.dated_on = NEW.charged_on AND p.account = 'LATE_CLAIMS' AND p.funder_id = a.funder_id
            AND p.amount_minor = NEW.interest_minor + NEW.fixed_minor
            AND EXISTS (SELECT FROM payments_posting q WHERE q.journal_id = j.id AND q.account = 'LATE_INCOME'))
    THEN
        RAISE EXCEPTION 'late payment claim % is not in the ledger as it is', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'WITHDRAWN' AND NEW.journal_id IS NOT NULL AND (
        NOT EXISTS (SELECT FROM payments_journal r WHERE r.reverses_id = NEW.journal_id)
        OR EXISTS (
            SELECT FROM payments_allocation x
            LEFT JOIN payments_allocation undone ON undone.reverses_id = x.id
            WHERE x.late_claim_id = NEW.id AND x.reverses_id IS NULL AND undone.id IS NULL))
    THEN
        RAISE EXCEPTION 'a withdrawn claim is reversed in the ledger, and nothing is paid for it'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payments_lateclaim_stands_in_the_ledger AFTER INSERT OR UPDATE ON payments_lateclaim
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_lateclaim_is_posted();
"""
NO_POSTED = """
DROP TRIGGER payments_lateclaim_stands_in_the_ledger ON payments_lateclaim;
DROP FUNCTION payments_lateclaim_is_posted();
"""

# Money in pays a charged claim of the same operator and currency, and never more than it comes to.
PAID = """
CREATE FUNCTION payments_lateclaims_paid() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM written w WHERE w.late_claim_id IS NOT NULL) THEN
        RETURN NULL;
    END IF;
    PERFORM FROM payments_lateclaim c
        WHERE c.id IN (SELECT w.late_claim_id FROM written w) ORDER BY c.id FOR UPDATE;
    IF EXISTS (
        SELECT FROM written w JOIN payments_lateclaim c ON c.id = w.late_claim_id
        JOIN payments_bankline l ON l.id = w.line_id JOIN payments_bankaccount a ON a.id = l.account_id
        LEFT JOIN payments_allocation o ON o.id = w.reverses_id
        WHERE l.amount_minor < 0 OR (a.operator_id, a.currency) IS DISTINCT FROM (c.operator_id, c.currency)
            OR w.reverses_id IS NULL AND c.state <> 'CHARGED'
            OR w.reverses_id IS NOT NULL AND o.late_claim_id IS DISTINCT FROM w.late_claim_id
    ) OR EXISTS (
        SELECT FROM payments_allocation x JOIN payments_lateclaim c ON c.id = x.late_claim_id
        WHERE c.id IN (SELECT w.late_claim_id FROM written w)
        GROUP BY c.id
        HAVING sum(CASE WHEN x.reverses_id IS NULL THEN x.amount_minor ELSE -x.amount_minor END)
            NOT BETWEEN 0 AND c.interest_minor + c.fixed_minor
    ) THEN
        RAISE EXCEPTION 'a payment does not fit the late payment claim that it is for'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER payments_lateclaims_paid AFTER INSERT ON payments_allocation
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION payments_lateclaims_paid();
"""
NO_PAID = """
DROP TRIGGER payments_lateclaims_paid ON payments_allocation;
DROP FUNCTION payments_lateclaims_paid();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0016_late_payment")]
    operations = [
        migrations.RunSQL(STAYS, NO_STAYS),
        migrations.RunSQL(POSTED, NO_POSTED),
        migrations.RunSQL(PAID, NO_PAID),
        migrations.RunSQL(*append_only("payments_referencerate")),
        *(migrations.RunSQL(*audited(table)) for table in ("payments_referencerate", "payments_lateclaim")),
    ]
