from django.db import migrations

from mhep.shared.append_only import append_only
from mhep.shared.audited import audited

# A letter that left, or was refused, is never begun again.
LETTERS = """
CREATE FUNCTION performance_letter_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state NOT IN ('SENDING', 'AWAY')
        OR NEW.pack_id IS DISTINCT FROM OLD.pack_id OR NEW.user_id IS DISTINCT FROM OLD.user_id
    THEN
        RAISE EXCEPTION 'a letter about a pack leaves once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER performance_packletter_once BEFORE UPDATE ON performance_packletter
    FOR EACH ROW EXECUTE FUNCTION performance_letter_guard();
"""
NO_LETTERS = """
DROP TRIGGER performance_packletter_once ON performance_packletter;
DROP FUNCTION performance_letter_guard();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("performance", "0007_packs"),
        ("shared", "0002_refuse_change"),
        ("audit", "0003_changes"),
    ]

    operations = [
        migrations.RunSQL(*append_only("performance_pack")),
        migrations.RunSQL(*audited("performance_pack", hidden=("pdf", "workbook"))),
        migrations.RunSQL(*audited("performance_packletter")),
        migrations.RunSQL(LETTERS, NO_LETTERS),
    ]
