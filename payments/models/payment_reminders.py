"""What people at funders were reminded of by letter: the log, written once."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from payments.enums import ReminderStage
from payments.models.documents import Document


class PaymentReminder(models.Model):
    """
    A letter that counted an unpaid invoice at a stage, and who got it; the first of each stage is kept.

    The letter itself holds counts only (ADR 0017); this row says of which invoice one was.
    """

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="payment_reminders")
    stage = models.CharField(max_length=10, choices=ReminderStage)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()

    class Meta:
        ordering = ["sent_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "stage", "recipient"], name="payments_paymentreminder_once_a_stage"
            ),
            models.CheckConstraint(
                condition=Q(stage__in=ReminderStage.values), name="payments_paymentreminder_stage_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} {self.stage}"
