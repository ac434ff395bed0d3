from django.db import migrations

from mhep.shared.append_only import append_only
from mhep.shared.audited import audited

# An agreement only ever ends earlier, once.
AGREEMENTS = """
CREATE FUNCTION payments_selfbillingagreement_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ending text[] := ARRAY['ends_on', 'end_reason', 'ended_by_id', 'ended_at'];
BEGIN
    IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL OR NEW.ends_on >= OLD.ends_on
        OR (to_jsonb(NEW) - ending) IS DISTINCT FROM (to_jsonb(OLD) - ending)
        OR EXISTS (
            SELECT FROM payments_selfbilledinvoice i JOIN payments_document d ON d.id = i.document_id
            WHERE i.agreement_id = OLD.id AND d.issued_on > NEW.ends_on)
    THEN
        RAISE EXCEPTION 'a self-billing agreement stays as it was made, or ends earlier'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_selfbillingagreement_stays BEFORE UPDATE OR DELETE ON payments_selfbillingagreement
    FOR EACH ROW EXECUTE FUNCTION payments_selfbillingagreement_guard();
CREATE TRIGGER payments_selfbillingagreement_no_truncate BEFORE TRUNCATE ON payments_selfbillingagreement
    FOR EACH STATEMENT EXECUTE FUNCTION mhep_refuse_change();
"""
NO_AGREEMENTS = """
DROP TRIGGER payments_selfbillingagreement_no_truncate ON payments_selfbillingagreement;
DROP TRIGGER payments_selfbillingagreement_stays ON payments_selfbillingagreement;
DROP FUNCTION payments_selfbillingagreement_guard();
"""

# Only what the operator owes the provider of the agreement, on a day that it covers.
INVOICES = """
CREATE FUNCTION payments_selfbilledinvoice_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM payments_document d JOIN funders_agreement a ON a.id = d.agreement_id
        JOIN payments_selfbillingagreement s ON s.id = NEW.agreement_id AND s.provider_id = a.provider_id
        WHERE d.id = NEW.document_id AND a.direction = 'PAYABLE' AND d.operator_id = NEW.operator_id
            AND NEW.is_credit = (d.kind = 'CREDIT_NOTE')
            AND d.issued_on BETWEEN s.starts_on AND s.ends_on
            AND (d.vat_minor = 0 OR s.vat_number <> '')
    ) THEN
        RAISE EXCEPTION 'a self-billed invoice needs an agreement with its provider for its day'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_selfbilledinvoice_fits BEFORE INSERT ON payments_selfbilledinvoice
    FOR EACH ROW EXECUTE FUNCTION payments_selfbilledinvoice_fits();
"""
NO_INVOICES = """
DROP TRIGGER payments_selfbilledinvoice_fits ON payments_selfbilledinvoice;
DROP FUNCTION payments_selfbilledinvoice_fits();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0022_self_billing"), ("audit", "0003_changes")]
    operations = [
        migrations.RunSQL(AGREEMENTS, NO_AGREEMENTS),
        migrations.RunSQL(INVOICES, NO_INVOICES),
        migrations.RunSQL(*append_only("payments_selfbilledinvoice")),
        *(
            migrations.RunSQL(*audited(table))
            for table in ("payments_selfbillingagreement", "payments_selfbilledinvoice")
        ),
    ]
