from django.db import migrations

from mhep.shared.append_only import append_only
from mhep.shared.audited import audited

TABLES = (
    "performance_areafile",
    "performance_areaoutline",
    "performance_disclosureruling",
    "performance_profile",
    "performance_publishedmonth",
    "performance_rebase",
)
# Worked out from facts, or too large to be written down twice.
HIDDEN = {"performance_publishedmonth", "performance_areaoutline"}

FIGURES = """
ALTER TABLE performance_profile ADD CONSTRAINT performance_profile_figures_not_negative
    CHECK (0 <= ALL (figures) AND array_position(figures, NULL) IS NULL);
"""
NO_FIGURES = "ALTER TABLE performance_profile DROP CONSTRAINT performance_profile_figures_not_negative;"

# A version follows the one before it, and what that one locked stays locked.
VERSIONS = """
CREATE FUNCTION performance_profile_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before performance_profile;
BEGIN
    SELECT * INTO before FROM performance_profile p
    WHERE p.programme_id = NEW.programme_id AND p.service_id IS NOT DISTINCT FROM NEW.service_id
        AND p.subject = NEW.subject AND p.scenario = NEW.scenario
    ORDER BY p.version DESC LIMIT 1;
    IF NEW.version <> coalesce(before.version, 0) + 1 THEN
        RAISE EXCEPTION 'a version of a profile follows the one before it' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.service_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM funders_service s WHERE s.id = NEW.service_id AND s.programme_id = NEW.programme_id
    ) THEN
        RAISE EXCEPTION 'the service is of another programme' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.cap IS NOT NULL AND (SELECT sum(each) FROM unnest(NEW.figures) each) <> NEW.cap THEN
        RAISE EXCEPTION 'a profile that was drawn anew adds up to its cap' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER performance_profile_follows BEFORE INSERT ON performance_profile
    FOR EACH ROW EXECUTE FUNCTION performance_profile_guard();
"""
NO_VERSIONS = """
DROP TRIGGER performance_profile_follows ON performance_profile;
DROP FUNCTION performance_profile_guard();
"""

# An outline is of an area of the programme whose file it comes from.
OUTLINES = """
CREATE FUNCTION performance_outline_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM performance_areafile f JOIN funders_area a ON a.programme_id = f.programme_id
        WHERE f.id = NEW.file_id AND a.id = NEW.area_id
    ) THEN
        RAISE EXCEPTION 'the area is of another programme' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER performance_outline_of_its_programme BEFORE INSERT ON performance_areaoutline
    FOR EACH ROW EXECUTE FUNCTION performance_outline_guard();
"""
NO_OUTLINES = """
DROP TRIGGER performance_outline_of_its_programme ON performance_areaoutline;
DROP FUNCTION performance_outline_guard();
"""


class Migration(migrations.Migration):
    """Versions follow each other and stay; every row is written down in the audit trail."""

    dependencies = [
        ("performance", "0005_profiles_disclosure_areas"),
        ("audit", "0003_changes"),
        ("shared", "0002_refuse_change"),
    ]
    operations = [
        migrations.RunSQL(FIGURES, NO_FIGURES),
        migrations.RunSQL(VERSIONS, NO_VERSIONS),
        migrations.RunSQL(OUTLINES, NO_OUTLINES),
        *(migrations.RunSQL(*append_only(table)) for table in TABLES),
        *(migrations.RunSQL(*audited(table)) for table in TABLES if table not in HIDDEN),
        migrations.RunSQL(*audited("performance_areaoutline", hidden=["rings"])),
    ]
