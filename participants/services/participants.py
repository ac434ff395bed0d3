"""Taking people over from a file (spec: outcome-rules)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from audit.services import record
from funders.models import Programme, Service
from mhep.shared.copying import copy_rows
from mhep.shared.import_report import ImportReport
from mhep.shared.tables import Row, read_table
from participants.models import Participant
from participants.rules.acceptance import (
    HEADINGS,
    ParticipantRecord,
    ProgrammeScope,
    ServiceScope,
    judge_participants,
)
from participants.services.taking import Taking

COLUMNS = (
    "programme_id",
    "reference",
    "service_id",
    "area_id",
    "cohort_id",
    "referred_on",
    "started_on",
    "consented_on",
)


def import_participants(
    *, programme_id: int, content: bytes, actor: User | None, at: datetime, dry_run: bool = False
) -> ImportReport:
    """
    Store the rows of a CSV or XLSX file that keep the rules; report the others.

    :raises UnreadableTable: if the file cannot be read or lacks a heading; nothing is stored.
    """
    taking = Taking(programme_id, actor, at, dry_run=dry_run)
    return take_participants(read_table(content, HEADINGS).rows, taking)


@transaction.atomic
def take_participants(rows: Sequence[Row], taking: Taking) -> ImportReport:
    """Store the rows, with cells in the order of ``HEADINGS``, that keep the rules; report the others."""
    programme = Programme.objects.select_for_update(no_key=True).get(pk=taking.programme_id)
    stored, taken = _stored(programme, {row.cells[0] for row in rows}, taking.providers)
    judgement = judge_participants(
        taking.watched(rows), scope=_scope(programme, taking.providers), stored=stored, taken=taken
    )
    if not taking.dry_run and judgement.accepted:
        _store(programme, judgement.accepted)
        record(
            actor=taking.actor,
            action="participants.imported",
            subject=programme.code,
            at=taking.at,
            stored=len(judgement.accepted),
            left_out=len(judgement.rejections),
        )
    return ImportReport(
        len(judgement.accepted), judgement.unchanged, tuple(judgement.rejections), dry_run=taking.dry_run
    )


def services_of(programme: Programme, providers: frozenset[int] | None) -> QuerySet[Service]:
    """Return the programme's services that a file of these providers may name; ``None`` means all."""
    services = programme.services.all()
    return services if providers is None else services.filter(provider__in=providers)


def _scope(programme: Programme, providers: frozenset[int] | None) -> ProgrammeScope:
    return ProgrammeScope(
        services={
            code: ServiceScope(areas, cohorts)
            for code, areas, cohorts in services_of(programme, providers).values_list(
                "code", "areas", "cohorts"
            )
        },
        areas=set(programme.areas.values_list("code", flat=True)),
        cohorts=set(programme.cohorts.values_list("code", flat=True)),
    )


def _stored(
    programme: Programme, references: Collection[str], providers: frozenset[int] | None
) -> tuple[dict[str, ParticipantRecord], set[str]]:
    """Return who is known of these references, and which of them belong to other providers' people."""
    known = Participant.objects.filter(programme=programme, reference__in=references).values_list(
        "service__provider_id",
        "reference",
        "service__code",
        "area__code",
        "cohort__code",
        "referred_on",
        "started_on",
        "consented_on",
    )
    stored: dict[str, ParticipantRecord] = {}
    taken: set[str] = set()
    for provider, reference, service, area, cohort, *dates in known.iterator(chunk_size=10_000):
        if providers is None or provider in providers:
            stored[reference] = ParticipantRecord(reference, service, area or "", cohort or "", *dates)
        else:
            taken.add(reference)
    return stored, taken


def _store(programme: Programme, accepted: list[ParticipantRecord]) -> None:
    services = dict(programme.services.values_list("code", "pk"))
    areas = dict(programme.areas.values_list("code", "pk"))
    cohorts = dict(programme.cohorts.values_list("code", "pk"))
    copy_rows(
        "participants_participant",
        COLUMNS,
        (
            (
                programme.pk,
                person.reference,
                services[person.service],
                areas.get(person.area),
                cohorts.get(person.cohort),
                person.referred_on,
                person.started_on,
                person.consented_on,
            )
            for person in accepted
        ),
    )
