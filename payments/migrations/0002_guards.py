from django.db import migrations

from mhep.shared.append_only import append_only

# A charge is never updated; it goes only with the draft of an open month, and its references are
# checked for all rows of a statement at once (ADR 0005).
CHARGES = """
CREATE TRIGGER payments_charge_never_updated BEFORE UPDATE ON payments_charge
    FOR EACH STATEMENT EXECUTE FUNCTION mhep_refuse_change();
CREATE TRIGGER payments_charge_no_truncate BEFORE TRUNCATE ON payments_charge
    FOR EACH STATEMENT EXECUTE FUNCTION mhep_refuse_change();

CREATE FUNCTION payments_charge_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM gone g JOIN payments_month m ON m.id = g.month_id WHERE m.state = 'CLOSED') THEN
        RAISE EXCEPTION 'a charge of a closed month is never deleted; it is credited'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER payments_charge_deleted AFTER DELETE ON payments_charge
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION payments_charge_deleted();

CREATE FUNCTION payments_charge_inserted() RETURNS trigger LANGUAGE plpgsql
    -- Look each reference up by its key: a hash of all events would make a month dearer every year.
    -- A plan that was kept from when the tables were small would scan them for each row.
    SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT month_id FROM written) w LEFT JOIN payments_month m ON m.id = w.month_id
        WHERE m.state IS DISTINCT FROM 'PRICED'
    ) THEN
        RAISE EXCEPTION 'a charge belongs to a month that is open' USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT month_id, agreement_id, version_id FROM written) w
        LEFT JOIN payments_month m ON m.id = w.month_id
        LEFT JOIN funders_agreement a ON a.id = w.agreement_id AND a.programme_id = m.programme_id
        LEFT JOIN funders_agreementversion v ON v.id = w.version_id AND v.agreement_id = w.agreement_id
        WHERE a.id IS NULL OR v.id IS NULL
    ) OR EXISTS (
        SELECT FROM (SELECT DISTINCT term_id, fee_id, agreement_id FROM written) w
        LEFT JOIN funders_term t ON t.id = w.term_id AND t.agreement_id = w.agreement_id
        LEFT JOIN funders_fixedfee f ON f.id = w.fee_id AND f.agreement_id = w.agreement_id
        WHERE (w.term_id IS NOT NULL AND t.id IS NULL) OR (w.fee_id IS NOT NULL AND f.id IS NULL)
    ) OR EXISTS (
        SELECT FROM written w LEFT JOIN outcomes_outcomeevent e ON e.id = w.event_id
        WHERE w.event_id IS NOT NULL AND e.verified_on IS NULL
    ) OR EXISTS (
        SELECT FROM written w LEFT JOIN payments_charge c ON c.id = w.credits_id
        WHERE w.credits_id IS NOT NULL
            AND (c.kind IS DISTINCT FROM 'CHARGE' OR c.term_id <> w.term_id OR c.amount_minor < -w.amount_minor
                 AND NOT EXISTS (SELECT FROM funders_term t WHERE t.id = w.term_id AND t.clawback = 'MARGINAL'))
    ) THEN
        RAISE EXCEPTION 'a charge refers to something that does not exist or does not fit'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT event_id, term_id FROM written WHERE reason = 'CARRIED') w
        JOIN payments_charge c ON c.event_id = w.event_id AND c.term_id = w.term_id AND c.kind = 'CHARGE'
        GROUP BY c.event_id, c.term_id
        HAVING sum(c.amount_minor) > max(c.entitlement_minor)
    ) THEN
        RAISE EXCEPTION 'charges exceed their entitlement' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER payments_charge_inserted AFTER INSERT ON payments_charge
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION payments_charge_inserted();

CREATE FUNCTION payments_charged_term_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM payments_charge c WHERE c.agreement_id = OLD.agreement_id AND c.term_id = OLD.id) THEN
        RAISE EXCEPTION 'term % has charges and cannot be deleted', OLD.ref USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER payments_charged_term_kept BEFORE DELETE ON funders_term
    FOR EACH ROW EXECUTE FUNCTION payments_charged_term_kept();

CREATE FUNCTION payments_charged_fee_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM payments_charge c WHERE c.kind = 'FEE' AND c.fee_id = OLD.id) THEN
        RAISE EXCEPTION 'fee % has charges and cannot be deleted', OLD.ref USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER payments_charged_fee_kept BEFORE DELETE ON funders_fixedfee
    FOR EACH ROW EXECUTE FUNCTION payments_charged_fee_kept();
"""
NO_CHARGES = """
DROP TRIGGER payments_charged_fee_kept ON funders_fixedfee;
DROP FUNCTION payments_charged_fee_kept();
DROP TRIGGER payments_charged_term_kept ON funders_term;
DROP FUNCTION payments_charged_term_kept();
DROP TRIGGER payments_charge_inserted ON payments_charge;
DROP FUNCTION payments_charge_inserted();
DROP TRIGGER payments_charge_deleted ON payments_charge;
DROP FUNCTION payments_charge_deleted();
DROP TRIGGER payments_charge_no_truncate ON payments_charge;
DROP TRIGGER payments_charge_never_updated ON payments_charge;
"""

# A closed month stays closed; the programme's open month moves on by one, and only behind a closed one.
MONTHS = """
CREATE FUNCTION payments_month_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'CLOSED' THEN
        RAISE EXCEPTION 'month % is closed', OLD.first_day USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_month_closed BEFORE UPDATE OR DELETE ON payments_month
    FOR EACH ROW EXECUTE FUNCTION payments_month_guard();

CREATE FUNCTION payments_open_month_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.open_month <> OLD.open_month AND (
        EXISTS (SELECT FROM payments_month m
                WHERE m.programme_id = OLD.id AND m.state = 'CLOSED' AND m.first_day >= NEW.open_month)
        OR (NEW.open_month > OLD.open_month AND EXISTS (
            SELECT FROM generate_series(OLD.open_month::timestamp, NEW.open_month - interval '1 month', '1 month') d
            WHERE NOT EXISTS (SELECT FROM payments_month m WHERE m.programme_id = OLD.id
                              AND m.state = 'CLOSED' AND m.first_day = d::date)
              AND EXISTS (SELECT FROM payments_month m WHERE m.programme_id = OLD.id AND m.state = 'CLOSED')))
    ) THEN
        RAISE EXCEPTION 'the open month of % follows its last closed month', OLD.code
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_open_month BEFORE UPDATE OF open_month ON funders_programme
    FOR EACH ROW EXECUTE FUNCTION payments_open_month_guard();
"""
NO_MONTHS = """
DROP TRIGGER payments_open_month ON funders_programme;
DROP FUNCTION payments_open_month_guard();
DROP TRIGGER payments_month_closed ON payments_month;
DROP FUNCTION payments_month_guard();
"""

# Numbers have no gap, and a document is the sum of its lines: both looked at when a transaction commits.
DOCUMENTS = """
CREATE FUNCTION payments_document_numbered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM payments_documentcounter c WHERE c.operator_id = NEW.operator_id
                   AND c.kind = NEW.kind AND c.last_number >= NEW.number AND NEW.number >= 1) THEN
        RAISE EXCEPTION 'document number % was not given out', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_document_numbered BEFORE INSERT ON payments_document
    FOR EACH ROW EXECUTE FUNCTION payments_document_numbered();

CREATE FUNCTION payments_counter_gapless() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE given bigint; top bigint; last bigint;
BEGIN
    SELECT last_number INTO last FROM payments_documentcounter WHERE id = coalesce(NEW.id, OLD.id);
    SELECT count(*), coalesce(max(number), 0) INTO given, top FROM payments_document
        WHERE operator_id = coalesce(NEW.operator_id, OLD.operator_id) AND kind = coalesce(NEW.kind, OLD.kind);
    IF given <> coalesce(last, 0) OR top <> coalesce(last, 0) THEN
        RAISE EXCEPTION 'document numbers have a gap: % given, highest %, counter %', given, top, last
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payments_counter_gapless AFTER INSERT OR UPDATE OR DELETE ON payments_documentcounter
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_counter_gapless();

CREATE FUNCTION payments_document_adds_up() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE total bigint; lines bigint;
BEGIN
    SELECT coalesce(abs(sum(c.amount_minor)), 0), count(*) INTO total, lines
        FROM payments_documentline l
        JOIN payments_charge c ON c.id = l.charge_id AND c.agreement_id = NEW.agreement_id AND c.kind <> 'NIL'
            AND (c.kind = 'CREDIT') = (NEW.kind = 'CREDIT_NOTE')
        WHERE l.document_id = NEW.id;
    IF total <> NEW.net_minor OR lines <> NEW.line_count THEN
        RAISE EXCEPTION 'document % says % over % lines, its lines say % over %',
            NEW.number, NEW.net_minor, NEW.line_count, total, lines USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payments_document_is_the_sum_of_its_lines AFTER INSERT ON payments_document
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_document_adds_up();

CREATE FUNCTION payments_lines_inserted() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT document_id FROM written) w
        LEFT JOIN payments_document d ON d.id = w.document_id
        WHERE d.id IS NULL
            OR d.line_count < (SELECT count(*) FROM payments_documentline l WHERE l.document_id = w.document_id)
    ) THEN
        RAISE EXCEPTION 'a document has no more lines than it was issued with'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER payments_lines_inserted AFTER INSERT ON payments_documentline
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION payments_lines_inserted();
"""
NO_DOCUMENTS = """
DROP TRIGGER payments_lines_inserted ON payments_documentline;
DROP FUNCTION payments_lines_inserted();
DROP TRIGGER payments_document_is_the_sum_of_its_lines ON payments_document;
DROP FUNCTION payments_document_adds_up();
DROP TRIGGER payments_counter_gapless ON payments_documentcounter;
DROP FUNCTION payments_counter_gapless();
DROP TRIGGER payments_document_numbered ON payments_document;
DROP FUNCTION payments_document_numbered();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial"), ("shared", "0002_refuse_change"), ("outcomes", "0002_guards")]
    operations = [
        migrations.RunSQL(CHARGES, NO_CHARGES),
        migrations.RunSQL(MONTHS, NO_MONTHS),
        migrations.RunSQL(DOCUMENTS, NO_DOCUMENTS),
        *(
            migrations.RunSQL(*append_only(table))
            for table in ("payments_document", "payments_documentline", "payments_documentfile")
        ),
    ]
