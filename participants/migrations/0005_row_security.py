from django.db import migrations

from mhep.shared.append_only import append_only
from mhep.shared.row_security import policy

PERSONAL = ("person", "vocationalprofile", "jobdetail", "activity", "goal", "goalview")
SCOPE = """
    CREATE FUNCTION mhep_providers_in_scope() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE AS
        $$ SELECT string_to_array(nullif(current_setting('app.provider_ids', true), ''), ',')::bigint[] $$;
"""
NO_SCOPE = "DROP FUNCTION mhep_providers_in_scope();"
HELPED = """
    EXISTS (
        SELECT FROM participants_participant helped JOIN funders_service ON funders_service.id = helped.service_id
        WHERE helped.id = {table}.participant_id
            AND funders_service.provider_id = ANY (coalesce((SELECT mhep_providers_in_scope()), '{{}}'::bigint[]))
    )
"""
# A reading is logged before the name is seen, and opens it for the transaction that logged it, no longer.
STAMP = """
    CREATE FUNCTION mhep_stamp_reading() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.read_at := now();
        NEW.in_transaction := txid_current();
        RETURN NEW;
    END $$;
    CREATE TRIGGER participants_accesslog_stamp BEFORE INSERT ON participants_accesslog
        FOR EACH ROW EXECUTE FUNCTION mhep_stamp_reading();
    CREATE POLICY participants_person_logged ON participants_person FOR SELECT USING (
        EXISTS (
            SELECT FROM participants_accesslog reading
            WHERE reading.participant_id = participants_person.participant_id
                AND reading.read_at = now() AND reading.in_transaction = txid_current()
        )
    );
"""
NO_STAMP = """
    DROP POLICY participants_person_logged ON participants_person;
    DROP TRIGGER participants_accesslog_stamp ON participants_accesslog;
    DROP FUNCTION mhep_stamp_reading();
"""


def policies() -> list[migrations.RunSQL]:
    tables = [f"participants_{name}" for name in PERSONAL]
    return [migrations.RunSQL(*policy(table, HELPED.format(table=table))) for table in tables]


class Migration(migrations.Migration):
    """The database shows personal data to the person's own provider, and to whoever logged a reading."""

    dependencies = [
        ("participants", "0004_people"),
        ("providers", "0002_staff"),
        ("shared", "0002_refuse_change"),
    ]
    operations = [
        migrations.RunSQL(SCOPE, NO_SCOPE),
        *policies(),
        migrations.RunSQL(STAMP, NO_STAMP),
        migrations.RunSQL(*append_only("participants_accesslog")),
        migrations.RunSQL(*append_only("participants_consentstep")),
    ]
