"""Statements that funders answer before they are invoiced, and the lines that they query (ADR 0020)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from funders.enums import Silence
from funders.models import Agreement, FunderMember
from payments.enums import Settlement, StatementState
from payments.models.charges import Charge, Month
from providers.models import OperatorMember


class StatementQuerySet(models.QuerySet["Statement"]):
    def visible_to(self, user: User) -> StatementQuerySet:
        """The operator's people see all statements of their programmes; a funder's people its own."""
        return self.filter(
            Q(agreement__programme__operator__members__in=OperatorMember.objects.of(user))
            | Q(agreement__funder__members__in=FunderMember.objects.of(user))
        ).distinct()


class Statement(models.Model):
    """
    What an agreement would be invoiced and credited for a closed month, as it was sent to its funder.

    ``fingerprint`` is the SHA-256 of ``header`` and of every line; an answer counts only while the present
    gives the same one. If anything changed, the statement is superseded by the next ``revision``. Sums are
    minor units and positive. ``answer_by`` is the last day for an answer, where the programme runs; what
    silence means is fixed at sending. ``evidence`` tells how a funder answered that somebody else recorded
    the answer of; it is empty where the funder's own approver answered.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="statements")
    month = models.ForeignKey(Month, on_delete=models.PROTECT, related_name="statements")
    revision = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=16, choices=StatementState, default=StatementState.SENT)
    silence = models.CharField(max_length=10, choices=Silence)
    header = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    line_count = models.PositiveIntegerField()
    charges_net_minor = models.BigIntegerField()
    charges_vat_minor = models.BigIntegerField()
    credits_net_minor = models.BigIntegerField()
    credits_vat_minor = models.BigIntegerField()
    sent_at = models.DateTimeField()
    answer_by = models.DateField()
    ended_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    evidence = models.TextField(blank=True)
    what_changed = models.TextField(blank=True)

    objects = StatementQuerySet.as_manager()

    class Meta:
        ordering = ["-month__first_day", "agreement__position", "-revision"]
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "month", "revision"], name="payments_statement_revision_once"
            ),
            models.UniqueConstraint(
                fields=["agreement", "month"],
                condition=~Q(state=StatementState.SUPERSEDED),
                name="payments_statement_one_stands",
            ),
            models.CheckConstraint(
                condition=Q(
                    charges_net_minor__gte=0,
                    charges_vat_minor__gte=0,
                    credits_net_minor__gte=0,
                    credits_vat_minor__gte=0,
                    line_count__gte=1,
                ),
                name="payments_statement_has_lines",
            ),
            models.CheckConstraint(
                condition=Q(state=StatementState.SENT, ended_at__isnull=True, answered_by__isnull=True)
                | Q(
                    state__in=[StatementState.APPROVED, StatementState.PARTLY_APPROVED],
                    ended_at__isnull=False,
                    answered_by__isnull=False,
                )
                | Q(
                    state=StatementState.LAPSED,
                    silence=Silence.APPROVES,
                    ended_at__isnull=False,
                    answered_by__isnull=True,
                )
                | Q(state=StatementState.SUPERSEDED, ended_at__isnull=False, answered_by__isnull=True),
                name="payments_statement_ended_with_its_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.month_id} {self.revision}"

    @property
    def charges_gross_minor(self) -> int:
        """What the invoice would come to if every line were approved."""
        return self.charges_net_minor + self.charges_vat_minor

    @property
    def credits_gross_minor(self) -> int:
        """What the credit note would come to if every line were approved."""
        return self.credits_net_minor + self.credits_vat_minor


class StatementLine(models.Model):
    """A charge, fee, credit or adjustment on a statement, in the order in which it was decided."""

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="lines")
    charge = models.ForeignKey(
        Charge, on_delete=models.PROTECT, related_name="statement_lines", db_constraint=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["statement", "charge"], name="payments_statementline_once")
        ]

    def __str__(self) -> str:
        return f"{self.statement_id} {self.charge_id}"


class LineQuery(models.Model):
    """
    A funder's doubt about one line of a statement; it holds the line back until it is settled.

    A charge is queried once: after a dismissal it goes on the next statement for good. ``settled_by`` is
    None where the event was voided for another reason, which upholds the query by itself.
    """

    line = models.OneToOneField(StatementLine, on_delete=models.PROTECT, related_name="query")
    charge = models.OneToOneField(
        Charge, on_delete=models.PROTECT, related_name="line_query", db_constraint=False
    )
    reason = models.TextField()
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    raised_at = models.DateTimeField()
    settlement = models.CharField(max_length=10, choices=Settlement, blank=True)
    settlement_reason = models.TextField(blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="payments_linequery_has_a_reason"),
            models.CheckConstraint(
                condition=Q(settlement="", settled_by__isnull=True, settled_at__isnull=True)
                | (~Q(settlement="") & Q(settled_at__isnull=False) & ~Q(settlement_reason="")),
                name="payments_linequery_settled_with_its_reason",
            ),
            models.CheckConstraint(
                condition=Q(settled_by__isnull=True) | ~Q(settled_by=F("raised_by")) | Q(settlement=""),
                name="payments_linequery_settled_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.charge_id} {self.settlement}"

    @property
    def is_open(self) -> bool:
        """The line is held back."""
        return not self.settlement
