import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("outcomes", "0011_file_import_guards"), ("participants", "0007_placement_guards")]
    operations = [
        migrations.AddField(
            model_name="outcomeevent",
            name="service",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="funders.service",
            ),
        ),
    ]
