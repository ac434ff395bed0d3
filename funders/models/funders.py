"""Who pays for outcomes of a programme, and the people there."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import MembershipQuerySet
from funders.enums import FunderKind, FunderRole


class Funder(models.Model):
    programme = models.ForeignKey("funders.Programme", on_delete=models.PROTECT, related_name="funders")
    code = models.CharField(max_length=40)
    name = models.TextField()
    kind = models.CharField(max_length=20, choices=FunderKind)
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["programme", "code"], name="funders_funder_code_once")]

    def __str__(self) -> str:
        return self.code


class FunderMemberQuerySet(MembershipQuerySet["FunderMember"]):
    kind = "funder"


class FunderMember(models.Model):
    """A person's role at a funder: sees what it agreed to pay, was charged and was invoiced."""

    funder = models.ForeignKey(Funder, on_delete=models.PROTECT, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="funder_memberships"
    )
    role = models.CharField(max_length=20, choices=FunderRole, default=FunderRole.COMMISSIONER)

    objects = FunderMemberQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["funder", "user"], name="funders_fundermember_once"),
            models.CheckConstraint(
                condition=Q(role__in=FunderRole.values), name="funders_fundermember_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.funder_id}"
