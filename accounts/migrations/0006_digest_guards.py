from django.db import migrations

from mhep.shared.audited import audited

ONCE = """
    CREATE FUNCTION accounts_digest_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the digest of % has ended for this person and is not begun again', OLD.day
            USING ERRCODE = 'restrict_violation';
    END $$;
    CREATE TRIGGER accounts_digest_ends_once BEFORE UPDATE OR DELETE ON accounts_digest
        FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION accounts_digest_ends_once();
"""
AGAIN = """
    DROP TRIGGER accounts_digest_ends_once ON accounts_digest;
    DROP FUNCTION accounts_digest_ends_once();
"""


class Migration(migrations.Migration):
    """A digest that has ended is not begun again; every change of digests and of wishes is written down."""

    dependencies = [("accounts", "0005_digests"), ("audit", "0003_changes")]
    operations = [
        migrations.RunSQL(ONCE, AGAIN),
        migrations.RunSQL(*audited("accounts_digest")),
        migrations.RunSQL(*audited("accounts_digestwish")),
    ]
