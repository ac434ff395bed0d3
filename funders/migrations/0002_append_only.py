from django.db import migrations

# A version is written once. It goes only together with its agreement, which its charges keep
# (payments): looked at when the transaction commits, as the foreign key between the two is.
FREEZE = """
CREATE TRIGGER funders_agreementversion_never_updated BEFORE UPDATE ON funders_agreementversion
    FOR EACH STATEMENT EXECUTE FUNCTION mhep_refuse_change();
CREATE TRIGGER funders_agreementversion_no_truncate BEFORE TRUNCATE ON funders_agreementversion
    FOR EACH STATEMENT EXECUTE FUNCTION mhep_refuse_change();

CREATE FUNCTION funders_agreementversion_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM funders_agreement a WHERE a.id = OLD.agreement_id) THEN
        RAISE EXCEPTION 'version % of an agreement goes only with its agreement', OLD.number
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER funders_agreementversion_kept AFTER DELETE ON funders_agreementversion
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION funders_agreementversion_kept();
"""
THAW = """
DROP TRIGGER funders_agreementversion_kept ON funders_agreementversion;
DROP FUNCTION funders_agreementversion_kept();
DROP TRIGGER funders_agreementversion_no_truncate ON funders_agreementversion;
DROP TRIGGER funders_agreementversion_never_updated ON funders_agreementversion;
"""


class Migration(migrations.Migration):
    dependencies = [("funders", "0001_initial"), ("shared", "0002_refuse_change")]
    operations = [migrations.RunSQL(FREEZE, THAW)]
