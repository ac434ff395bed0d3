"""Words of performance, as the database keeps them."""

from django.db import models


class StalePart(models.TextChoices):
    """Which facts of a month may no longer be what the rows beneath them say."""

    ALL = "ALL", "All facts"
    PEOPLE = "PEOPLE", "Facts about people"
