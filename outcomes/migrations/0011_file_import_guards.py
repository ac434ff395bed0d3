from django.db import migrations

from mhep.shared.audited import audited

# A file that was sent stays on the list for good: who sent it, when and what it was never changes, and what has
# ended does not begin again. Encrypted columns may be written anew with another key, so they are left aside; the
# list of problems is also taken away in time.
IMPORTS = """
CREATE FUNCTION outcomes_import_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sealed text[] := ARRAY['name', 'report'];
    goes_on text[] := sealed || ARRAY['state', 'layout', 'is_whole', 'good', 'unchanged', 'left_out', 'checked_at',
        'ended_at'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a file that was sent stays on the list' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (to_jsonb(NEW) - goes_on) IS DISTINCT FROM (to_jsonb(OLD) - goes_on) THEN
        RAISE EXCEPTION 'who sent a file, when and what it was stays' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.ended_at IS NOT NULL AND (to_jsonb(NEW) - sealed) IS DISTINCT FROM (to_jsonb(OLD) - sealed) THEN
        RAISE EXCEPTION 'the import of the file has ended' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER outcomes_fileimport_stays BEFORE UPDATE OR DELETE ON outcomes_fileimport
    FOR EACH ROW EXECUTE FUNCTION outcomes_import_guard();
CREATE TRIGGER outcomes_fileimport_no_truncate BEFORE TRUNCATE ON outcomes_fileimport
    FOR EACH STATEMENT EXECUTE FUNCTION mhep_refuse_change();
"""
NO_IMPORTS = """
DROP TRIGGER outcomes_fileimport_no_truncate ON outcomes_fileimport;
DROP TRIGGER outcomes_fileimport_stays ON outcomes_fileimport;
DROP FUNCTION outcomes_import_guard();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("outcomes", "0010_file_imports"),
        ("shared", "0002_refuse_change"),
        ("audit", "0003_changes"),
    ]
    operations = [
        migrations.RunSQL(IMPORTS, NO_IMPORTS),
        migrations.RunSQL(*audited("outcomes_fileimport", hidden=["name", "report"])),
        migrations.RunSQL(*audited("outcomes_columnlayout")),
    ]
