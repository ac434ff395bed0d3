from django.db import migrations, models
from django.db.models import Q

# Replaces the function of 0002: a charge also fits its term's outcome, a credit its charge's event,
# and a carried charge the entitlement of the first decision, whatever it says of itself.
CHARGES = """
CREATE OR REPLACE FUNCTION payments_charge_inserted() RETURNS trigger LANGUAGE plpgsql
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
        LEFT JOIN funders_term t ON t.id = w.term_id
        WHERE w.event_id IS NOT NULL
            AND (e.verified_on IS NULL OR t.outcome_type_id IS DISTINCT FROM e.outcome_type_id)
    ) OR EXISTS (
        SELECT FROM written w LEFT JOIN payments_charge c ON c.id = w.credits_id
        WHERE w.credits_id IS NOT NULL
            AND (c.kind IS DISTINCT FROM 'CHARGE' OR c.term_id <> w.term_id
                 OR c.event_id IS DISTINCT FROM w.event_id OR c.financial_year <> w.financial_year
                 OR c.amount_minor < -w.amount_minor
                    AND NOT EXISTS (SELECT FROM funders_term t WHERE t.id = w.term_id AND t.clawback = 'MARGINAL'))
    ) THEN
        RAISE EXCEPTION 'a charge refers to something that does not exist or does not fit'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT event_id, term_id FROM written WHERE reason = 'CARRIED') w
        JOIN payments_charge c ON c.event_id = w.event_id AND c.term_id = w.term_id AND c.kind IN ('CHARGE', 'NIL')
        GROUP BY c.event_id, c.term_id
        HAVING sum(c.amount_minor) > min(c.entitlement_minor) OR bool_and(c.reason = 'CARRIED')
    ) THEN
        RAISE EXCEPTION 'charges exceed their entitlement' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
"""

# A month goes only without charges; once closed, its programme's open month lies behind it; and the
# first open month never passes facts that wait to be priced.
MONTHS = """
CREATE OR REPLACE FUNCTION payments_month_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'CLOSED' THEN
        RAISE EXCEPTION 'month % is closed', OLD.first_day USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM payments_charge c JOIN funders_agreement a ON a.id = c.agreement_id
                   WHERE a.programme_id = OLD.programme_id AND c.month_id = OLD.id) THEN
            RAISE EXCEPTION 'month % has charges and cannot be deleted', OLD.first_day
                USING ERRCODE = 'foreign_key_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF (NEW.programme_id, NEW.first_day) IS DISTINCT FROM (OLD.programme_id, OLD.first_day) THEN
        RAISE EXCEPTION 'month % stays the month that it is', OLD.first_day USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION payments_month_closed_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM funders_programme p WHERE p.id = NEW.programme_id AND p.open_month <= NEW.first_day) THEN
        RAISE EXCEPTION 'month % closes only when its programme moves on', NEW.first_day
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payments_month_closed_in_order AFTER INSERT OR UPDATE ON payments_month
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'CLOSED')
    EXECUTE FUNCTION payments_month_closed_in_order();

CREATE OR REPLACE FUNCTION payments_open_month_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.open_month <> OLD.open_month AND (
        EXISTS (SELECT FROM payments_month m
                WHERE m.programme_id = OLD.id AND m.state = 'CLOSED' AND m.first_day >= NEW.open_month)
        OR (NEW.open_month > OLD.open_month AND EXISTS (
            SELECT FROM generate_series(OLD.open_month::timestamp, NEW.open_month - interval '1 month', '1 month') d
            WHERE NOT EXISTS (SELECT FROM payments_month m WHERE m.programme_id = OLD.id
                              AND m.state = 'CLOSED' AND m.first_day = d::date)
              AND (EXISTS (SELECT FROM payments_month m WHERE m.programme_id = OLD.id AND m.state = 'CLOSED')
                   OR EXISTS (SELECT FROM outcomes_outcomeevent e
                              WHERE e.programme_id = OLD.id AND e.falls_in = d::date)
                   OR EXISTS (SELECT FROM outcomes_outcomeevent e
                              WHERE e.programme_id = OLD.id AND e.void_falls_in = d::date))))
    ) THEN
        RAISE EXCEPTION 'the open month of % follows its last closed month', OLD.code
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
NO_MONTHS = """
DROP TRIGGER payments_month_closed_in_order ON payments_month;
DROP FUNCTION payments_month_closed_in_order();
"""

# A document is issued with the close of its month, and its VAT is its rate on its net sum.
DOCUMENTS = """
CREATE OR REPLACE FUNCTION payments_document_adds_up() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off AS $$
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
    IF NEW.vat_minor <> round(NEW.net_minor * NEW.vat_rate / 100) THEN
        RAISE EXCEPTION 'document % has a VAT that is not its rate on its net sum', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (
        SELECT FROM payments_month m JOIN funders_agreement a ON a.programme_id = m.programme_id
        WHERE m.id = NEW.month_id AND a.id = NEW.agreement_id AND m.state = 'CLOSED'
    ) THEN
        RAISE EXCEPTION 'document % is issued only with the close of its month', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
"""

KEPT = ("payments_month", "payments_documentcounter", "payments_unbilled")
NO_TRUNCATE = "".join(
    f"""
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION mhep_refuse_change();
"""
    for table in KEPT
)
TRUNCATE = "".join(f"DROP TRIGGER {table}_no_truncate ON {table};\n" for table in KEPT)


class Migration(migrations.Migration):
    """The functions that are replaced go with their triggers when 0002 is taken back."""

    dependencies = [("payments", "0002_guards")]
    operations = [
        # A marginal credit may be more than its charge was, and counts in the year of that charge.
        migrations.RemoveConstraint(
            model_name="agreementyearstanding", name="payments_agreementyearstanding_not_negative"
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.CheckConstraint(
                condition=~Q(kind__in=["CHARGE", "NIL"])
                | Q(
                    place_before__isnull=False,
                    entitlement_minor__isnull=False,
                    charged_before_minor__isnull=False,
                ),
                name="payments_charge_explains_itself",
            ),
        ),
        migrations.RunSQL(CHARGES, migrations.RunSQL.noop),
        migrations.RunSQL(MONTHS, NO_MONTHS),
        migrations.RunSQL(DOCUMENTS, migrations.RunSQL.noop),
        migrations.RunSQL(NO_TRUNCATE, TRUNCATE),
    ]
