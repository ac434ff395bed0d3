"""Words for how people and programs come in, and for what they are sent."""

from django.db import models


class SignInWay(models.TextChoices):
    PASSWORD = "PASSWORD", "Email address and password"
    ORGANISATION = "ORGANISATION", "Your organisation’s sign-in"


class Scope(models.TextChoices):
    """
    A part of the API that a token is for.

    It narrows what the role of the token may do, and widens nothing: the matrix of access decides as well.
    """

    PARTICIPANTS_READ = "participants:read", "Read participants, by reference"
    OUTCOMES_READ = "outcomes:read", "Read outcomes and what became of them"
    OUTCOMES_WRITE = "outcomes:write", "Log outcomes"
    DECISIONS_WRITE = "decisions:write", "Verify, query and reject outcomes"
    CHARGES_READ = "charges:read", "Read charges with their explanations"
    DOCUMENTS_READ = "documents:read", "Read and download documents"
    STATEMENTS_READ = "statements:read", "Read statements before invoices"
    METRICS_READ = "metrics:read", "Read how programmes go"
    EXPORT_READ = "export:read", "Fetch all that the role may read as one file"


class Rhythm(models.TextChoices):
    """How often somebody wants the digest."""

    DAILY = "DAILY", "Every working day, Monday to Friday"
    WEEKLY = "WEEKLY", "Once a week"
    OFF = "OFF", "Never"


class Weekday(models.IntegerChoices):
    MONDAY = 0, "Monday"
    TUESDAY = 1, "Tuesday"
    WEDNESDAY = 2, "Wednesday"
    THURSDAY = 3, "Thursday"
    FRIDAY = 4, "Friday"
    SATURDAY = 5, "Saturday"
    SUNDAY = 6, "Sunday"


class DigestState(models.TextChoices):
    """How one person's digest of one day stands. It can still be sent while it is ``AWAY``, and only then."""

    SENDING = "SENDING", "Being sent"
    AWAY = "AWAY", "To be tried again"
    SENT = "SENT", "Sent"
    NOTHING = "NOTHING", "Nothing waited"
    REFUSED = "REFUSED", "Refused"
    FAILED = "FAILED", "Failed"
