from django.db import migrations

from mhep.shared.audited import audited

FILL = """
INSERT INTO participants_placement (participant_id, service_id, starts_on)
    SELECT id, service_id, coalesce(referred_on, started_on) FROM participants_participant;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""

# Every participant has a placement from the first moment, whatever route it comes by.
PLACED = """
CREATE FUNCTION participants_participant_placed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO participants_placement (participant_id, service_id, starts_on)
        SELECT id, service_id, coalesce(referred_on, started_on) FROM written;
    RETURN NULL;
END $$;
CREATE TRIGGER participants_participant_placed AFTER INSERT ON participants_participant
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION participants_participant_placed();

CREATE FUNCTION participants_participant_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM participants_placement p
            WHERE p.participant_id = NEW.id AND p.service_id = NEW.service_id AND p.ends_before IS NULL
    ) THEN
        RAISE EXCEPTION 'participant % moves to another service by a placement', OLD.reference
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER participants_participant_moves BEFORE UPDATE OF service_id ON participants_participant
    FOR EACH ROW WHEN (NEW.service_id <> OLD.service_id) EXECUTE FUNCTION participants_participant_moves();
"""
NOT_PLACED = """
DROP TRIGGER participants_participant_moves ON participants_participant;
DROP FUNCTION participants_participant_moves();
DROP TRIGGER participants_participant_placed ON participants_participant;
DROP FUNCTION participants_participant_placed();
"""

# A placement ends once, on the day on which the next begins; what was stays. Checked at the end of the transaction,
# but not for the first ones, which come with their participants in bulk.
HISTORY = """
CREATE FUNCTION participants_placement_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.ends_before IS NOT NULL
        OR (to_jsonb(NEW) - 'ends_before') IS DISTINCT FROM (to_jsonb(OLD) - 'ends_before')
    THEN
        RAISE EXCEPTION 'a placement ends once, and stays as it was' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER participants_placement_stays BEFORE UPDATE OR DELETE ON participants_placement
    FOR EACH ROW EXECUTE FUNCTION participants_placement_guard();
CREATE TRIGGER participants_placement_no_truncate BEFORE TRUNCATE ON participants_placement
    FOR EACH STATEMENT EXECUTE FUNCTION mhep_refuse_change();

CREATE FUNCTION participants_placement_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM participants_placement p JOIN participants_participant who ON who.id = p.participant_id
            WHERE who.id = NEW.participant_id AND p.service_id = who.service_id AND p.ends_before IS NULL
                AND p.starts_on IS NOT DISTINCT FROM coalesce(
                    (SELECT max(q.ends_before) FROM participants_placement q WHERE q.participant_id = who.id),
                    p.starts_on)
    ) THEN
        RAISE EXCEPTION 'a placement goes on without a gap, and the participant is with its service'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER participants_placement_goes_on AFTER INSERT OR UPDATE ON participants_placement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION participants_placement_goes_on();
"""
NO_HISTORY = """
DROP TRIGGER participants_placement_goes_on ON participants_placement;
DROP FUNCTION participants_placement_goes_on();
DROP TRIGGER participants_placement_no_truncate ON participants_placement;
DROP TRIGGER participants_placement_stays ON participants_placement;
DROP FUNCTION participants_placement_guard();
"""

# A request is decided once; what was asked stays.
REQUESTS = """
CREATE FUNCTION participants_transfer_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE decision text[] := ARRAY['state', 'decided_by_id', 'decided_at', 'answer'];
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'WAITING'
        OR (to_jsonb(NEW) - decision) IS DISTINCT FROM (to_jsonb(OLD) - decision)
    THEN
        RAISE EXCEPTION 'a request for a transfer is decided once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER participants_transferrequest_decided_once BEFORE UPDATE OR DELETE ON participants_transferrequest
    FOR EACH ROW EXECUTE FUNCTION participants_transfer_guard();
CREATE TRIGGER participants_transferrequest_no_truncate BEFORE TRUNCATE ON participants_transferrequest
    FOR EACH STATEMENT EXECUTE FUNCTION mhep_refuse_change();
"""
NO_REQUESTS = """
DROP TRIGGER participants_transferrequest_no_truncate ON participants_transferrequest;
DROP TRIGGER participants_transferrequest_decided_once ON participants_transferrequest;
DROP FUNCTION participants_transfer_guard();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0003_changes"),
        ("participants", "0006_placements"),
        ("shared", "0002_refuse_change"),
    ]
    operations = [
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(PLACED, NOT_PLACED),
        migrations.RunSQL(HISTORY, NO_HISTORY),
        migrations.RunSQL(REQUESTS, NO_REQUESTS),
        migrations.RunSQL(*audited("participants_placement")),
        migrations.RunSQL(*audited("participants_transferrequest")),
    ]
