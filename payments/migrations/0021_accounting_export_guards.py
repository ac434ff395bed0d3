from django.db import migrations

from mhep.shared.append_only import append_only
from mhep.shared.audited import audited

CODES = """
CREATE FUNCTION payments_bookingcode_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    added text[] := ARRAY['withdrawn_by_id', 'withdrawn_at'];
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (
            SELECT FROM funders_funder f JOIN funders_programme p ON p.id = f.programme_id
            WHERE f.id = NEW.funder_id AND p.operator_id <> NEW.operator_id
        ) OR EXISTS (
            SELECT FROM providers_provider p WHERE p.id = NEW.provider_id AND p.operator_id <> NEW.operator_id
        ) OR EXISTS (
            SELECT FROM funders_outcometype o JOIN funders_programme p ON p.id = o.programme_id
            WHERE o.id = NEW.outcome_type_id AND p.operator_id <> NEW.operator_id
        ) THEN
            RAISE EXCEPTION 'a booking code is about its own operator' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' OR OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at IS NULL
        OR (to_jsonb(NEW) - added) IS DISTINCT FROM (to_jsonb(OLD) - added)
    THEN
        RAISE EXCEPTION 'a booking code stays as it was entered; it is only withdrawn, once'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_bookingcode_stays BEFORE INSERT OR UPDATE OR DELETE ON payments_bookingcode
    FOR EACH ROW EXECUTE FUNCTION payments_bookingcode_guard();
CREATE TRIGGER payments_bookingcode_no_truncate BEFORE TRUNCATE ON payments_bookingcode
    FOR EACH STATEMENT EXECUTE FUNCTION mhep_refuse_change();
"""
NO_CODES = """
DROP TRIGGER payments_bookingcode_no_truncate ON payments_bookingcode;
DROP TRIGGER payments_bookingcode_stays ON payments_bookingcode;
DROP FUNCTION payments_bookingcode_guard();
"""

# An export holds what it may, no more than it was made with, and nothing that another one in force holds: a turn is
# one more than the exports that were undone, and two of the same turn are refused by their index.
ITEMS = """
CREATE FUNCTION payments_exportedjournals_inserted() RETURNS trigger LANGUAGE plpgsql
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF EXISTS (
        SELECT FROM written w JOIN payments_exportbatch b ON b.id = w.batch_id
        JOIN payments_journal j ON j.id = w.journal_id
        LEFT JOIN payments_document d ON d.id = j.document_id
        LEFT JOIN funders_agreement a ON a.id = d.agreement_id
        WHERE b.format <> w.format OR j.operator_id <> b.operator_id OR j.currency <> b.currency
            OR j.dated_on NOT BETWEEN b.first_day AND b.last_day
            OR (b.format = 'XERO' AND (j.kind <> 'DOCUMENT' OR a.direction IS DISTINCT FROM 'RECEIVABLE'))
    ) THEN
        RAISE EXCEPTION 'an export holds movements of its operator, currency, days and format only'
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT batch_id FROM written) w JOIN payments_exportbatch b ON b.id = w.batch_id
        WHERE b.journal_count < (SELECT count(*) FROM payments_exportedjournal e WHERE e.batch_id = b.id)
    ) THEN
        RAISE EXCEPTION 'an export has no more movements than it was made with'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (
        SELECT FROM written w
        WHERE EXISTS (SELECT FROM payments_exportundo u WHERE u.batch_id = w.batch_id)
            OR w.turn <> 1 + (
                SELECT count(*) FROM payments_exportedjournal e JOIN payments_exportundo u ON u.batch_id = e.batch_id
                WHERE e.format = w.format AND e.journal_id = w.journal_id)
    ) THEN
        RAISE EXCEPTION 'a movement is exported again only once its earlier export is undone'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER payments_exportedjournals_inserted AFTER INSERT ON payments_exportedjournal
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION payments_exportedjournals_inserted();

CREATE FUNCTION payments_exportfiles_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT batch_id FROM written) w JOIN payments_exportbatch b ON b.id = w.batch_id
        WHERE b.file_count < (SELECT count(*) FROM payments_exportfile f WHERE f.batch_id = b.id)
    ) THEN
        RAISE EXCEPTION 'an export has no more files than it was made with' USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT FROM written w WHERE w.sha256 <> encode(sha256(w.content), 'hex')) THEN
        RAISE EXCEPTION 'a file of an export bears the hash of its bytes' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER payments_exportfiles_inserted AFTER INSERT ON payments_exportfile
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION payments_exportfiles_inserted();
"""
NO_ITEMS = """
DROP TRIGGER payments_exportfiles_inserted ON payments_exportfile;
DROP FUNCTION payments_exportfiles_inserted();
DROP TRIGGER payments_exportedjournals_inserted ON payments_exportedjournal;
DROP FUNCTION payments_exportedjournals_inserted();
"""

# At the end of the transaction an export comes to what the ledger says of its movements.
ADDS_UP = """
CREATE FUNCTION payments_exportbatch_adds_up() RETURNS trigger LANGUAGE plpgsql
    SET jit = off SET enable_seqscan = off AS $$
DECLARE journals bigint; files bigint; debits numeric; credits numeric;
BEGIN
    SELECT count(*) INTO journals FROM payments_exportedjournal e WHERE e.batch_id = NEW.id;
    SELECT count(*) INTO files FROM payments_exportfile f WHERE f.batch_id = NEW.id;
    SELECT coalesce(sum(p.amount_minor) FILTER (WHERE p.amount_minor > 0), 0),
           coalesce(-sum(p.amount_minor) FILTER (WHERE p.amount_minor < 0), 0)
        INTO debits, credits
        FROM payments_exportedjournal e JOIN payments_posting p ON p.journal_id = e.journal_id
        WHERE e.batch_id = NEW.id;
    IF journals <> NEW.journal_count OR files <> NEW.file_count
        OR debits <> NEW.amount_minor OR credits <> NEW.amount_minor
    THEN
        RAISE EXCEPTION 'export % does not add up: % movements, % files, debits %, credits %',
            NEW.number, journals, files, debits, credits USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payments_exportbatch_adds_up AFTER INSERT ON payments_exportbatch
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_exportbatch_adds_up();
"""
NO_ADDS_UP = """
DROP TRIGGER payments_exportbatch_adds_up ON payments_exportbatch;
DROP FUNCTION payments_exportbatch_adds_up();
"""
WRITTEN_ONCE = (
    "payments_exportbatch",
    "payments_exportedjournal",
    "payments_exportfile",
    "payments_exportundo",
)


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0020_accounting_exports"),
        ("shared", "0002_refuse_change"),
        ("audit", "0003_changes"),
    ]
    operations = [
        migrations.RunSQL(CODES, NO_CODES),
        migrations.RunSQL(ITEMS, NO_ITEMS),
        migrations.RunSQL(ADDS_UP, NO_ADDS_UP),
        *(migrations.RunSQL(*append_only(table)) for table in WRITTEN_ONCE),
        *(migrations.RunSQL(*audited(table)) for table in ("payments_bookingcode", "payments_exportedjournal")),
        migrations.RunSQL(*audited("payments_exportbatch")),
        migrations.RunSQL(*audited("payments_exportfile", hidden=("content",))),
        migrations.RunSQL(*audited("payments_exportundo", key="batch_id")),
    ]
