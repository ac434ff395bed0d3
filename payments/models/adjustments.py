"""Manual adjustments of what an agreement is charged: proposed by one person, approved by another."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from funders.models import Agreement, Term
from outcomes.models import OutcomeEvent
from payments.enums import AdjustmentState
from providers.models import OperatorMember


class AdjustmentQuerySet(models.QuerySet["Adjustment"]):
    def visible_to(self, user: User) -> AdjustmentQuerySet:
        """The operator's people see them; a funder sees an approved one as a charge on its statement."""
        return self.filter(
            agreement__programme__operator__members__in=OperatorMember.objects.of(user)
        ).distinct()


class Adjustment(models.Model):
    """
    An amount that people add to an agreement (positive) or take off an invoice of it (negative).

    Minor units, never zero. A negative one names the document that it corrects, and never takes off more
    than is left of it, nor more than is left of ``event`` or ``term`` where one is named. Once approved it
    becomes a charge of the open month; nothing but the decision is ever added to it.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="adjustments")
    number = models.PositiveIntegerField()
    amount_minor = models.BigIntegerField()
    reason = models.TextField()
    corrects = models.ForeignKey(
        "payments.Document", on_delete=models.PROTECT, null=True, related_name="adjustments"
    )
    term = models.ForeignKey(Term, on_delete=models.PROTECT, null=True, related_name="+")
    event = models.ForeignKey(OutcomeEvent, on_delete=models.PROTECT, null=True, related_name="adjustments")
    state = models.CharField(max_length=10, choices=AdjustmentState, default=AdjustmentState.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True)

    objects = AdjustmentQuerySet.as_manager()

    class Meta:
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "number"], name="payments_adjustment_number_once"),
            models.CheckConstraint(
                condition=~Q(amount_minor=0) & ~Q(reason=""), name="payments_adjustment_says_what_and_why"
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0) | Q(corrects__isnull=False),
                name="payments_adjustment_credit_names_its_document",
            ),
            models.CheckConstraint(
                condition=Q(state=AdjustmentState.PROPOSED, decided_by__isnull=True, decided_at__isnull=True)
                | Q(
                    ~Q(state=AdjustmentState.PROPOSED),
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                ),
                name="payments_adjustment_decided_with_its_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=AdjustmentState.APPROVED) | ~Q(decided_by=F("proposed_by")),
                name="payments_adjustment_approved_by_another",
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def ref(self) -> str:
        """What it is called on documents and in exports."""
        return f"ADJ-{self.number}"
