from django.db import migrations

from mhep.shared.append_only import append_only
from mhep.shared.audited import audited

# A journal says how many postings it has, so none can be added later; whether they are all there and
# balance is looked at when the transaction commits.
JOURNALS = """
CREATE FUNCTION payments_postings_inserted() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT journal_id FROM written) w
        LEFT JOIN payments_journal j ON j.id = w.journal_id
        WHERE j.id IS NULL
            OR j.posting_count < (SELECT count(*) FROM payments_posting p WHERE p.journal_id = w.journal_id)
    ) THEN
        RAISE EXCEPTION 'a journal has no more postings than it was written with'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT journal_id, funder_id, provider_id, document_id FROM written) w
        JOIN payments_journal j ON j.id = w.journal_id
        LEFT JOIN funders_funder f ON f.id = w.funder_id
        LEFT JOIN funders_programme p ON p.id = f.programme_id
        LEFT JOIN providers_provider o ON o.id = w.provider_id
        LEFT JOIN payments_document d ON d.id = w.document_id
        WHERE p.operator_id <> j.operator_id OR o.operator_id <> j.operator_id
            OR d.operator_id <> j.operator_id OR d.currency <> j.currency
    ) THEN
        RAISE EXCEPTION 'a posting belongs to another operator or another currency than its journal'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER payments_postings_inserted AFTER INSERT ON payments_posting
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION payments_postings_inserted();

CREATE FUNCTION payments_journal_balances() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE total numeric; postings bigint;
BEGIN
    SELECT coalesce(sum(amount_minor), 0), count(*) INTO total, postings
        FROM payments_posting WHERE journal_id = NEW.id;
    IF total <> 0 OR postings <> NEW.posting_count THEN
        RAISE EXCEPTION 'journal % does not balance: % over % of its % postings',
            NEW.id, total, postings, NEW.posting_count USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.reverses_id IS NOT NULL AND (
        EXISTS (
            SELECT FROM payments_posting WHERE journal_id IN (NEW.id, NEW.reverses_id)
            GROUP BY account, funder_id, provider_id, outcome_type_id, document_id HAVING sum(amount_minor) <> 0
        ) OR NOT EXISTS (
            SELECT FROM payments_journal j WHERE j.id = NEW.reverses_id AND j.reverses_id IS NULL
                AND j.operator_id = NEW.operator_id AND j.currency = NEW.currency AND j.kind = NEW.kind
        )
    ) THEN
        RAISE EXCEPTION 'journal % is not the reverse of journal %', NEW.id, NEW.reverses_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payments_journal_balances AFTER INSERT ON payments_journal
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_journal_balances();
"""
NO_JOURNALS = """
DROP TRIGGER payments_journal_balances ON payments_journal;
DROP FUNCTION payments_journal_balances();
DROP TRIGGER payments_postings_inserted ON payments_posting;
DROP FUNCTION payments_postings_inserted();
"""

# A document exists only with the journal that posts exactly its gross, net and VAT.
DOCUMENTS = """
CREATE FUNCTION payments_document_is_posted() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE side integer; receivable boolean; gross bigint; net bigint; vat bigint; rest bigint;
BEGIN
    SELECT a.direction = 'RECEIVABLE' INTO receivable FROM funders_agreement a WHERE a.id = NEW.agreement_id;
    side := CASE WHEN receivable = (NEW.kind <> 'CREDIT_NOTE') THEN 1 ELSE -1 END;
    SELECT coalesce(sum(p.amount_minor) FILTER (WHERE p.account IN ('RECEIVABLES', 'PAYABLES')
                                                AND p.document_id = NEW.id), 0),
           coalesce(sum(p.amount_minor) FILTER (WHERE p.account IN ('INCOME', 'PROVIDER_COSTS')), 0),
           coalesce(sum(p.amount_minor) FILTER (WHERE p.account IN ('VAT_OUTPUT', 'VAT_INPUT')), 0),
           count(*) FILTER (WHERE p.account NOT IN ('RECEIVABLES', 'INCOME', 'VAT_OUTPUT') AND receivable
                               OR p.account NOT IN ('PAYABLES', 'PROVIDER_COSTS', 'VAT_INPUT') AND NOT receivable)
        INTO gross, net, vat, rest
        FROM payments_journal j JOIN payments_posting p ON p.journal_id = j.id
        WHERE j.document_id = NEW.id AND j.kind = 'DOCUMENT' AND j.operator_id = NEW.operator_id
            AND j.currency = NEW.currency AND j.dated_on = NEW.issued_on;
    IF gross <> side * NEW.gross_minor OR net <> -side * NEW.net_minor OR vat <> -side * NEW.vat_minor
        OR rest <> 0 THEN
        RAISE EXCEPTION 'document % is not in the ledger as it is: gross %, net %, VAT %',
            NEW.number, gross, net, vat USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payments_document_stands_in_the_ledger AFTER INSERT ON payments_document
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_document_is_posted();
"""
NO_DOCUMENTS = """
DROP TRIGGER payments_document_stands_in_the_ledger ON payments_document;
DROP FUNCTION payments_document_is_posted();
"""
TABLES = ("payments_journal", "payments_posting")


class Migration(migrations.Migration):
    dependencies = [("payments", "0004_ledger"), ("shared", "0002_refuse_change"), ("audit", "0003_changes")]
    operations = [
        migrations.RunSQL(JOURNALS, NO_JOURNALS),
        migrations.RunSQL(DOCUMENTS, NO_DOCUMENTS),
        *(migrations.RunSQL(*append_only(table)) for table in TABLES),
        *(migrations.RunSQL(*audited(table)) for table in TABLES),
    ]
