from django.db import migrations

from mhep.shared.append_only import append_only
from mhep.shared.audited import audited

WRITTEN_ONCE = (
    "performance_scoredreview",
    "performance_fidelityscore",
    "performance_reviewnote",
    "performance_reviewaction",
    "performance_actionupdate",
    "performance_cadence",
    "performance_practicemeeting",
)

# A review of 25 scores that come to its total is all there or not there at all.
SCORES = """
CREATE FUNCTION performance_scores_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    review performance_scoredreview;
    items bigint;
    scored bigint;
BEGIN
    SELECT * INTO review FROM performance_scoredreview
        WHERE id = CASE TG_TABLE_NAME WHEN 'performance_scoredreview'
            THEN (to_jsonb(NEW) ->> 'id')::bigint ELSE (to_jsonb(NEW) ->> 'review_id')::bigint END;
    SELECT count(*), coalesce(sum(score), 0) INTO items, scored
        FROM performance_fidelityscore WHERE review_id = review.id;
    IF items <> 25 OR scored <> review.total THEN
        RAISE EXCEPTION 'a review has a score for each of 25 items, which come to its total'
            USING ERRCODE = 'check_violation';
    END IF;
    IF review.replaces_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM performance_scoredreview r WHERE r.id = review.replaces_id AND r.service_id = review.service_id
    ) THEN
        RAISE EXCEPTION 'a review replaces one of the same service' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER performance_scoredreview_complete AFTER INSERT ON performance_scoredreview
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION performance_scores_guard();
CREATE CONSTRAINT TRIGGER performance_fidelityscore_complete AFTER INSERT ON performance_fidelityscore
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION performance_scores_guard();
"""
NO_SCORES = """
DROP TRIGGER performance_scoredreview_complete ON performance_scoredreview;
DROP TRIGGER performance_fidelityscore_complete ON performance_fidelityscore;
DROP FUNCTION performance_scores_guard();
"""

# Only that it was held is ever added to a review that was planned.
MEETINGS = """
CREATE FUNCTION performance_meeting_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    added text[] := ARRAY['held_on', 'held_by_id', 'held_at', 'agenda'];
BEGIN
    IF TG_OP = 'DELETE' OR OLD.held_on IS NOT NULL
        OR (to_jsonb(NEW) - added) IS DISTINCT FROM (to_jsonb(OLD) - added)
    THEN
        RAISE EXCEPTION 'a review stays as it was planned and held' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER performance_reviewmeeting_stays BEFORE UPDATE OR DELETE ON performance_reviewmeeting
    FOR EACH ROW EXECUTE FUNCTION performance_meeting_guard();
CREATE TRIGGER performance_reviewmeeting_no_truncate BEFORE TRUNCATE ON performance_reviewmeeting
    FOR EACH STATEMENT EXECUTE FUNCTION mhep_refuse_change();
"""
NO_MEETINGS = """
DROP TRIGGER performance_reviewmeeting_stays ON performance_reviewmeeting;
DROP TRIGGER performance_reviewmeeting_no_truncate ON performance_reviewmeeting;
DROP FUNCTION performance_meeting_guard();
"""

# An action that was done or dropped is not opened again; what belongs to a review was held first.
ACTIONS = """
CREATE FUNCTION performance_action_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM performance_reviewaction WHERE id = NEW.action_id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT FROM performance_actionupdate u
        WHERE u.action_id = NEW.action_id AND u.id <> NEW.id AND u.state <> 'OPEN'
    ) THEN
        RAISE EXCEPTION 'an action that is done or dropped stays so' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER performance_actionupdate_guard AFTER INSERT ON performance_actionupdate
    FOR EACH ROW EXECUTE FUNCTION performance_action_guard();

CREATE FUNCTION performance_held_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM performance_reviewmeeting m
        WHERE m.id = NEW.meeting_id AND m.held_on IS NOT NULL
            AND (m.service_id IS NULL OR NEW.service_id IS NULL OR NEW.service_id = m.service_id)
    ) THEN
        RAISE EXCEPTION 'what is agreed belongs to a review that was held' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER performance_reviewnote_held AFTER INSERT ON performance_reviewnote
    FOR EACH ROW EXECUTE FUNCTION performance_held_guard();
CREATE TRIGGER performance_reviewaction_held AFTER INSERT ON performance_reviewaction
    FOR EACH ROW EXECUTE FUNCTION performance_held_guard();
"""
NO_ACTIONS = """
DROP TRIGGER performance_reviewnote_held ON performance_reviewnote;
DROP TRIGGER performance_reviewaction_held ON performance_reviewaction;
DROP FUNCTION performance_held_guard();
DROP TRIGGER performance_actionupdate_guard ON performance_actionupdate;
DROP FUNCTION performance_action_guard();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("performance", "0003_reviews"),
        ("shared", "0002_refuse_change"),
        ("audit", "0003_changes"),
    ]

    operations = [
        *(migrations.RunSQL(*append_only(table)) for table in WRITTEN_ONCE),
        *(migrations.RunSQL(*audited(table)) for table in (*WRITTEN_ONCE, "performance_reviewmeeting")),
        migrations.RunSQL(SCORES, NO_SCORES),
        migrations.RunSQL(MEETINGS, NO_MEETINGS),
        migrations.RunSQL(ACTIONS, NO_ACTIONS),
    ]
