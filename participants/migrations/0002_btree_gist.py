from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations


class Migration(migrations.Migration):
    """What a constraint over both equal columns and ranges of days needs; a database's owner may add it."""

    dependencies = [("participants", "0001_initial")]
    operations = [BtreeGistExtension()]
