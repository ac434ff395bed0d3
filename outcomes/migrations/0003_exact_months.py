from django.db import migrations

# The month in which a fact falls follows from its date and the open month; no other is stored, or the
# fact would be priced too late or never.
EXACT = """
CREATE FUNCTION outcomes_event_falls_in_its_month() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM written w JOIN funders_programme p ON p.id = w.programme_id
        WHERE w.falls_in <> greatest(date_trunc('month', w.verified_on::timestamp)::date, p.open_month)
            OR w.void_falls_in <> greatest(date_trunc('month', w.voided_on::timestamp)::date, p.open_month)
    ) THEN
        RAISE EXCEPTION 'an event falls in the month of its date, or the open month if that is closed'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER outcomes_event_inserted_in_its_month AFTER INSERT ON outcomes_outcomeevent
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION outcomes_event_falls_in_its_month();

CREATE FUNCTION outcomes_event_moved_to_its_month() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM written w JOIN before b ON b.id = w.id JOIN funders_programme p ON p.id = w.programme_id
        WHERE (b.falls_in IS NULL
               AND w.falls_in <> greatest(date_trunc('month', w.verified_on::timestamp)::date, p.open_month))
            OR (b.void_falls_in IS NULL
                AND w.void_falls_in <> greatest(date_trunc('month', w.voided_on::timestamp)::date, p.open_month))
    ) THEN
        RAISE EXCEPTION 'an event falls in the month of its date, or the open month if that is closed'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER outcomes_event_updated_in_its_month AFTER UPDATE ON outcomes_outcomeevent
    REFERENCING OLD TABLE AS before NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION outcomes_event_moved_to_its_month();
"""
INEXACT = """
DROP TRIGGER outcomes_event_updated_in_its_month ON outcomes_outcomeevent;
DROP FUNCTION outcomes_event_moved_to_its_month();
DROP TRIGGER outcomes_event_inserted_in_its_month ON outcomes_outcomeevent;
DROP FUNCTION outcomes_event_falls_in_its_month();
"""


class Migration(migrations.Migration):
    dependencies = [("outcomes", "0002_guards")]
    operations = [migrations.RunSQL(EXACT, INEXACT)]
