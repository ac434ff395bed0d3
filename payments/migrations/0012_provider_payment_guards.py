from django.db import migrations

from mhep.shared.audited import audited

ACCOUNTS = """
CREATE FUNCTION payments_payeeaccount_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    added text[] := ARRAY['approved_by_id', 'approved_at', 'ended_at'];
BEGIN
    IF TG_OP = 'DELETE'
        OR (to_jsonb(NEW) - added) IS DISTINCT FROM (to_jsonb(OLD) - added)
        OR (OLD.approved_at IS NOT NULL
            AND (NEW.approved_at, NEW.approved_by_id) IS DISTINCT FROM (OLD.approved_at, OLD.approved_by_id))
        OR (OLD.ended_at IS NOT NULL AND NEW IS DISTINCT FROM OLD)
    THEN
        RAISE EXCEPTION 'an account stays as it was entered' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_payeeaccount_stays BEFORE UPDATE OR DELETE ON payments_payeeaccount
    FOR EACH ROW EXECUTE FUNCTION payments_payeeaccount_guard();
CREATE TRIGGER payments_payeeaccount_no_truncate BEFORE TRUNCATE ON payments_payeeaccount
    FOR EACH STATEMENT EXECUTE FUNCTION mhep_refuse_change();
"""
NO_ACCOUNTS = """
DROP TRIGGER payments_payeeaccount_no_truncate ON payments_payeeaccount;
DROP TRIGGER payments_payeeaccount_stays ON payments_payeeaccount;
DROP FUNCTION payments_payeeaccount_guard();
"""

# What was released has gone to the bank: only that an order came back is added.
STAYS = """
CREATE FUNCTION payments_paymentbatch_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    added text[] := ARRAY['released_by_id', 'released_at'];
BEGIN
    IF OLD.released_at IS NOT NULL
        OR (TG_OP = 'UPDATE' AND (to_jsonb(NEW) - added) IS DISTINCT FROM (to_jsonb(OLD) - added))
    THEN
        RAISE EXCEPTION 'a payment batch stays as it was prepared' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_paymentbatch_stays BEFORE UPDATE OR DELETE ON payments_paymentbatch
    FOR EACH ROW EXECUTE FUNCTION payments_paymentbatch_guard();

CREATE FUNCTION payments_paymentorder_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    back text[] := ARRAY['returned_on', 'return_reason', 'returned_by_id'];
    is_released boolean;
BEGIN
    SELECT released_at IS NOT NULL INTO is_released FROM payments_paymentbatch
        WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.batch_id ELSE NEW.batch_id END;
    IF TG_OP = 'UPDATE' THEN
        IF NOT is_released AND OLD.journal_id IS NULL
            AND (to_jsonb(NEW) - 'journal_id') IS NOT DISTINCT FROM (to_jsonb(OLD) - 'journal_id')
        THEN
            RETURN NEW;
        END IF;
        IF (to_jsonb(NEW) - back) IS DISTINCT FROM (to_jsonb(OLD) - back)
            OR OLD.returned_on IS NOT NULL OR NOT is_released
        THEN
            RAISE EXCEPTION 'a payment order only comes back, once, after its release'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF is_released THEN
        RAISE EXCEPTION 'the payment batch was released' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF NOT EXISTS (SELECT FROM payments_payeeaccount a
                   WHERE a.id = NEW.account_id AND a.provider_id = NEW.provider_id AND a.approved_at IS NOT NULL)
    THEN
        RAISE EXCEPTION 'a payment order pays into an approved account of its provider'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_paymentorder_stays BEFORE INSERT OR UPDATE OR DELETE ON payments_paymentorder
    FOR EACH ROW EXECUTE FUNCTION payments_paymentorder_guard();

CREATE FUNCTION payments_paiddocument_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_released boolean;
BEGIN
    SELECT b.released_at IS NOT NULL INTO is_released
        FROM payments_paymentorder o JOIN payments_paymentbatch b ON b.id = o.batch_id
        WHERE o.id = CASE WHEN TG_OP = 'DELETE' THEN OLD.order_id ELSE NEW.order_id END;
    IF TG_OP = 'UPDATE' THEN
        IF (to_jsonb(NEW) - 'is_returned') IS DISTINCT FROM (to_jsonb(OLD) - 'is_returned')
            OR OLD.is_returned
            OR NOT EXISTS (SELECT FROM payments_paymentorder o WHERE o.id = NEW.order_id AND o.returned_on IS NOT NULL)
        THEN
            RAISE EXCEPTION 'a paid document only comes back with its order' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF is_released THEN
        RAISE EXCEPTION 'the payment batch was released' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF NEW.is_returned OR NOT EXISTS (
        SELECT FROM payments_document d JOIN funders_agreement a ON a.id = d.agreement_id
        JOIN payments_paymentorder o ON o.id = NEW.order_id
        JOIN payments_paymentbatch b ON b.id = o.batch_id
        WHERE d.id = NEW.document_id AND a.direction = 'PAYABLE' AND a.provider_id = o.provider_id
            AND a.programme_id = b.programme_id
            AND NEW.amount_minor = CASE WHEN d.kind = 'CREDIT_NOTE' THEN -d.gross_minor ELSE d.gross_minor END
    ) THEN
        RAISE EXCEPTION 'a paid document is one of the provider, with its gross sum' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_paiddocument_stays BEFORE INSERT OR UPDATE OR DELETE ON payments_paiddocument
    FOR EACH ROW EXECUTE FUNCTION payments_paiddocument_guard();
"""
NO_STAYS = """
DROP TRIGGER payments_paiddocument_stays ON payments_paiddocument;
DROP FUNCTION payments_paiddocument_guard();
DROP TRIGGER payments_paymentorder_stays ON payments_paymentorder;
DROP FUNCTION payments_paymentorder_guard();
DROP TRIGGER payments_paymentbatch_stays ON payments_paymentbatch;
DROP FUNCTION payments_paymentbatch_guard();
"""

# At the end of the transaction a batch comes to its orders, each order to its documents; and what comes back
# comes back whole.
ADDS_UP = """
CREATE FUNCTION payments_paymentbatch_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM payments_paymentbatch b WHERE b.id = NEW.id AND (
            b.amount_minor IS DISTINCT FROM (SELECT sum(o.amount_minor) FROM payments_paymentorder o WHERE o.batch_id = b.id)
            OR EXISTS (
                SELECT FROM payments_paymentorder o WHERE o.batch_id = b.id AND o.amount_minor IS DISTINCT FROM
                    (SELECT sum(d.amount_minor) FROM payments_paiddocument d WHERE d.order_id = o.id)))
    ) THEN
        RAISE EXCEPTION 'payment batch % does not add up', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT FROM payments_paymentbatch b JOIN payments_paymentorder o ON o.batch_id = b.id
        LEFT JOIN payments_journal j ON j.id = o.journal_id AND j.kind = 'PROVIDER_PAYMENT'
        WHERE b.id = NEW.id AND b.released_at IS NOT NULL
            AND o.amount_minor IS DISTINCT FROM (
                SELECT -sum(p.amount_minor) FROM payments_posting p
                WHERE p.journal_id = j.id AND p.account = 'IN_TRANSIT')
    ) THEN
        RAISE EXCEPTION 'a released payment stands in the ledger with its amount' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payments_paymentbatch_adds_up AFTER INSERT OR UPDATE ON payments_paymentbatch
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_paymentbatch_adds_up();

CREATE FUNCTION payments_paymentorder_comes_back_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM payments_paiddocument d WHERE d.order_id = NEW.id AND NOT d.is_returned)
        OR NOT EXISTS (SELECT FROM payments_journal j WHERE j.reverses_id = NEW.journal_id)
    THEN
        RAISE EXCEPTION 'a payment order comes back with all of its documents, and in the ledger' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payments_paymentorder_comes_back_whole AFTER UPDATE ON payments_paymentorder
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.returned_on IS NOT NULL)
    EXECUTE FUNCTION payments_paymentorder_comes_back_whole();
"""
NO_ADDS_UP = """
DROP TRIGGER payments_paymentorder_comes_back_whole ON payments_paymentorder;
DROP FUNCTION payments_paymentorder_comes_back_whole();
DROP TRIGGER payments_paymentbatch_adds_up ON payments_paymentbatch;
DROP FUNCTION payments_paymentbatch_adds_up();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0011_provider_payments"), ("shared", "0002_refuse_change"), ("audit", "0003_changes")]
    operations = [
        migrations.RunSQL(ACCOUNTS, NO_ACCOUNTS),
        migrations.RunSQL(STAYS, NO_STAYS),
        migrations.RunSQL(ADDS_UP, NO_ADDS_UP),
        *(
            migrations.RunSQL(*audited(table))
            for table in (
                "payments_payeeaccount",
                "payments_paymentbatch",
                "payments_paymentorder",
                "payments_paiddocument",
            )
        ),
    ]
