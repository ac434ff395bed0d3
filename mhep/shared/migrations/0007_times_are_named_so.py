from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("shared", "0006_webhook_trail")]
    operations = [
        migrations.RenameField("webhook", "hears_from", "told_from_at"),
        migrations.RenameField("webhook", "previous_until", "previous_ends_at"),
    ]
