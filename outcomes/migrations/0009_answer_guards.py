from django.db import migrations

from mhep.shared.append_only import append_only
from mhep.shared.audited import audited

# What was written to answer a question stays as it was sent.
ANSWERS = """
CREATE FUNCTION outcomes_answer_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.query_id <> OLD.query_id OR EXISTS (
        SELECT FROM outcomes_eventquery q WHERE q.id = OLD.query_id AND q.answered_at IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'the answer was sent and stays as it is' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER outcomes_answerdraft_ends_once BEFORE UPDATE OR DELETE ON outcomes_answerdraft
    FOR EACH ROW EXECUTE FUNCTION outcomes_answer_guard();
CREATE TRIGGER outcomes_answerdraft_no_truncate BEFORE TRUNCATE ON outcomes_answerdraft
    FOR EACH STATEMENT EXECUTE FUNCTION mhep_refuse_change();
"""
NO_ANSWERS = """
DROP TRIGGER outcomes_answerdraft_no_truncate ON outcomes_answerdraft;
DROP TRIGGER outcomes_answerdraft_ends_once ON outcomes_answerdraft;
DROP FUNCTION outcomes_answer_guard();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0003_changes"),
        ("outcomes", "0008_answers"),
        ("shared", "0002_refuse_change"),
    ]
    operations = [
        migrations.RunSQL(ANSWERS, NO_ANSWERS),
        migrations.RunSQL(*append_only("outcomes_stepseen")),
        migrations.RunSQL(*audited("outcomes_answerdraft")),
        migrations.RunSQL(*audited("outcomes_stepseen")),
    ]
