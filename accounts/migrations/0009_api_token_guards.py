from django.db import migrations

from mhep.shared.audited import audited

GUARD = """
    CREATE FUNCTION accounts_apitoken_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a token is made once, and once revoked it stays so'
            USING ERRCODE = 'restrict_violation';
    END $$;
    CREATE TRIGGER accounts_apitoken_stays BEFORE UPDATE OF user_id, token_hash, hint, kind, place, role, scopes,
            made_by_id, made_at, expires_at ON accounts_apitoken
        FOR EACH ROW EXECUTE FUNCTION accounts_apitoken_stays();
    CREATE TRIGGER accounts_apitoken_stays_revoked BEFORE UPDATE OF revoked_at, revoked_by_id ON accounts_apitoken
        FOR EACH ROW WHEN (OLD.revoked_at IS NOT NULL) EXECUTE FUNCTION accounts_apitoken_stays();
    CREATE TRIGGER accounts_apitoken_kept BEFORE DELETE ON accounts_apitoken
        FOR EACH ROW EXECUTE FUNCTION accounts_apitoken_stays();
"""
NO_GUARD = """
    DROP TRIGGER accounts_apitoken_stays ON accounts_apitoken;
    DROP TRIGGER accounts_apitoken_stays_revoked ON accounts_apitoken;
    DROP TRIGGER accounts_apitoken_kept ON accounts_apitoken;
    DROP FUNCTION accounts_apitoken_stays();
"""
COUNTED = ["last_used_at", "window_began_at", "window_count"]


class Migration(migrations.Migration):
    """What a token may do never changes, and a revoked one never comes back; every change is written down."""

    dependencies = [("accounts", "0008_api_tokens"), ("audit", "0003_changes")]
    operations = [
        migrations.RunSQL(GUARD, NO_GUARD),
        migrations.RunSQL(*audited("accounts_apitoken", hidden=["token_hash"], ignored=COUNTED)),
    ]
