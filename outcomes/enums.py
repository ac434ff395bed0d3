"""The life of an outcome event: its states, what may be done in each, and where that leads."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models


class EventState(models.TextChoices):
    DRAFT = "DRAFT", "Draft"
    SUBMITTED = "SUBMITTED", "Submitted"
    QUERIED = "QUERIED", "Queried"
    REJECTED = "REJECTED", "Rejected"
    VERIFIED = "VERIFIED", "Verified"


class EvidenceState(models.TextChoices):
    """Whether a file has been looked at for harm; only a clean one is handed to others than its uploader."""

    RECEIVED = "RECEIVED", "Not yet scanned"
    SCANNING = "SCANNING", "Being scanned"
    CLEAN = "CLEAN", "Scanned"
    QUARANTINED = "QUARANTINED", "Harmful, locked away"


class ImportKind(models.TextChoices):
    """What the rows of a file are about; the value stands in addresses."""

    PARTICIPANTS = "participants", "Participants"
    JOBS = "jobs", "Jobs"
    OUTCOMES = "outcomes", "Outcomes"


class ImportState(models.TextChoices):
    """How far a file has come on its way in."""

    COLUMNS = "COLUMNS", "Columns to match"
    CHECKING = "CHECKING", "Being checked"
    CHECKED = "CHECKED", "Waits for you to confirm"
    STORING = "STORING", "Being stored"
    STORED = "STORED", "Stored"
    CANCELLED = "CANCELLED", "Cancelled"
    LAPSED = "LAPSED", "Not confirmed in time"


IMPORT_OPEN = (ImportState.COLUMNS, ImportState.CHECKING, ImportState.CHECKED, ImportState.STORING)
IMPORT_ENDED = (ImportState.STORED, ImportState.CANCELLED, ImportState.LAPSED)


class EventAction(models.TextChoices):
    SUBMIT = "SUBMIT", "Submit"
    VERIFY = "VERIFY", "Verify"
    QUERY = "QUERY", "Query"
    ANSWER = "ANSWER", "Answer"
    REJECT = "REJECT", "Reject"
    VOID = "VOID", "Void"
    VOID_WITH_PREREQUISITE = "VOID_WITH_PREREQUISITE", "Void with its prerequisite"


class Rule(models.TextChoices):
    """Which rule a question or a rejection is about, so that unclear rules show."""

    EVIDENCE = "EVIDENCE", "Evidence"
    HOURS = "HOURS", "Hours a week"
    DATE = "DATE", "Outcome date"
    DEADLINE = "DEADLINE", "Time to submit"
    PREREQUISITE = "PREREQUISITE", "Outcome that must come before"
    CONSENT = "CONSENT", "Consent"
    DUPLICATE = "DUPLICATE", "Claimed before"
    OTHER = "OTHER", "Something else"


# A voided event keeps its state; a void date stands over it, and nothing more happens to it.
VOIDED = "VOIDED"
STATES: Mapping[str, str] = {**dict(EventState.choices), VOIDED: "Voided"}

# The whole machine (spec: outcome-rules, life of an event): what is not in here is refused, by the
# services and by the database.
NEXT: Mapping[tuple[str, EventAction], str] = {
    (EventState.DRAFT, EventAction.SUBMIT): EventState.SUBMITTED,
    (EventState.SUBMITTED, EventAction.VERIFY): EventState.VERIFIED,
    (EventState.SUBMITTED, EventAction.QUERY): EventState.QUERIED,
    (EventState.SUBMITTED, EventAction.REJECT): EventState.REJECTED,
    (EventState.SUBMITTED, EventAction.VOID_WITH_PREREQUISITE): VOIDED,
    (EventState.QUERIED, EventAction.ANSWER): EventState.SUBMITTED,
    (EventState.QUERIED, EventAction.REJECT): EventState.REJECTED,
    (EventState.QUERIED, EventAction.VOID_WITH_PREREQUISITE): VOIDED,
    (EventState.VERIFIED, EventAction.VOID): VOIDED,
    (EventState.VERIFIED, EventAction.VOID_WITH_PREREQUISITE): VOIDED,
}
