from django.db import migrations

from mhep.shared.append_only import append_only
from mhep.shared.audited import audited

TABLE = "payments_paymentreminder"


class Migration(migrations.Migration):
    dependencies = [("payments", "0018_payment_reminders"), ("audit", "0003_changes")]
    operations = [migrations.RunSQL(*append_only(TABLE)), migrations.RunSQL(*audited(TABLE))]
