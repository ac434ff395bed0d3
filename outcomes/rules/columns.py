"""The columns of the file of outcomes, for people who make it."""

from __future__ import annotations

from mhep.shared.columns import EXAMPLE, Column, Holds

OUTCOMES = (
    Column(
        "event",
        "The reference of this outcome, which you choose",
        EXAMPLE,
        is_required=True,
        synonyms=("event reference", "event id", "outcome reference", "outcome id", "claim", "claim id"),
    ),
    Column(
        "participant",
        "Whose outcome it is",
        "P-001",
        is_required=True,
        synonyms=("participant reference", "participant id", "client", "client id", "person"),
    ),
    Column(
        "outcome",
        "The code of the outcome",
        "",
        is_required=True,
        synonyms=("outcome code", "outcome type", "type"),
    ),
    Column(
        "outcome_date",
        "When it happened",
        "2026-05-04",
        Holds.DAY,
        is_required=True,
        synonyms=("date", "date of outcome", "achieved on", "happened on"),
    ),
    Column(
        "hours_per_week",
        "Hours a week, such as 16 or 37.5",
        "20",
        Holds.NUMBER,
        synonyms=("hours", "weekly hours", "hours a week", "hrs"),
    ),
    Column("job", "A word for the job, never the employer", "A", synonyms=("job id",)),
    Column(
        "evidence",
        "Kinds of evidence, parted by ;",
        "",
        synonyms=("evidence kinds", "proof", "evidence held"),
    ),
    Column(
        "submitted_on",
        "When the provider submitted it",
        "2026-05-20",
        Holds.DAY,
        is_required=True,
        synonyms=("submission date", "date submitted", "submitted"),
    ),
    Column(
        "verified_on",
        "Only for history from another system",
        "",
        Holds.DAY,
        synonyms=("verification date", "date verified", "verified"),
    ),
    Column(
        "voided_on", "Only for history from another system", "", Holds.DAY, synonyms=("void date", "voided")
    ),
)
# A provider's file says what was achieved; when it was submitted is the day on which the file comes.
CLAIMED = OUTCOMES[:7]
# Where to look in a row that breaks a rule; a value that cannot be read is named in the message.
PLACES = {
    "duplicate_event": ("event",),
    "unknown_participant": ("participant",),
    "unknown_outcome": ("outcome",),
    "before_start": ("outcome_date",),
    "in_the_future": ("outcome_date", "submitted_on"),
    "no_consent": ("submitted_on",),
    "outside_window": ("outcome_date",),
    "late_submission": ("outcome_date", "submitted_on"),
    "verified_before_submission": ("submitted_on", "verified_on"),
    "already_claimed": ("outcome",),
    "missing_prerequisite": ("outcome",),
    "too_soon": ("outcome_date",),
    "hours_missing": ("hours_per_week",),
    "hours_below_minimum": ("hours_per_week",),
    "evidence_missing": ("evidence",),
}
