"""With which service a person is and was, and whether another provider takes somebody over."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from accounts.models import User
from funders.models import Service
from participants.enums import TransferState
from participants.models.participants import Participant
from providers.models import Provider


class Placement(models.Model):
    """
    A time with one service, ``ends_before`` excluded; without it the person is there now.

    The database writes the first one with the participant, whatever route that comes by; without a date of
    referral or start it has no ``starts_on``. Every further one begins on the day that ends the one before.
    ``Participant.service`` is the service of the last one; the database holds both to it.
    """

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="placements")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="placements", db_index=False)
    starts_on = models.DateField(null=True)
    ends_before = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_before__isnull=True)
                | Q(starts_on__isnull=True)
                | Q(ends_before__gt=F("starts_on")),
                name="participants_placement_days_in_order",
            ),
            models.UniqueConstraint(
                fields=["participant"],
                condition=Q(ends_before__isnull=True),
                name="participants_placement_one_now",
            ),
            # Of those that are over; a trigger holds the one that goes on to the end of the last. So the
            # first ones, which come in bulk, need no slow index.
            ExclusionConstraint(
                name="participants_placement_one_at_a_time",
                condition=Q(ends_before__isnull=False),
                expressions=[
                    ("participant", RangeOperators.EQUAL),
                    (
                        Func("starts_on", "ends_before", Value("[)"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} with {self.service_id}"


class TransferRequestQuerySet(models.QuerySet["TransferRequest"]):
    def visible_to(self, user: User) -> TransferRequestQuerySet:
        """A provider's people see what they asked, and what they are asked."""
        own = Provider.objects.staffed_by(user)
        return self.filter(Q(from_service__provider__in=own) | Q(to_service__provider__in=own))


class TransferRequest(models.Model):
    """
    The question to another provider whether it takes a person over, and its answer; decided once.

    Until it is accepted the other provider sees the reference and the reason, no name. ``agreed_on`` is the
    day on which the person agreed that what is known of them goes along.
    """

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="transfer_requests")
    from_service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    to_service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="transfer_requests")
    reason = models.TextField()
    agreed_on = models.DateField()
    state = models.CharField(max_length=10, choices=TransferState, default=TransferState.WAITING)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)

    objects = TransferRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["participant"],
                condition=Q(state=TransferState.WAITING),
                name="participants_transferrequest_one_waits",
            ),
            models.CheckConstraint(
                condition=Q(state__in=TransferState.values), name="participants_transferrequest_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(reason=""), name="participants_transferrequest_with_a_reason"
            ),
            models.CheckConstraint(
                condition=~Q(from_service=F("to_service")), name="participants_transferrequest_goes_elsewhere"
            ),
            models.CheckConstraint(
                condition=Q(state=TransferState.WAITING, decided_by__isnull=True, decided_at__isnull=True)
                | (
                    ~Q(state=TransferState.WAITING)
                    & Q(decided_by__isnull=False, decided_at__gte=F("asked_at"))
                ),
                name="participants_transferrequest_decided_as_a_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} to {self.to_service_id}"
