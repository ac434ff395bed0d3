from django.db import migrations

from mhep.shared.row_security import policy

SCOPE = """
    CREATE FUNCTION mhep_operators_in_scope() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE AS
        $$ SELECT string_to_array(nullif(current_setting('app.operator_ids', true), ''), ',')::bigint[] $$;
"""
NO_SCOPE = "DROP FUNCTION mhep_operators_in_scope();"
# The provider that handed it in, the provider that helps the person now, and the programme's operator.
FILE = """
    outcomes_evidencefile.provider_id = ANY (coalesce((SELECT mhep_providers_in_scope()), '{}'::bigint[]))
    OR EXISTS (
        SELECT FROM participants_participant proved
            JOIN funders_service ON funders_service.id = proved.service_id
            JOIN funders_programme ON funders_programme.id = proved.programme_id
        WHERE proved.id = outcomes_evidencefile.participant_id AND (
            funders_service.provider_id = ANY (coalesce((SELECT mhep_providers_in_scope()), '{}'::bigint[]))
            OR funders_programme.operator_id = ANY (coalesce((SELECT mhep_operators_in_scope()), '{}'::bigint[]))
        )
    )
"""
# Who was handed a file shows to those whom the file shows to: its own policy holds in here.
VIEW = "EXISTS (SELECT FROM outcomes_evidencefile seen WHERE seen.id = outcomes_evidenceview.file_id)"


class Migration(migrations.Migration):
    """The database shows evidence to its provider and its operator only (ADR 0014, ADR 0015)."""

    dependencies = [("outcomes", "0015_steps_by_time"), ("participants", "0005_row_security")]
    operations = [
        migrations.RunSQL(SCOPE, NO_SCOPE),
        migrations.RunSQL(*policy("outcomes_evidencefile", FILE)),
        migrations.RunSQL(*policy("outcomes_evidenceview", VIEW)),
    ]
