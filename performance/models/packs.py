"""The monthly packs: what each funder was sent about a closed month, as it was sent."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import User
from funders.models import Funder, FunderMember
from performance.enums import PackLetterState
from performance.models.facts import FrozenMonth
from providers.models import OperatorMember


class PackQuerySet(models.QuerySet["Pack"]):
    def visible_to(self, user: User) -> PackQuerySet:
        """The operator sees all, a funder its own."""
        return self.filter(
            Q(funder__programme__operator__members__in=OperatorMember.objects.of(user))
            | Q(funder__members__in=FunderMember.objects.of(user))
        ).distinct()


class Pack(models.Model):
    """
    One funder's pack of one closed month: a PDF and a workbook of the same figures, made once.

    ``pdf`` and ``workbook`` are the bytes of the files, each kept with its SHA-256 in hexadecimal.
    """

    funder = models.ForeignKey(Funder, on_delete=models.PROTECT, related_name="packs")
    month = models.ForeignKey(FrozenMonth, on_delete=models.PROTECT, related_name="packs")
    pdf = models.BinaryField()
    pdf_sha256 = models.CharField(max_length=64)
    workbook = models.BinaryField()
    workbook_sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    objects = PackQuerySet.as_manager()

    class Meta:
        ordering = ["-month__first_day", "funder__position"]
        constraints = [
            models.UniqueConstraint(fields=["funder", "month"], name="performance_pack_once_a_month")
        ]

    def __str__(self) -> str:
        return f"{self.funder} {self.month.first_day:%Y-%m}"


class PackLetter(models.Model):
    """
    That somebody is told where a pack is: at most once, by its constraint.

    Written before the letter leaves. Cut off in between it stays ``SENDING`` and is not sent again, because
    whether the letter left can then not be known.
    """

    pack = models.ForeignKey(Pack, on_delete=models.PROTECT, related_name="letters")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=PackLetterState, default=PackLetterState.SENDING)
    begun_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pack", "user"], name="performance_packletter_once"),
            models.CheckConstraint(
                condition=Q(state__in=PackLetterState.values), name="performance_packletter_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pack_id} {self.user_id} {self.state}"
