"""The columns of the files of participants and of jobs, for people who make them."""

from __future__ import annotations

from mhep.shared.columns import EXAMPLE, Column, Holds

_PERSON = ("participant reference", "participant id", "client", "client id", "reference", "ref", "person")
_HOURS = ("hours", "weekly hours", "hours a week", "hours per week", "hrs")

PARTICIPANTS = (
    Column("participant", "The reference that you chose", EXAMPLE, is_required=True, synonyms=_PERSON),
    Column(
        "service", "The code of the service", "", is_required=True, synonyms=("service code", "team", "site")
    ),
    Column("area", "The code of where the person lives", "", synonyms=("area code", "borough", "council")),
    Column("cohort", "The code of the person’s group", "", synonyms=("cohort code", "group", "client group")),
    Column(
        "referred_on",
        "The day of the referral",
        "2026-04-02",
        Holds.DAY,
        synonyms=("referral date", "date of referral", "date referred", "referred"),
    ),
    Column(
        "started_on",
        "The day on which support began",
        "2026-04-06",
        Holds.DAY,
        synonyms=("start date", "date started", "date of start", "started", "programme start"),
    ),
    Column(
        "consented_on",
        "The day of consent",
        "2026-04-06",
        Holds.DAY,
        synonyms=("consent date", "date of consent", "consented", "consent"),
    ),
)
JOBS = (
    Column("participant", "Whose job it is", EXAMPLE, is_required=True, synonyms=_PERSON),
    Column("job", "A word for the job, never the employer", "A", is_required=True, synonyms=("job id",)),
    Column("kind", "work or education", "work", is_required=True, synonyms=("type", "job type")),
    Column(
        "from",
        "The first day",
        "2026-05-04",
        Holds.DAY,
        is_required=True,
        synonyms=("start", "start date", "first day", "job start", "date from"),
    ),
    Column(
        "to",
        "The last day; empty while it goes on",
        "",
        Holds.DAY,
        synonyms=("end", "end date", "last day", "job end", "date to"),
    ),
    Column("hours_per_week", "Hours a week, such as 16 or 37.5", "20", Holds.NUMBER, synonyms=_HOURS),
)
# Where to look in a row that breaks a rule; a value that cannot be read is named in the message.
PLACES = {
    "duplicate_participant": ("participant",),
    "unknown_participant": ("participant",),
    "unknown_service": ("service",),
    "unknown_area": ("area",),
    "unknown_cohort": ("cohort",),
    "area_not_served": ("area",),
    "cohort_not_served": ("cohort",),
    "start_before_referral": ("referred_on", "started_on"),
    "duplicate_row": ("participant",),
    "overlap": ("from", "to"),
}
