from django.db import migrations

from mhep.shared.append_only import append_only

# A verified event may be voided once; nothing else about it changes, and it is never deleted.
FROZEN = """
CREATE FUNCTION outcomes_event_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'DRAFT' THEN
            RAISE EXCEPTION 'event % was submitted: void it instead of deleting it', OLD.reference
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.voided_on IS NOT NULL AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'event % is voided and cannot be changed', OLD.reference
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'VERIFIED' THEN
        IF (to_jsonb(NEW) - ARRAY['own_voided_on', 'voided_on', 'void_reason', 'void_falls_in'])
            IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['own_voided_on', 'voided_on', 'void_reason', 'void_falls_in'])
        THEN
            RAISE EXCEPTION 'event % is verified: void it and record it anew', OLD.reference
                USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER outcomes_event_frozen BEFORE UPDATE OR DELETE ON outcomes_outcomeevent
    FOR EACH ROW EXECUTE FUNCTION outcomes_event_guard();
CREATE TRIGGER outcomes_outcomeevent_no_truncate BEFORE TRUNCATE ON outcomes_outcomeevent
    FOR EACH STATEMENT EXECUTE FUNCTION mhep_refuse_change();
"""
UNFROZEN = """
DROP TRIGGER outcomes_outcomeevent_no_truncate ON outcomes_outcomeevent;
DROP TRIGGER outcomes_event_frozen ON outcomes_outcomeevent;
DROP FUNCTION outcomes_event_guard();
"""

# Whatever route writes, a fact cannot fall in a month that is closed, and every step is kept.
WATCHED = """
CREATE FUNCTION outcomes_event_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Wait for a close that is under way: it holds the programme's row (catalogue P1).
    PERFORM FROM funders_programme WHERE id IN (SELECT DISTINCT programme_id FROM written) FOR KEY SHARE;
    IF EXISTS (
        SELECT FROM written w JOIN funders_programme p ON p.id = w.programme_id
        WHERE w.falls_in < p.open_month OR w.void_falls_in < p.open_month
    ) THEN
        RAISE EXCEPTION 'the event falls in a closed month' USING ERRCODE = 'restrict_violation';
    END IF;
    INSERT INTO outcomes_eventstep (event_id, at, actor_id, from_state, to_state, reason)
    SELECT w.id, now(), nullif(current_setting('mhep.actor', true), '')::bigint, '', w.state,
        coalesce(current_setting('mhep.reason', true), '')
    FROM written w;
    RETURN NULL;
END $$;
CREATE TRIGGER outcomes_event_inserted AFTER INSERT ON outcomes_outcomeevent
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION outcomes_event_inserted();

CREATE FUNCTION outcomes_event_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Wait for a close that is under way: it holds the programme's row (catalogue P1).
    PERFORM FROM funders_programme WHERE id IN (SELECT DISTINCT programme_id FROM written) FOR KEY SHARE;
    IF EXISTS (
        SELECT FROM written w JOIN before b ON b.id = w.id JOIN funders_programme p ON p.id = w.programme_id
        WHERE (w.falls_in IS DISTINCT FROM b.falls_in AND w.falls_in < p.open_month)
            OR (w.void_falls_in IS DISTINCT FROM b.void_falls_in AND w.void_falls_in < p.open_month)
    ) THEN
        RAISE EXCEPTION 'the event falls in a closed month' USING ERRCODE = 'restrict_violation';
    END IF;
    INSERT INTO outcomes_eventstep (event_id, at, actor_id, from_state, to_state, reason)
    SELECT w.id, now(), nullif(current_setting('mhep.actor', true), '')::bigint, b.state,
        CASE WHEN w.voided_on IS NOT NULL AND b.voided_on IS NULL THEN 'VOIDED' ELSE w.state END,
        coalesce(nullif(current_setting('mhep.reason', true), ''), w.void_reason)
    FROM written w JOIN before b ON b.id = w.id
    WHERE w IS DISTINCT FROM b;
    RETURN NULL;
END $$;
CREATE TRIGGER outcomes_event_updated AFTER UPDATE ON outcomes_outcomeevent
    REFERENCING OLD TABLE AS before NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION outcomes_event_updated();
"""
UNWATCHED = """
DROP TRIGGER outcomes_event_inserted ON outcomes_outcomeevent;
DROP TRIGGER outcomes_event_updated ON outcomes_outcomeevent;
DROP FUNCTION outcomes_event_inserted();
DROP FUNCTION outcomes_event_updated();
"""


class Migration(migrations.Migration):
    dependencies = [("outcomes", "0001_initial"), ("shared", "0002_refuse_change")]
    operations = [
        migrations.RunSQL(FROZEN, UNFROZEN),
        migrations.RunSQL(WATCHED, UNWATCHED),
        migrations.RunSQL(*append_only("outcomes_eventstep")),
    ]
