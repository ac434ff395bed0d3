from django.db import migrations

from mhep.shared.append_only import append_only
from mhep.shared.audited import audited

FROZEN = (
    "investment_facility",
    "investment_investormovement",
    "investment_forecast",
    "investment_forecastmonth",
)

# The facility is locked first, so that two drawdowns at once cannot both fit into what is left.
MOVEMENTS = """
CREATE FUNCTION investment_movement_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    facility investment_facility;
    drawn bigint;
    repaid bigint;
BEGIN
    SELECT * INTO facility FROM investment_facility WHERE id = NEW.facility_id FOR UPDATE;
    SELECT coalesce(sum(amount_minor) FILTER (WHERE kind = 'DRAWDOWN'), 0),
           coalesce(sum(amount_minor) FILTER (WHERE kind = 'PRINCIPAL'), 0)
        INTO drawn, repaid FROM investment_investormovement WHERE facility_id = NEW.facility_id;
    IF drawn > facility.limit_minor THEN
        RAISE EXCEPTION 'more is drawn than the facility lends' USING ERRCODE = 'check_violation';
    END IF;
    IF repaid > drawn THEN
        RAISE EXCEPTION 'more is repaid than was drawn' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.distribution_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM investment_distribution d
        WHERE d.id = NEW.distribution_id AND d.facility_id = NEW.facility_id AND d.on = NEW.on
            AND d.released_at IS NOT NULL
            AND NEW.amount_minor = CASE NEW.kind
                WHEN 'RESIDUAL' THEN d.residual_paid_minor
                ELSE (SELECT s.paid_minor FROM investment_distributionstep s
                      WHERE s.distribution_id = d.id AND s.step = NEW.kind) END
    ) THEN
        RAISE EXCEPTION 'a repayment is what a released distribution says' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (
        SELECT FROM payments_journal j JOIN payments_posting p ON p.journal_id = j.id
        WHERE j.id = NEW.journal_id AND j.kind = 'INVESTMENT' AND j.dated_on = NEW.on
            AND j.programme_id = facility.programme_id AND p.account = 'IN_TRANSIT'
            AND p.amount_minor = CASE WHEN NEW.kind = 'DRAWDOWN' THEN NEW.amount_minor ELSE -NEW.amount_minor END
    ) THEN
        RAISE EXCEPTION 'a movement stands in the ledger with its amount' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER investment_movement_guard AFTER INSERT ON investment_investormovement
    FOR EACH ROW EXECUTE FUNCTION investment_movement_guard();
"""
NO_MOVEMENTS = """
DROP TRIGGER investment_movement_guard ON investment_investormovement;
DROP FUNCTION investment_movement_guard();
"""

DISTRIBUTIONS = """
CREATE FUNCTION investment_distribution_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    added text[] := ARRAY['released_by_id', 'released_at'];
BEGIN
    IF OLD.released_at IS NOT NULL
        OR (TG_OP = 'UPDATE' AND (to_jsonb(NEW) - added) IS DISTINCT FROM (to_jsonb(OLD) - added))
    THEN
        RAISE EXCEPTION 'a distribution stays as it was proposed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER investment_distribution_stays BEFORE UPDATE OR DELETE ON investment_distribution
    FOR EACH ROW EXECUTE FUNCTION investment_distribution_guard();

CREATE FUNCTION investment_step_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' OR EXISTS (
        SELECT FROM investment_distribution d WHERE d.released_at IS NOT NULL
            AND d.id = CASE WHEN TG_OP = 'DELETE' THEN OLD.distribution_id ELSE NEW.distribution_id END
    ) THEN
        RAISE EXCEPTION 'a distribution stays as it was proposed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER investment_step_stays BEFORE INSERT OR UPDATE OR DELETE ON investment_distributionstep
    FOR EACH ROW EXECUTE FUNCTION investment_step_guard();

CREATE FUNCTION investment_distribution_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM investment_distribution d WHERE d.id = NEW.id AND d.available_minor IS DISTINCT FROM
            d.residual_minor + (SELECT sum(s.paid_minor) FROM investment_distributionstep s WHERE s.distribution_id = d.id)
    ) THEN
        RAISE EXCEPTION 'what is distributed and left is what was available' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER investment_distribution_adds_up AFTER INSERT OR UPDATE ON investment_distribution
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION investment_distribution_adds_up();
"""
NO_DISTRIBUTIONS = """
DROP TRIGGER investment_distribution_adds_up ON investment_distribution;
DROP FUNCTION investment_distribution_adds_up();
DROP TRIGGER investment_step_stays ON investment_distributionstep;
DROP FUNCTION investment_step_guard();
DROP TRIGGER investment_distribution_stays ON investment_distribution;
DROP FUNCTION investment_distribution_guard();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("investment", "0001_initial"),
        ("shared", "0002_refuse_change"),
        ("audit", "0003_changes"),
        ("payments", "0006_post_issued"),
    ]
    operations = [
        *(migrations.RunSQL(*append_only(table)) for table in FROZEN),
        migrations.RunSQL(MOVEMENTS, NO_MOVEMENTS),
        migrations.RunSQL(DISTRIBUTIONS, NO_DISTRIBUTIONS),
        *(
            migrations.RunSQL(*audited(table))
            for table in (*FROZEN, "investment_distribution", "investment_distributionstep")
        ),
    ]
