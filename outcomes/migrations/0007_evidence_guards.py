from django.db import migrations

from mhep.shared.append_only import append_only

# A file of evidence is what came in: only where it belongs, what the scanner said and its removal are added.
EVIDENCE = """
CREATE FUNCTION outcomes_evidence_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    added text[] := ARRAY['event_id', 'state', 'finding', 'scanned_at', 'removed_at'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a file of evidence is removed by its date, its row stays' USING ERRCODE = 'restrict_violation';
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
CREATE TRIGGER outcomes_evidencefile_stays BEFORE UPDATE OR DELETE ON outcomes_evidencefile
    FOR EACH ROW EXECUTE FUNCTION outcomes_evidence_guard();
CREATE TRIGGER outcomes_evidencefile_no_truncate BEFORE TRUNCATE ON outcomes_evidencefile
    FOR EACH STATEMENT EXECUTE FUNCTION mhep_refuse_change();
"""
NO_EVIDENCE = """
DROP TRIGGER outcomes_evidencefile_no_truncate ON outcomes_evidencefile;
DROP TRIGGER outcomes_evidencefile_stays ON outcomes_evidencefile;
DROP FUNCTION outcomes_evidence_guard();
"""

# What was submitted or discarded is over: it cannot be submitted a second time.
DRAFTS = """
CREATE FUNCTION outcomes_draft_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.event_id IS NOT NULL OR OLD.discarded_at IS NOT NULL THEN
        RAISE EXCEPTION 'the draft was submitted or discarded' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER outcomes_outcomedraft_ends_once BEFORE UPDATE ON outcomes_outcomedraft
    FOR EACH ROW EXECUTE FUNCTION outcomes_draft_guard();
"""
NO_DRAFTS = """
DROP TRIGGER outcomes_outcomedraft_ends_once ON outcomes_outcomedraft;
DROP FUNCTION outcomes_draft_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("outcomes", "0006_claims"), ("shared", "0002_refuse_change")]
    operations = [
        migrations.RunSQL(EVIDENCE, NO_EVIDENCE),
        migrations.RunSQL(DRAFTS, NO_DRAFTS),
        migrations.RunSQL(*append_only("outcomes_evidenceview")),
    ]
