from django.db import migrations

# Guards that look rows up by key forbid sequential scans, which the planner counts as an enormous cost; with it
# every call would be compiled first, for half a second.
OFF = """
DO $$
DECLARE
    guard regprocedure;
BEGIN
    FOR guard IN SELECT p.oid::regprocedure FROM pg_proc p
        WHERE p.pronamespace = current_schema()::regnamespace AND 'enable_seqscan=off' = ANY(p.proconfig)
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET jit = off', guard);
    END LOOP;
END $$;
"""
ON = OFF.replace("SET jit = off", "RESET jit")


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0014_payments_settle_remittances"),
        ("outcomes", "0013_service_fixed"),
    ]
    operations = [migrations.RunSQL(OFF, ON)]
