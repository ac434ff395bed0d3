from django.db import migrations

from mhep.shared.append_only import append_only

# What may follow on what. A test compares this list with the machine that the code declares.
MACHINE = """
CREATE FUNCTION outcomes_event_machine() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('DRAFT', 'SUBMITTED'),
        ('SUBMITTED', 'VERIFIED'),
        ('SUBMITTED', 'QUERIED'),
        ('SUBMITTED', 'REJECTED'),
        ('QUERIED', 'SUBMITTED'),
        ('QUERIED', 'REJECTED')
    ) THEN
        RAISE EXCEPTION 'event % is % and cannot become %', OLD.reference, lower(OLD.state), lower(NEW.state)
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'REJECTED' AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'event % is rejected and cannot be changed', OLD.reference
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.voided_on IS NOT NULL AND OLD.voided_on IS NULL AND (
        NEW.state <> OLD.state OR OLD.state NOT IN ('SUBMITTED', 'QUERIED', 'VERIFIED')
        OR (OLD.state <> 'VERIFIED' AND NOT EXISTS (
            SELECT FROM outcomes_outcomeevent p WHERE p.id = OLD.prerequisite_id AND p.voided_on <= NEW.voided_on))
    ) THEN
        RAISE EXCEPTION 'event % is % and cannot become voided', OLD.reference, lower(OLD.state)
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER outcomes_event_machine BEFORE UPDATE ON outcomes_outcomeevent
    FOR EACH ROW EXECUTE FUNCTION outcomes_event_machine();

CREATE FUNCTION outcomes_event_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM written w WHERE w.state NOT IN ('DRAFT', 'SUBMITTED', 'VERIFIED')) THEN
        RAISE EXCEPTION 'an event begins as a draft, submitted, or verified elsewhere'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER outcomes_event_begins AFTER INSERT ON outcomes_outcomeevent
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION outcomes_event_begins();
"""
NO_MACHINE = """
DROP TRIGGER outcomes_event_begins ON outcomes_outcomeevent;
DROP FUNCTION outcomes_event_begins();
DROP TRIGGER outcomes_event_machine ON outcomes_outcomeevent;
DROP FUNCTION outcomes_event_machine();
"""

# Whoever submitted or edited an event may not verify it: the history tells who did, whoever wrote it.
# Its name comes after the other triggers', whose refusals say more.
ANOTHER = """
CREATE FUNCTION outcomes_event_verified_by_another() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.verified_by_id IS NULL OR EXISTS (
        SELECT FROM outcomes_eventstep s WHERE s.event_id = NEW.id AND s.actor_id = NEW.verified_by_id
            AND s.to_state IN ('DRAFT', 'SUBMITTED')
    ) THEN
        RAISE EXCEPTION 'event % needs a verifier who neither submitted nor edited it', NEW.reference
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER outcomes_event_verified_by_another AFTER UPDATE ON outcomes_outcomeevent
    FOR EACH ROW WHEN (NEW.state = 'VERIFIED' AND OLD.state <> 'VERIFIED')
    EXECUTE FUNCTION outcomes_event_verified_by_another();
"""
NO_OTHER = """
DROP TRIGGER outcomes_event_verified_by_another ON outcomes_outcomeevent;
DROP FUNCTION outcomes_event_verified_by_another();
"""

# As in 0002, and: while the month of its void is open, an event's void comes forward to its
# prerequisite's earlier one.
FROZEN_AGAIN = """
CREATE OR REPLACE FUNCTION outcomes_event_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'DRAFT' THEN
            RAISE EXCEPTION 'event % was submitted: void it instead of deleting it', OLD.reference
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.voided_on IS NOT NULL AND NEW IS DISTINCT FROM OLD{exception} THEN
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
"""
COMES_FORWARD = """ AND NOT (
        NEW.voided_on < OLD.voided_on
        AND (to_jsonb(NEW) - ARRAY['voided_on', 'void_falls_in'])
            IS NOT DISTINCT FROM (to_jsonb(OLD) - ARRAY['voided_on', 'void_falls_in'])
        AND EXISTS (SELECT FROM outcomes_outcomeevent p WHERE p.id = OLD.prerequisite_id AND p.voided_on = NEW.voided_on)
        AND EXISTS (SELECT FROM funders_programme g WHERE g.id = OLD.programme_id
            AND OLD.void_falls_in >= g.open_month
            AND NEW.void_falls_in = greatest(date_trunc('month', NEW.voided_on::timestamp)::date, g.open_month))
    )"""

# As in 0002, but a step of a voided event says that it is voided.
STEPS = """
CREATE OR REPLACE FUNCTION outcomes_event_updated() RETURNS trigger LANGUAGE plpgsql AS $$
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
    SELECT w.id, now(), nullif(current_setting('mhep.actor', true), '')::bigint, {from_state},
        {to_state},
        coalesce(nullif(current_setting('mhep.reason', true), ''), w.void_reason)
    FROM written w JOIN before b ON b.id = w.id
    WHERE w IS DISTINCT FROM b;
    RETURN NULL;
END $$;
"""
STEPS_NOW = STEPS.format(
    from_state="CASE WHEN b.voided_on IS NOT NULL THEN 'VOIDED' ELSE b.state END",
    to_state="CASE WHEN w.voided_on IS NOT NULL THEN 'VOIDED' ELSE w.state END",
)
STEPS_BEFORE = STEPS.format(
    from_state="b.state",
    to_state="CASE WHEN w.voided_on IS NOT NULL AND b.voided_on IS NULL THEN 'VOIDED' ELSE w.state END",
)

# A question is answered once; a finding and a reply to it are written once each. All else stays as it was.
WRITTEN_ONCE = """
CREATE FUNCTION outcomes_query_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.answered_at IS NOT NULL OR (to_jsonb(NEW) - ARRAY['answer', 'answered_by_id', 'answered_at'])
        IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['answer', 'answered_by_id', 'answered_at'])
    THEN
        RAISE EXCEPTION 'a question is answered once and stays as it was asked' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER outcomes_eventquery_answered_once BEFORE UPDATE OR DELETE ON outcomes_eventquery
    FOR EACH ROW EXECUTE FUNCTION outcomes_query_guard();
CREATE TRIGGER outcomes_eventquery_no_truncate BEFORE TRUNCATE ON outcomes_eventquery
    FOR EACH STATEMENT EXECUTE FUNCTION mhep_refuse_change();

CREATE FUNCTION outcomes_sampled_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    finding text[] := ARRAY['is_agreed', 'finding', 'checked_by_id', 'checked_at'];
    reply text[] := ARRAY['reply', 'replied_on', 'reply_recorded_by_id'];
BEGIN
    IF TG_OP = 'DELETE'
        OR (to_jsonb(NEW) - finding - reply) IS DISTINCT FROM (to_jsonb(OLD) - finding - reply)
        OR (OLD.checked_at IS NOT NULL AND (to_jsonb(NEW) - reply) IS DISTINCT FROM (to_jsonb(OLD) - reply))
        OR (OLD.replied_on IS NOT NULL AND NEW IS DISTINCT FROM OLD)
    THEN
        RAISE EXCEPTION 'what was drawn, found and replied is written once' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.checked_at IS NOT NULL AND OLD.checked_at IS NULL AND EXISTS (
        SELECT FROM outcomes_outcomeevent e WHERE e.id = NEW.event_id
            AND NEW.checked_by_id IN (e.submitted_by_id, e.verified_by_id)
    ) THEN
        RAISE EXCEPTION 'a second look needs a second person' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER outcomes_sampledevent_written_once BEFORE UPDATE OR DELETE ON outcomes_sampledevent
    FOR EACH ROW EXECUTE FUNCTION outcomes_sampled_guard();
CREATE TRIGGER outcomes_sampledevent_no_truncate BEFORE TRUNCATE ON outcomes_sampledevent
    FOR EACH STATEMENT EXECUTE FUNCTION mhep_refuse_change();
"""
NOT_WRITTEN_ONCE = """
DROP TRIGGER outcomes_sampledevent_no_truncate ON outcomes_sampledevent;
DROP TRIGGER outcomes_sampledevent_written_once ON outcomes_sampledevent;
DROP FUNCTION outcomes_sampled_guard();
DROP TRIGGER outcomes_eventquery_no_truncate ON outcomes_eventquery;
DROP TRIGGER outcomes_eventquery_answered_once ON outcomes_eventquery;
DROP FUNCTION outcomes_query_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("outcomes", "0004_verification"), ("shared", "0002_refuse_change")]
    operations = [
        migrations.RunSQL(MACHINE, NO_MACHINE),
        migrations.RunSQL(ANOTHER, NO_OTHER),
        migrations.RunSQL(
            FROZEN_AGAIN.replace("{exception}", COMES_FORWARD), FROZEN_AGAIN.replace("{exception}", "")
        ),
        migrations.RunSQL(STEPS_NOW, STEPS_BEFORE),
        migrations.RunSQL(WRITTEN_ONCE, NOT_WRITTEN_ONCE),
        migrations.RunSQL(*append_only("outcomes_eventrejection")),
        migrations.RunSQL(*append_only("outcomes_sampleaudit")),
    ]
