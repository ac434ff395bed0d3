from django.db import migrations

# Replaces the function of 0007: the name of a file may be written anew with another key, also after its removal.
EVIDENCE = """
CREATE OR REPLACE FUNCTION outcomes_evidence_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    added text[] := ARRAY['event_id', 'state', 'finding', 'scanned_at', 'removed_at'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a file of evidence is removed by its date, its row stays' USING ERRCODE = 'restrict_violation';
    END IF;
    IF split_part(NEW.name, '.', 1) <> split_part(OLD.name, '.', 1)
        AND (to_jsonb(NEW) - 'name') IS NOT DISTINCT FROM (to_jsonb(OLD) - 'name')
    THEN
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - added) IS DISTINCT FROM (to_jsonb(OLD) - added)
        OR (OLD.event_id IS NOT NULL AND NEW.event_id IS DISTINCT FROM OLD.event_id)
        OR (OLD.removed_at IS NOT NULL AND NEW IS DISTINCT FROM OLD)
    THEN
        RAISE EXCEPTION 'a file of evidence stays as it came in' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state IN ('CLEAN', 'QUARANTINED') AND (NEW.state, NEW.finding, NEW.scanned_at)
        IS DISTINCT FROM (OLD.state, OLD.finding, OLD.scanned_at)
    THEN
        RAISE EXCEPTION 'a verdict of the scanner is never taken back' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("outcomes", "0013_service_fixed")]
    operations = [migrations.RunSQL(EVIDENCE, migrations.RunSQL.noop)]
