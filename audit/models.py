"""Who did what, and what changed: append-only, the database refuses to change or delete a row."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from audit.enums import Operation


class AuditEvent(models.Model):
    """One change that matters. ``actor`` is empty when the system itself acted."""

    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=120)
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["subject", "at"], name="audit_subject_at")]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"


class Change(models.Model):
    """
    What a statement did to one row, or to a great many at once, written by the database itself (ADR 0016).

    ``before`` and ``after`` hold the columns that changed; values that nobody may read there are ``…``. For a
    statement that touched more than 100 rows there is one change: ``row_key`` is empty, and ``before`` and
    ``after`` hold the number of rows and a digest over them all. ``actor`` is empty when the system acted;
    ``through`` names the page, job, command or database role that wrote.
    """

    batch = models.BigIntegerField(db_index=True)
    at = models.DateTimeField()
    transaction = models.BigIntegerField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    reason = models.TextField()
    through = models.TextField()
    table = models.TextField()
    row_key = models.TextField()
    operation = models.CharField(max_length=6, choices=Operation)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["table", "row_key"], name="audit_change_row")]

    def __str__(self) -> str:
        return f"{self.operation} {self.table} {self.row_key}"


class ChainLink(models.Model):
    """
    The changes of one transaction, bound to all that were committed before.

    ``hash`` is what :func:`audit.rules.chain.link_hash` makes of the hash before, the place and the changes.
    """

    position = models.BigIntegerField(primary_key=True)
    batch = models.BigIntegerField(unique=True)
    changes = models.IntegerField()
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.position}:{self.hash}"
