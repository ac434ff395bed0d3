from django.db import migrations

# The application's role may not lock a facility, whose row is frozen; the guard does it as the owner.
DO = "ALTER FUNCTION investment_movement_guard() SECURITY DEFINER SET search_path = public, pg_temp;"
UNDO = "ALTER FUNCTION investment_movement_guard() SECURITY INVOKER RESET search_path;"


class Migration(migrations.Migration):
    dependencies = [
        ("investment", "0002_guards"),
    ]

    operations = [
        migrations.RunSQL(DO, UNDO),
    ]
