from django.db import migrations

from mhep.shared.append_only import append_only
from mhep.shared.audited import audited

# Replaces the function of 0003: a waiver credits a line that was held back for a query, and the charge of
# an adjustment is what two people agreed on, or its reversal once its event is voided.
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
        WHERE w.credits_id IS NOT NULL AND w.reason <> 'WAIVED'
            AND (c.kind IS DISTINCT FROM 'CHARGE' OR c.term_id <> w.term_id
                 OR c.event_id IS DISTINCT FROM w.event_id OR c.financial_year <> w.financial_year
                 OR c.amount_minor < -w.amount_minor
                    AND NOT EXISTS (SELECT FROM funders_term t WHERE t.id = w.term_id AND t.clawback = 'MARGINAL'))
    ) OR EXISTS (
        SELECT FROM written w LEFT JOIN payments_charge c ON c.id = w.credits_id
        LEFT JOIN payments_linequery q ON q.charge_id = w.credits_id
        WHERE w.reason = 'WAIVED'
            AND (c.id IS NULL OR c.agreement_id <> w.agreement_id OR c.amount_minor <> -w.amount_minor
                 OR c.term_id IS DISTINCT FROM w.term_id OR c.event_id IS DISTINCT FROM w.event_id
                 OR c.fee_id IS DISTINCT FROM w.fee_id OR c.financial_year <> w.financial_year
                 OR q.settlement IS DISTINCT FROM 'WAIVED')
    ) OR EXISTS (
        SELECT FROM written w LEFT JOIN payments_adjustment j ON j.id = w.adjustment_id
        LEFT JOIN outcomes_outcomeevent e ON e.id = j.event_id
        WHERE (w.kind = 'ADJUSTMENT' OR w.adjustment_id IS NOT NULL)
            AND (w.kind <> 'ADJUSTMENT' OR j.state IS DISTINCT FROM 'APPROVED' OR j.agreement_id <> w.agreement_id
                 OR w.amount_minor <> CASE w.reason WHEN 'VOIDED' THEN -j.amount_minor ELSE j.amount_minor END
                 OR w.reason = 'VOIDED' AND e.voided_on IS NULL)
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

# Which document a line is on is told by its sign: an adjustment may have either.
DOCUMENTS = """
CREATE OR REPLACE FUNCTION payments_document_adds_up() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off AS $$
DECLARE total bigint; lines bigint;
BEGIN
    SELECT coalesce(abs(sum(c.amount_minor)), 0), count(*) INTO total, lines
        FROM payments_documentline l
        JOIN payments_charge c ON c.id = l.charge_id AND c.agreement_id = NEW.agreement_id AND c.kind <> 'NIL'
            AND (c.amount_minor < 0) = (NEW.kind = 'CREDIT_NOTE')
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

# A line that waits for a funder's answer, is held back by a query or was waived is on no document.
FREE_LINES = """
CREATE FUNCTION payments_lines_are_free() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (
        SELECT FROM written w JOIN payments_statementline l ON l.charge_id = w.charge_id
        JOIN payments_statement s ON s.id = l.statement_id WHERE s.state = 'SENT'
    ) OR EXISTS (
        SELECT FROM written w JOIN payments_linequery q ON q.charge_id = w.charge_id
        WHERE q.settlement IN ('', 'WAIVED')
    ) THEN
        RAISE EXCEPTION 'a line that a funder has not answered, queried or was spared is on no document'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER payments_lines_are_free AFTER INSERT ON payments_documentline
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION payments_lines_are_free();
"""
NO_FREE_LINES = """
DROP TRIGGER payments_lines_are_free ON payments_documentline;
DROP FUNCTION payments_lines_are_free();
"""

# Credits of a funder for an outcome never exceed what it was invoiced for it, nor what an invoice holds.
# A marginal term is left out: it gives back the price of the last place, whatever the outcome was charged.
CREDIT_NOTES = """
CREATE FUNCTION payments_credit_note_fits() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (SELECT FROM payments_documentline l LEFT JOIN payments_document d ON d.id = l.corrects_id
               WHERE l.document_id = NEW.id
                   AND (d.id IS NULL OR d.agreement_id <> NEW.agreement_id OR d.kind = 'CREDIT_NOTE')) THEN
        RAISE EXCEPTION 'each line of credit note % names the invoice that it corrects', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        WITH touched AS (
            SELECT DISTINCT coalesce(c.event_id, j.event_id) AS event_id
            FROM payments_documentline l JOIN payments_charge c ON c.id = l.charge_id
            LEFT JOIN payments_adjustment j ON j.id = c.adjustment_id
            WHERE l.document_id = NEW.id AND coalesce(c.event_id, j.event_id) IS NOT NULL
        ), billed AS (
            SELECT t.event_id, c.amount_minor FROM touched t
            JOIN payments_charge c ON c.event_id = t.event_id AND c.agreement_id = NEW.agreement_id
            JOIN payments_documentline l ON l.charge_id = c.id
            JOIN funders_term m ON m.id = c.term_id AND m.clawback <> 'MARGINAL'
            UNION ALL
            SELECT t.event_id, c.amount_minor FROM touched t
            JOIN payments_adjustment j ON j.event_id = t.event_id AND j.agreement_id = NEW.agreement_id
            JOIN payments_charge c ON c.adjustment_id = j.id
            JOIN payments_documentline l ON l.charge_id = c.id
        )
        SELECT FROM billed GROUP BY event_id HAVING sum(amount_minor) < 0
    ) THEN
        RAISE EXCEPTION 'credit note % gives back more for an outcome than was invoiced for it', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT j.corrects_id FROM payments_documentline l
                     JOIN payments_charge c ON c.id = l.charge_id AND c.reason = 'ADJUSTMENT'
                     JOIN payments_adjustment j ON j.id = c.adjustment_id WHERE l.document_id = NEW.id) t
        JOIN payments_document d ON d.id = t.corrects_id
        WHERE d.net_minor < payments_credited_of(d.id)
    ) THEN
        RAISE EXCEPTION 'credit note % gives back more of an invoice than it holds', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION payments_credited_of(corrected bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(amount), 0)::bigint FROM (
        SELECT -x.amount_minor AS amount FROM payments_documentline l
        JOIN payments_charge x ON x.credits_id = l.charge_id
        JOIN payments_documentline xl ON xl.charge_id = x.id
        WHERE l.document_id = corrected
        UNION ALL
        SELECT -c.amount_minor FROM payments_adjustment j
        JOIN payments_charge c ON c.adjustment_id = j.id
        JOIN payments_documentline cl ON cl.charge_id = c.id
        WHERE j.corrects_id = corrected
        UNION ALL
        SELECT -r.amount_minor FROM payments_documentline l
        JOIN payments_charge a ON a.id = l.charge_id AND a.kind = 'ADJUSTMENT' AND a.amount_minor > 0
        JOIN payments_charge r ON r.adjustment_id = a.adjustment_id AND r.reason = 'VOIDED'
        JOIN payments_documentline rl ON rl.charge_id = r.id
        WHERE l.document_id = corrected AND a.reason = 'ADJUSTMENT'
    ) credits
$$;
CREATE CONSTRAINT TRIGGER payments_document_takes_off_what_is_left AFTER INSERT ON payments_document
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind = 'CREDIT_NOTE')
    EXECUTE FUNCTION payments_credit_note_fits();
"""
NO_CREDIT_NOTES = """
DROP TRIGGER payments_document_takes_off_what_is_left ON payments_document;
DROP FUNCTION payments_credit_note_fits();
DROP FUNCTION payments_credited_of(bigint);
"""

# A statement is sent as it is, answered once and never changed; who answers is the funder's, or says how
# the funder answered, and had no part in what is answered for (catalogue A12).
STATEMENTS = """
CREATE FUNCTION payments_statement_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a statement is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'SENT' THEN
            RAISE EXCEPTION 'a statement is sent before it is answered' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> 'SENT' OR NEW.state = 'SENT'
        OR (NEW.agreement_id, NEW.month_id, NEW.revision, NEW.silence, NEW.header, NEW.fingerprint, NEW.line_count,
            NEW.charges_net_minor, NEW.charges_vat_minor, NEW.credits_net_minor, NEW.credits_vat_minor, NEW.sent_at,
            NEW.answer_by)
        IS DISTINCT FROM
           (OLD.agreement_id, OLD.month_id, OLD.revision, OLD.silence, OLD.header, OLD.fingerprint, OLD.line_count,
            OLD.charges_net_minor, OLD.charges_vat_minor, OLD.credits_net_minor, OLD.credits_vat_minor, OLD.sent_at,
            OLD.answer_by) THEN
        RAISE EXCEPTION 'a statement is answered once and never changed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.answered_by_id IS NULL THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (
        SELECT FROM funders_agreement a JOIN funders_fundermember m ON m.funder_id = a.funder_id
        WHERE a.id = NEW.agreement_id AND m.user_id = NEW.answered_by_id AND m.role = 'FINANCE_APPROVER'
            AND NEW.evidence = ''
        UNION ALL
        SELECT FROM funders_agreement a JOIN funders_programme p ON p.id = a.programme_id
        JOIN providers_operatormember m ON m.operator_id = p.operator_id
        WHERE a.id = NEW.agreement_id AND m.user_id = NEW.answered_by_id AND NEW.evidence <> ''
    ) THEN
        RAISE EXCEPTION 'a statement is answered by its funder, or with evidence of how the funder answered'
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT FROM payments_statementline l JOIN payments_charge c ON c.id = l.charge_id
        JOIN outcomes_outcomeevent e ON e.id = c.event_id
        WHERE l.statement_id = NEW.id AND NEW.answered_by_id IN (e.submitted_by_id, e.verified_by_id)
    ) THEN
        RAISE EXCEPTION 'nobody answers a statement of outcomes that they claimed or verified'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_statement_guard BEFORE INSERT OR UPDATE OR DELETE ON payments_statement
    FOR EACH ROW EXECUTE FUNCTION payments_statement_guard();

CREATE FUNCTION payments_statement_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.line_count <> (SELECT count(*) FROM payments_statementline l WHERE l.statement_id = NEW.id)
        OR NEW.charges_net_minor - NEW.credits_net_minor <> (
            SELECT coalesce(sum(c.amount_minor), 0) FROM payments_statementline l
            JOIN payments_charge c ON c.id = l.charge_id WHERE l.statement_id = NEW.id)
        OR NOT EXISTS (
            SELECT FROM payments_month m JOIN funders_agreement a ON a.programme_id = m.programme_id
            WHERE m.id = NEW.month_id AND a.id = NEW.agreement_id AND m.state = 'CLOSED'
                AND a.direction = 'RECEIVABLE') THEN
        RAISE EXCEPTION 'a statement is the sum of its lines, of a closed month and for a funder'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payments_statement_whole AFTER INSERT ON payments_statement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_statement_whole();

CREATE FUNCTION payments_statementlines_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM written w LEFT JOIN payments_statement s ON s.id = w.statement_id
        LEFT JOIN payments_charge c ON c.id = w.charge_id AND c.agreement_id = s.agreement_id AND c.kind <> 'NIL'
        WHERE s.state IS DISTINCT FROM 'SENT' OR c.id IS NULL
            OR EXISTS (SELECT FROM payments_documentline l WHERE l.charge_id = w.charge_id)
            OR s.line_count < (SELECT count(*) FROM payments_statementline l WHERE l.statement_id = w.statement_id)
            OR EXISTS (SELECT FROM payments_linequery q WHERE q.charge_id = w.charge_id
                       AND q.settlement IN ('', 'WAIVED'))
            OR EXISTS (SELECT FROM payments_statementline l JOIN payments_statement o ON o.id = l.statement_id
                       WHERE l.charge_id = w.charge_id AND o.id <> s.id AND o.state = 'SENT')
    ) THEN
        RAISE EXCEPTION 'a statement has lines of its agreement that are on no document and on no other statement'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER payments_statementlines_inserted AFTER INSERT ON payments_statementline
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION payments_statementlines_inserted();
"""
NO_STATEMENTS = """
DROP TRIGGER payments_statementlines_inserted ON payments_statementline;
DROP FUNCTION payments_statementlines_inserted();
DROP TRIGGER payments_statement_whole ON payments_statement;
DROP FUNCTION payments_statement_whole();
DROP TRIGGER payments_statement_guard ON payments_statement;
DROP FUNCTION payments_statement_guard();
"""

# A query belongs to a statement that was approved but for it, and is settled once.
QUERIES = """
CREATE FUNCTION payments_linequery_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a query is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.settlement <> '' OR NOT EXISTS (
            SELECT FROM payments_statementline l JOIN payments_statement s ON s.id = l.statement_id
            WHERE l.id = NEW.line_id AND l.charge_id = NEW.charge_id AND s.state = 'PARTLY_APPROVED'
        ) THEN
            RAISE EXCEPTION 'a query is raised with the answer to its statement' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.settlement <> '' OR NEW.settlement = ''
        OR (NEW.line_id, NEW.charge_id, NEW.reason, NEW.raised_by_id, NEW.raised_at)
        IS DISTINCT FROM (OLD.line_id, OLD.charge_id, OLD.reason, OLD.raised_by_id, OLD.raised_at) THEN
        RAISE EXCEPTION 'a query is settled once and never changed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.settlement = 'UPHELD' AND NOT EXISTS (
        SELECT FROM payments_charge c JOIN outcomes_outcomeevent e ON e.id = c.event_id
        WHERE c.id = NEW.charge_id AND e.voided_on IS NOT NULL
    ) OR NEW.settlement = 'WAIVED' AND NOT EXISTS (
        SELECT FROM payments_charge c WHERE c.id = NEW.charge_id AND c.amount_minor > 0
            AND NOT EXISTS (SELECT FROM payments_charge x WHERE x.credits_id = c.id)
            AND NOT EXISTS (SELECT FROM payments_documentline l WHERE l.charge_id = c.id)
    ) THEN
        RAISE EXCEPTION 'upheld means that the event is voided, waived that a charge is taken off'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_linequery_guard BEFORE INSERT OR UPDATE OR DELETE ON payments_linequery
    FOR EACH ROW EXECUTE FUNCTION payments_linequery_guard();
"""
NO_QUERIES = """
DROP TRIGGER payments_linequery_guard ON payments_linequery;
DROP FUNCTION payments_linequery_guard();
"""

# An adjustment is about its own agreement, decided once, and nothing else of it ever changes.
ADJUSTMENTS = """
CREATE FUNCTION payments_adjustment_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an adjustment is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'PROPOSED'
            OR NEW.corrects_id IS NOT NULL AND NOT EXISTS (
                SELECT FROM payments_document d WHERE d.id = NEW.corrects_id
                    AND d.agreement_id = NEW.agreement_id AND d.kind <> 'CREDIT_NOTE')
            OR NEW.term_id IS NOT NULL AND NOT EXISTS (
                SELECT FROM funders_term t WHERE t.id = NEW.term_id AND t.agreement_id = NEW.agreement_id)
            OR NEW.event_id IS NOT NULL AND NOT EXISTS (
                SELECT FROM outcomes_outcomeevent e JOIN funders_agreement a ON a.programme_id = e.programme_id
                WHERE e.id = NEW.event_id AND a.id = NEW.agreement_id) THEN
            RAISE EXCEPTION 'an adjustment is proposed first, and about its own agreement'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> 'PROPOSED' OR NEW.state = 'PROPOSED'
        OR (NEW.agreement_id, NEW.number, NEW.amount_minor, NEW.reason, NEW.corrects_id, NEW.term_id, NEW.event_id,
            NEW.proposed_by_id, NEW.proposed_at)
        IS DISTINCT FROM
           (OLD.agreement_id, OLD.number, OLD.amount_minor, OLD.reason, OLD.corrects_id, OLD.term_id, OLD.event_id,
            OLD.proposed_by_id, OLD.proposed_at) THEN
        RAISE EXCEPTION 'an adjustment is decided once and never changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_adjustment_guard BEFORE INSERT OR UPDATE OR DELETE ON payments_adjustment
    FOR EACH ROW EXECUTE FUNCTION payments_adjustment_guard();
"""
NO_ADJUSTMENTS = """
DROP TRIGGER payments_adjustment_guard ON payments_adjustment;
DROP FUNCTION payments_adjustment_guard();
"""

KEPT = ("payments_statement", "payments_linequery", "payments_adjustment")
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

    dependencies = [("payments", "0007_statements"), ("audit", "0003_changes")]
    operations = [
        migrations.RunSQL(CHARGES, migrations.RunSQL.noop),
        migrations.RunSQL(DOCUMENTS, migrations.RunSQL.noop),
        migrations.RunSQL(FREE_LINES, NO_FREE_LINES),
        migrations.RunSQL(CREDIT_NOTES, NO_CREDIT_NOTES),
        migrations.RunSQL(STATEMENTS, NO_STATEMENTS),
        migrations.RunSQL(QUERIES, NO_QUERIES),
        migrations.RunSQL(ADJUSTMENTS, NO_ADJUSTMENTS),
        migrations.RunSQL(NO_TRUNCATE, TRUNCATE),
        migrations.RunSQL(*append_only("payments_statementline")),
        *(migrations.RunSQL(*audited(table)) for table in (*KEPT, "payments_statementline")),
    ]
