"""Files that somebody sent to be taken over: what they are, how they are read, and what became of them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import User
from funders.models import Programme
from mhep.shared.encryption import EncryptedTextField
from outcomes.enums import IMPORT_ENDED, IMPORT_OPEN, ImportKind, ImportState
from providers.enums import ProviderRole
from providers.models import Operator, OperatorMember, Provider, ProviderMember


class FileImportQuerySet(models.QuerySet["FileImport"]):
    def visible_to(self, user: User) -> FileImportQuerySet:
        """The operator's people see that a file came in, a provider's managers its own files."""
        run = Operator.objects.filter(members__in=OperatorMember.objects.of(user))
        seats = ProviderMember.objects.of(user).filter(role=ProviderRole.MANAGER)
        managed = Provider.objects.filter(members__in=seats)
        return self.filter(Q(programme__operator__in=run) | Q(provider__in=managed))

    def open(self) -> FileImportQuerySet:
        """Those whose end is yet to come."""
        return self.filter(state__in=IMPORT_OPEN)


class FileImport(models.Model):
    """
    A file that was sent to be taken over, and what became of its rows.

    ``provider`` is the one whose manager sent it; without it the operator's people did. ``layout`` says how
    its columns are read, ``report`` what became of each row that is not good, as JSON. ``is_whole`` says that
    either all rows that the check found good are stored or none. The file itself waits elsewhere, and only
    until the import ends.
    """

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="imports")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, null=True, related_name="imports")
    kind = models.CharField(max_length=20, choices=ImportKind)
    name = EncryptedTextField()
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=ImportState)
    layout = models.JSONField(default=dict)
    is_whole = models.BooleanField(default=False)
    good = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    report = EncryptedTextField(blank=True)
    checked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = FileImportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=ImportKind.values), name="outcomes_fileimport_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=IMPORT_OPEN, ended_at__isnull=True)
                | Q(state__in=IMPORT_ENDED, ended_at__isnull=False),
                name="outcomes_fileimport_ended_with_its_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[ImportState.CHECKED, ImportState.STORING, ImportState.STORED])
                | Q(checked_at__isnull=False),
                name="outcomes_fileimport_checked_before_stored",
            ),
        ]
        indexes = [models.Index(fields=["programme", "sent_at"], name="outcomes_imports")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

    @property
    def is_open(self) -> bool:
        return self.state in IMPORT_OPEN


class ColumnLayout(models.Model):
    """
    How an organisation's tables with one set of headings are read, as somebody of it once said.

    It is the provider's or, without one, the operator's. ``headings`` is what one set of headings and no
    other gives (``mhep.shared.columns.fingerprint``).
    """

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="column_layouts")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, null=True, related_name="column_layouts")
    kind = models.CharField(max_length=20, choices=ImportKind)
    headings = models.CharField(max_length=64)
    layout = models.JSONField()
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    chosen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "provider", "kind", "headings"],
                nulls_distinct=False,
                name="outcomes_columnlayout_once",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=ImportKind.values), name="outcomes_columnlayout_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.headings[:8]}"
