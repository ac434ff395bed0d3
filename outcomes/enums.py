"""The life of an outcome event."""

from django.db import models


class EventState(models.TextChoices):
    DRAFT = "DRAFT", "Draft"
    SUBMITTED = "SUBMITTED", "Submitted"
    QUERIED = "QUERIED", "Queried"
    REJECTED = "REJECTED", "Rejected"
    VERIFIED = "VERIFIED", "Verified"
