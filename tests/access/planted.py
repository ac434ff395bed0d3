"""Unmistakable words and numbers in everything that says who somebody is, for the crawl of A3."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from accounts.models import User
from mhep.shared.encryption import encrypted_fields
from mhep.shared.row_security import providers_in_scope
from participants.enums import ActivityKind, WorkKind
from participants.models import Participant
from participants.services.people import Identity, keep_identity
from participants.services.support import Support, Wishes, add_activity, keep_profile, set_goal
from participants.services.work import NewJob, begin_job

# One number for each world's person, that no price or total of the programmes is.
NUMBERS = {"ours": 7341, "beside": 8452, "foreign": 9563}
BORN = {"ours": date(1937, 3, 17), "beside": date(1938, 4, 18), "foreign": date(1939, 5, 19)}
WRITTEN = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d %B %Y", "%d %b %Y")


@dataclass(frozen=True, slots=True)
class Canaries:
    """
    What must not get out, by what it is about: the ``person`` and how they are, the ``files`` that prove
    something, and the ``words`` that the organisations of a programme write to each other about somebody.
    """

    person: frozenset[str]
    files: frozenset[str]
    words: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        return self.person | self.files | self.words


def canaries_of(tag: str) -> Canaries:
    """Return everything that is planted for one world."""
    number, born = NUMBERS[tag], BORN[tag]
    days = {born.strftime(form) for form in WRITTEN}
    days |= {day.lstrip("0") for day in days}
    marks = {f"Zq{tag}{name}" for name in (*_TEXTS, "Name", "Preferred")}
    reach = {f"zq{tag}@example.org", f"07700 90{number}", f"{number:,}.97"}
    return Canaries(
        person=frozenset(marks | days | reach),
        files=frozenset({file_name(tag)}),
        words=frozenset({reason(tag)}),
    )


_TEXTS = (
    *("Contact", "Wanted", "Strengths", "Travel", "Support", "Preferences"),
    *("Employer", "Role", "Activity", "Goal"),
)


def file_name(tag: str) -> str:
    return f"Zq{tag}Payslip.pdf"


def reason(tag: str) -> str:
    return f"Zq{tag}Reason"


def plant(participant: Participant, tag: str, actor: User, at: datetime) -> None:
    """Fill every encrypted field about the participant; the file and the reason are for the worlds."""
    text = {name: f"Zq{tag}{name}" for name in (*_TEXTS, "Name", "Preferred")}
    by: dict[str, Any] = {"participant": participant, "actor": actor, "at": at}
    number, today = NUMBERS[tag], at.date()
    identity = Identity(
        name=text["Name"],
        preferred_name=text["Preferred"],
        born_on=BORN[tag],
        phone=f"07700 90{number}",
        email=f"zq{tag}@example.org",
        contact_notes=text["Contact"],
    )
    wishes = Wishes(*(text[name] for name in _TEXTS[1:6]))
    job = NewJob(WorkKind.WORK, text["Employer"], text["Role"], f"{number:,}.97 a month", today)
    with providers_in_scope([participant.service.provider_id]):
        keep_identity(identity=identity, **by)
        keep_profile(wishes=wishes, discussed_on=today, **by)
        begin_job(job=job, **by)
        add_activity(support=Support(ActivityKind.CONTACT, today, uuid4(), text["Activity"]), **by)
        set_goal(text=text["Goal"], set_on=today, **by)


def not_planted(participant: Participant, tag: str) -> list[str]:
    """Return the encrypted fields about people in which nothing of :func:`canaries_of` stands."""
    marks = canaries_of(tag).person
    with providers_in_scope([participant.service.provider_id]):
        return [
            str(field)
            for model, field in encrypted_fields()
            if model._meta.app_label == "participants"
            and not any(
                mark in str(getattr(row, field.attname))
                for row in model._default_manager.filter(participant=participant)
                for mark in marks
            )
        ]
