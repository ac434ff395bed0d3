"""Who saw what about a person that is not for everybody: names that were read, evidence handed out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mhep.shared.sheets import Sheet
from outcomes.models import EvidenceView
from outcomes.selectors.evidence import all_evidence
from participants.models import AccessLog, Participant


@dataclass(frozen=True, slots=True)
class Reading:
    """One look: when, by whom, at what, and why, where a reason was asked for."""

    at: datetime
    reader: str
    what: str
    reason: str


def readings_of(participant: Participant, since: datetime, until: datetime) -> list[Reading]:
    """
    Return who saw the person's name or evidence from ``since`` until before ``until``, the earliest first.

    What the staff of the provider that helps the person see of them in their daily work is not logged.
    """
    names = AccessLog.objects.filter(participant=participant, read_at__gte=since, read_at__lt=until)
    found = [
        Reading(each.read_at, each.reader.email, "name and contact details", each.reason)
        for each in names.select_related("reader")
    ]
    with all_evidence():
        views = EvidenceView.objects.filter(
            file__participant=participant, viewed_at__gte=since, viewed_at__lt=until
        )
        found += [
            Reading(each.viewed_at, each.viewer.email, f"evidence {each.file.key}", "")
            for each in views.select_related("viewer", "file")
        ]
    return sorted(found, key=lambda each: (each.at, each.reader, each.what))


def reading_sheet(readings: list[Reading]) -> Sheet:
    """Return readings as a table, times in UTC."""
    rows = [(f"{each.at:%Y-%m-%d %H:%M:%S}", each.reader, each.what, each.reason) for each in readings]
    return Sheet("Readings", ("At (UTC)", "Who", "What", "Why"), rows)
