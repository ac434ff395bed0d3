"""The month and its charges, and what stands after the last closed month."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Least

from accounts.models import User
from funders.enums import Direction
from funders.models import Agreement, AgreementVersion, FixedFee, FunderMember, Programme, Term
from mhep.kernel import periods
from outcomes.models import OutcomeEvent
from payments.enums import ChargeKind, ChargeReason, MonthState
from providers.models import OperatorMember


class Month(models.Model):
    """One month of one programme once it has been priced. A closed month never changes."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="months")
    first_day = models.DateField()
    state = models.CharField(max_length=10, choices=MonthState, default=MonthState.PRICED)
    priced_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["first_day"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "first_day"], name="payments_month_once"),
            models.CheckConstraint(
                condition=Q(first_day__day=1), name="payments_month_starts_on_a_first_day"
            ),
            models.CheckConstraint(
                condition=Q(state=MonthState.CLOSED, closed_at__isnull=False)
                | Q(state=MonthState.PRICED, closed_at__isnull=True),
                name="payments_month_closed_with_its_time",
            ),
        ]

    def __str__(self) -> str:
        return str(self.period)

    @property
    def period(self) -> periods.Month:
        return periods.Month.of(self.first_day)


class ChargeQuerySet(models.QuerySet["Charge"]):
    def visible_to(self, user: User) -> ChargeQuerySet:
        """The operator's people see both sides; a funder's people what concerns that funder."""
        return self.filter(
            Q(month__programme__operator__members__in=OperatorMember.objects.of(user))
            | Q(
                agreement__direction=Direction.RECEIVABLE,
                agreement__funder__members__in=FunderMember.objects.of(user),
            )
        ).distinct()


class Charge(models.Model):
    """
    One decision about money: a charge, its credit, a fixed fee, an adjustment, or that nothing is paid.

    Written once, never changed; the charges of an open month are replaced when it is priced again.
    ``amount_minor`` is in the programme's currency and negative for whatever gives back. The other
    figures explain it: places before and taken, tariff, entitlement, what earlier months charged of it,
    and the room under each cap (null: no such cap). References are checked set-based by a
    trigger, not by foreign keys (ADR 0005).
    """

    month = models.ForeignKey(
        Month, on_delete=models.PROTECT, related_name="charges", db_constraint=False, db_index=False
    )
    agreement = models.ForeignKey(
        Agreement, on_delete=models.PROTECT, related_name="charges", db_constraint=False, db_index=False
    )
    version = models.ForeignKey(
        AgreementVersion, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    kind = models.CharField(max_length=10, choices=ChargeKind)
    reason = models.CharField(max_length=12, choices=ChargeReason)
    term = models.ForeignKey(
        Term, on_delete=models.PROTECT, null=True, related_name="charges", db_constraint=False, db_index=False
    )
    event = models.ForeignKey(
        OutcomeEvent,
        on_delete=models.PROTECT,
        null=True,
        related_name="charges",
        db_constraint=False,
        db_index=False,
    )
    fee = models.ForeignKey(
        FixedFee,
        on_delete=models.PROTECT,
        null=True,
        related_name="charges",
        db_constraint=False,
        db_index=False,
    )
    fee_month = models.DateField(null=True)
    credits = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="credited_by",
        db_constraint=False,
        db_index=False,
    )
    adjustment = models.ForeignKey(
        "payments.Adjustment",
        on_delete=models.PROTECT,
        null=True,
        related_name="charges",
        db_constraint=False,
        db_index=False,
    )
    amount_minor = models.BigIntegerField()
    financial_year = models.SmallIntegerField()
    place_before = models.IntegerField(null=True)
    place = models.IntegerField(null=True)
    tariff_minor = models.BigIntegerField(null=True)
    entitlement_minor = models.BigIntegerField(null=True)
    charged_before_minor = models.BigIntegerField(null=True)
    room_term_minor = models.BigIntegerField(null=True)
    room_total_minor = models.BigIntegerField(null=True)
    room_year_minor = models.BigIntegerField(null=True)
    room_person_minor = models.BigIntegerField(null=True)

    objects = ChargeQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["agreement", "month"], name="payments_charge_agreement")]
        constraints = [
            # One index finds the charges of an event and refuses a second first decision: rows of
            # other kinds have a null there, and nulls are all different.
            models.UniqueConstraint(
                F("event"),
                F("term"),
                Case(When(Q(kind__in=["CHARGE", "NIL"]) & ~Q(reason="CARRIED"), then=Value(0)), default=None),
                name="payments_charge_one_first_decision",
            ),
            models.UniqueConstraint(
                fields=["event", "term", "month"],
                condition=Q(reason="CARRIED"),
                name="payments_charge_one_carried_a_month",
            ),
            models.UniqueConstraint(
                fields=["credits"], condition=Q(credits__isnull=False), name="payments_charge_credited_once"
            ),
            models.UniqueConstraint(
                fields=["fee", "fee_month"], condition=Q(kind="FEE"), name="payments_charge_one_fee_a_month"
            ),
            models.UniqueConstraint(
                fields=["adjustment", "reason"],
                condition=Q(adjustment__isnull=False),
                name="payments_charge_one_adjustment",
            ),
            models.CheckConstraint(
                condition=Q(kind="CHARGE", amount_minor__gt=0, event__isnull=False, term__isnull=False)
                | Q(kind="NIL", amount_minor=0, event__isnull=False, term__isnull=False)
                | (
                    Q(kind="CREDIT", amount_minor__lt=0, credits__isnull=False)
                    & (Q(term__isnull=False) | Q(reason="WAIVED"))
                )
                | (
                    Q(kind="ADJUSTMENT", reason__in=["ADJUSTMENT", "VOIDED"], adjustment__isnull=False)
                    & Q(event__isnull=True, term__isnull=True, credits__isnull=True)
                    & ~Q(amount_minor=0)
                )
                | Q(kind="FEE", amount_minor__gte=0, fee__isnull=False, fee_month__isnull=False),
                name="payments_charge_fits_its_kind",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["CHARGE", "NIL"])
                | Q(
                    place_before__isnull=False,
                    entitlement_minor__isnull=False,
                    charged_before_minor__isnull=False,
                ),
                name="payments_charge_explains_itself",
            ),
            models.CheckConstraint(
                condition=~Q(kind="CHARGE")
                | Q(amount_minor__lte=F("entitlement_minor") - F("charged_before_minor")),
                name="payments_charge_within_entitlement",
            ),
            models.CheckConstraint(
                condition=~Q(kind="CHARGE")
                | Q(
                    amount_minor__lte=Least(
                        "room_term_minor",
                        "room_total_minor",
                        "room_year_minor",
                        "room_person_minor",
                        "entitlement_minor",
                    )
                ),
                name="payments_charge_within_every_cap",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class TermStanding(models.Model):
    """Places held and net amount charged under a term after the last closed month."""

    term = models.OneToOneField(Term, on_delete=models.PROTECT, primary_key=True, related_name="standing")
    places = models.IntegerField()
    net_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(places__gte=0, net_minor__gte=0), name="payments_termstanding_not_negative"
            )
        ]

    def __str__(self) -> str:
        return f"{self.term_id}"


class AgreementYearStanding(models.Model):
    """
    Net amount charged by an agreement's terms counted in a financial year, after the last closed month.

    Below zero where events of a marginal term are voided at a higher band than they were charged at.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="year_standings")
    year = models.SmallIntegerField()
    net_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agreement", "year"], name="payments_agreementyearstanding_once"),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.year}"


class Remainder(models.Model):
    """What a term that carries forward still owes for an event, after the last closed month."""

    term = models.ForeignKey(Term, on_delete=models.PROTECT, related_name="remainders")
    event = models.ForeignKey(OutcomeEvent, on_delete=models.PROTECT, related_name="remainders")
    entitlement_minor = models.BigIntegerField()
    charged_minor = models.BigIntegerField()
    place = models.IntegerField()
    tariff_minor = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "term"], name="payments_remainder_once"),
            models.CheckConstraint(
                condition=Q(charged_minor__lt=F("entitlement_minor")), name="payments_remainder_is_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.term_id} {self.event_id}"
