from django.db import migrations, models

# What shares the bytes of another file is a copy of it in all that is said of the bytes, and about the same person. The
# other one belongs to an event, so it stays for good, and its bytes with it.
SHARED = """
CREATE FUNCTION outcomes_evidence_shares() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM outcomes_evidencefile first
        WHERE first.key = NEW.stored_as AND first.stored_as IS NULL AND first.event_id IS NOT NULL
            AND (first.participant_id, first.kind, first.content_type, first.size, first.sha256)
                = (NEW.participant_id, NEW.kind, NEW.content_type, NEW.size, NEW.sha256)
            AND (NEW.state = first.state OR NEW.state = 'RECEIVED')
    ) THEN
        RAISE EXCEPTION 'a file of evidence shares the bytes of one that came with an event of the same person'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER outcomes_evidencefile_shares BEFORE INSERT ON outcomes_evidencefile
    FOR EACH ROW WHEN (NEW.stored_as IS NOT NULL) EXECUTE FUNCTION outcomes_evidence_shares();
"""
NOT_SHARED = """
DROP TRIGGER outcomes_evidencefile_shares ON outcomes_evidencefile;
DROP FUNCTION outcomes_evidence_shares();
"""


class Migration(migrations.Migration):
    dependencies = [("outcomes", "0016_evidence_row_security")]
    operations = [
        migrations.AddField("evidencefile", "stored_as", models.UUIDField(editable=False, null=True)),
        migrations.RunSQL(SHARED, NOT_SHARED),
    ]
