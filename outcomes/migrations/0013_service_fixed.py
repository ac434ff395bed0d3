import django.db.models.deletion
from django.db import migrations, models

# Nobody has been moved before this migration: the service of each event is the one that its person is with.
GUARDS = ("outcomes_event_frozen", "outcomes_event_machine", "outcomes_event_updated")
FILL = """
{off}
UPDATE outcomes_outcomeevent e SET service_id = p.service_id FROM participants_participant p
    WHERE p.id = e.participant_id;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
{on}
"""


def switched(word: str) -> str:
    return "\n".join(f"ALTER TABLE outcomes_outcomeevent {word} TRIGGER {name};" for name in GUARDS)


# Each row is looked up by key, however many there are: with the statistics of before a large import, the planner
# would rather go through whole tables for each of them.
# An event counts for the service that its person was with on the outcome date, and for no other ever after.
PLACED = """
CREATE FUNCTION outcomes_event_placed() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE wrong text;
BEGIN
    SELECT w.reference INTO wrong FROM written w
        JOIN participants_participant p ON p.id = w.participant_id
        WHERE w.service_id <> p.service_id AND NOT EXISTS (
            SELECT FROM participants_placement q WHERE q.participant_id = p.id AND q.ends_before IS NOT NULL)
        LIMIT 1;
    IF wrong IS NULL THEN
        SELECT w.reference INTO wrong FROM written w
            WHERE EXISTS (SELECT FROM participants_placement q
                    WHERE q.participant_id = w.participant_id AND q.ends_before IS NOT NULL)
                AND w.service_id IS DISTINCT FROM (
                    SELECT q.service_id FROM participants_placement q WHERE q.participant_id = w.participant_id
                        AND (q.ends_before IS NULL OR w.outcome_date < q.ends_before)
                    ORDER BY q.ends_before NULLS LAST LIMIT 1)
            LIMIT 1;
    END IF;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'event % is not of the service that its person was with on that day', wrong
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER outcomes_event_placed AFTER INSERT ON outcomes_outcomeevent
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION outcomes_event_placed();

CREATE FUNCTION outcomes_event_stays_placed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'event % counts for the service that it was accepted for', OLD.reference
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER outcomes_event_stays_placed BEFORE UPDATE OF service_id ON outcomes_outcomeevent
    FOR EACH ROW WHEN (NEW.service_id IS DISTINCT FROM OLD.service_id)
    EXECUTE FUNCTION outcomes_event_stays_placed();
"""
NOT_PLACED = """
DROP TRIGGER outcomes_event_stays_placed ON outcomes_outcomeevent;
DROP FUNCTION outcomes_event_stays_placed();
DROP TRIGGER outcomes_event_placed ON outcomes_outcomeevent;
DROP FUNCTION outcomes_event_placed();
"""


class Migration(migrations.Migration):
    dependencies = [("outcomes", "0012_event_service")]
    operations = [
        migrations.RunSQL(
            FILL.format(off=switched("DISABLE"), on=switched("ENABLE")), migrations.RunSQL.noop
        ),
        migrations.AlterField(
            model_name="outcomeevent",
            name="service",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="events", to="funders.service"
            ),
        ),
        migrations.RunSQL(PLACED, NOT_PLACED),
    ]
