"""Words of performance, as the database keeps them."""

from django.db import models


class StalePart(models.TextChoices):
    """Which facts of a month may no longer be what the rows beneath them say."""

    ALL = "ALL", "All facts"
    PEOPLE = "PEOPLE", "Facts about people"


class ReviewKind(models.TextChoices):
    """Who meets: it decides who may read what was said."""

    CONTRACT = "CONTRACT", "Contract review with the funders"
    SERVICE = "SERVICE", "Service review with a provider"


class ActionState(models.TextChoices):
    """Where an action stands."""

    OPEN = "OPEN", "Open"
    DONE = "DONE", "Done"
    DROPPED = "DROPPED", "Dropped"


class PracticeKind(models.TextChoices):
    """A regular meeting of a service that good practice asks for."""

    SUPERVISION = "SUPERVISION", "Supervision"
    TEAM = "TEAM", "Team meeting"
    CLINICAL = "CLINICAL", "Meeting with the clinical team"


class Scenario(models.TextChoices):
    """How hopeful a profile is. Contracts are held against the medium one."""

    LOW = "LOW", "Low"
    MEDIUM = "MEDIUM", "Medium"
    HIGH = "HIGH", "High"


class ProfileRhythm(models.TextChoices):
    """How long the periods of a profile are."""

    MONTH = "MONTH", "Month"
    QUARTER = "QUARTER", "Quarter"


class PercentageRule(models.TextChoices):
    """What percentages are worked out from for a role under disclosure control."""

    FROM_ROUNDED = "FROM_ROUNDED", "From the rounded figures, in whole per cent"
    NONE = "NONE", "Not shown"


class PublishedBy(models.TextChoices):
    """Which places the tables of a contract under disclosure control tell apart: one of them, never both."""

    SERVICE = "SERVICE", "Service"
    AREA = "AREA", "Area"


class PackLetterState(models.TextChoices):
    """How it went with the letter that says where a monthly pack is."""

    SENDING = "SENDING", "Being sent"
    SENT = "SENT", "Sent"
    AWAY = "AWAY", "To be tried again"
    REFUSED = "REFUSED", "Refused by the post"
