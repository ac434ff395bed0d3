"""Words for the people of the operator and of the providers."""

from django.db import models


class OperatorRole(models.TextChoices):
    ANALYST = "ANALYST", "Analyst"
    FINANCE = "FINANCE", "Finance"
    ADMINISTRATOR = "ADMINISTRATOR", "Administrator"
    AUDITOR = "AUDITOR", "Auditor"


class ProviderRole(models.TextChoices):
    SPECIALIST = "SPECIALIST", "Employment specialist"
    MANAGER = "MANAGER", "Manager"
