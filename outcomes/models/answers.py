"""What follows the logging of an outcome: an answer that is being written, and news that was read."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from outcomes.models.events import EventQuery, EventStep


class AnswerDraft(models.Model):
    """
    What the provider's people have written so far to answer one question; colleagues go on with it.

    ``typed`` holds the answer and what it corrects of the claim, as typed. ``version`` counts the changes, so
    that two windows do not write over each other. ``held`` are further kinds of evidence without a file.
    Once the question is answered, the database lets nothing of it change.
    """

    query = models.OneToOneField(EventQuery, on_delete=models.PROTECT, related_name="draft")
    typed = models.JSONField(default=dict)
    held = ArrayField(models.TextField(), default=list)
    version = models.PositiveIntegerField(default=0)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"answer to {self.query_id}"


class StepSeen(models.Model):
    """Somebody has seen what became of an outcome: one step of its life is no news to them any more."""

    step = models.ForeignKey(EventStep, on_delete=models.PROTECT, related_name="seen")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["step", "user"], name="outcomes_stepseen_once")]

    def __str__(self) -> str:
        return f"{self.step_id} seen by {self.user_id}"
