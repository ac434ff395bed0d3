from django.db import migrations

from mhep.shared.audited import audited

# The function that writes the trail is of a later app than this one; the migration runs after it.
HIDDEN = ["secret", "previous_secret"]


class Migration(migrations.Migration):
    """Every change of a webhook is written down, its secrets left out."""

    dependencies = [("shared", "0005_webhooks"), ("audit", "0003_changes")]
    operations = [migrations.RunSQL(*audited("shared_webhook", hidden=HIDDEN, ignored=["looked_at"]))]
