"""Made-up people for the demo: a specialist's caseload with names, jobs and support, from its CSV file."""

from __future__ import annotations

import csv
import uuid
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from django.db import transaction

from accounts.models import User
from funders.models import Programme, Service
from mhep.shared.row_security import providers_in_scope
from participants.enums import ActivityKind, ConsentKind, ReferralSource, WorkKind
from participants.models import Assignment, Participant
from participants.services.consent import give_consent
from participants.services.people import Identity, Referral, keep_identity, refer_person
from participants.services.spells import hand_over, start_person
from participants.services.support import Support, add_activity
from participants.services.work import NewJob, begin_job

VERSION = "demo"
ON_CASELOAD_FROM = date(2022, 9, 1)  # of those who came with the demo's files


@transaction.atomic
def load_caseload(programme: Programme, specialist: User, file: Path, at: datetime) -> int:
    """Put the file's people on the specialist's caseload, once; return how many were."""
    service = programme.services.get()
    if Assignment.objects.filter(participant__programme=programme).exists():
        return 0
    with file.open(encoding="utf-8", newline="") as stream, providers_in_scope([service.provider_id]):
        rows = list(csv.DictReader(stream))
        for row in rows:
            _load(row, service, specialist, at)
    return len(rows)


def _load(row: dict[str, str], service: Service, actor: User, at: datetime) -> None:
    identity = Identity(row["name"], born_on=date.fromisoformat(row["birth_date"]), phone="07700 900000")
    if row["participant"]:
        person = Participant.objects.get(programme=service.programme_id, reference=row["participant"])
        keep_identity(participant=person, identity=identity, actor=actor, at=at)
        hand_over(participant=person, specialist=actor, from_day=ON_CASELOAD_FROM, actor=actor, at=at)
    else:
        person = _refer(row, identity, service, actor, at)
    if row["employer"]:
        begins, hours = date.fromisoformat(row["job_from"]), Decimal(row["hours_per_week"])
        job = NewJob(WorkKind.WORK, row["employer"], row["role"], "", begins, hours)
        begin_job(participant=person, job=job, actor=actor, at=at)
    for kind, day in _activities(row["activities"]):
        support = Support(kind, day, uuid.uuid4())
        add_activity(participant=person, support=support, actor=actor, at=at)


def _refer(
    row: dict[str, str], identity: Identity, service: Service, actor: User, at: datetime
) -> Participant:
    """Refer somebody new; who has started has agreed to everything, the others have yet to be asked."""
    area = service.programme.areas.first()
    day = date.fromisoformat(row["referred_on"])
    referral = Referral(service, ReferralSource.TREATMENT, day, area, service.programme.cohorts.first())
    person = refer_person(identity=identity, referral=referral, actor=actor, at=at)
    if not row["started_on"]:
        hand_over(participant=person, specialist=actor, from_day=day, actor=actor, at=at)
        return person
    begins = date.fromisoformat(row["started_on"])
    start_person(participant=person, started_on=begins, specialist=actor, actor=actor, at=at)
    give_consent(
        participant=person, kinds=list(ConsentKind), version=VERSION, given_on=begins, actor=actor, at=at
    )
    return person


def _activities(text: str) -> Iterator[tuple[ActivityKind, date]]:
    for entry in text.split(";"):
        kind, _, day = entry.partition(":")
        yield ActivityKind(kind), date.fromisoformat(day)
