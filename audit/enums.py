"""The words of the audit trail."""

from __future__ import annotations

from django.db import models


class Operation(models.TextChoices):
    INSERT = "INSERT", "Added"
    UPDATE = "UPDATE", "Changed"
    DELETE = "DELETE", "Deleted"
