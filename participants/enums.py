"""The words of the jobs file, as stored values; they differ from the file's in case only."""

from __future__ import annotations

from django.db import models


class WorkKind(models.TextChoices):
    """What a person does in a period: paid work, or a course."""

    WORK = "WORK", "Work"
    EDUCATION = "EDUCATION", "Education"
