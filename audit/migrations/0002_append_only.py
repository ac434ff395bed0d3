from django.db import migrations

from mhep.shared.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("shared", "0002_refuse_change")]
    operations = [migrations.RunSQL(*append_only("audit_auditevent"))]
