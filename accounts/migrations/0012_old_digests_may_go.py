from django.db import migrations

# Replaces the guard of 0006: what says how the digest of a day ended stays for a quarter of a year, and may go then.
FORGET = """
    CREATE OR REPLACE FUNCTION accounts_digest_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND OLD.day < CURRENT_DATE - 91 THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'the digest of % has ended for this person and is not begun again', OLD.day
            USING ERRCODE = 'restrict_violation';
    END $$;
"""
KEEP = """
    CREATE OR REPLACE FUNCTION accounts_digest_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the digest of % has ended for this person and is not begun again', OLD.day
            USING ERRCODE = 'restrict_violation';
    END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_metrics_scope")]
    operations = [migrations.RunSQL(FORGET, KEEP)]
