"""Taking people over from a file (spec: outcome-rules)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.services import record
from funders.models import Programme
from mhep.shared.copying import copy_rows
from mhep.shared.import_report import ImportReport
from mhep.shared.tables import read_table
from participants.models import Participant
from participants.rules.acceptance import (
    HEADINGS,
    ParticipantRecord,
    ProgrammeScope,
    ServiceScope,
    judge_participants,
)

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


@transaction.atomic
def import_participants(
    *, programme_id: int, content: bytes, actor: User | None, at: datetime, dry_run: bool = False
) -> ImportReport:
    """
    Store the rows of a CSV or XLSX file that keep the rules; report the others.

    :raises UnreadableTable: if the file cannot be read or lacks a heading; nothing is stored.
    """
    rows = read_table(content, HEADINGS).rows
    programme = Programme.objects.select_for_update(no_key=True).get(pk=programme_id)
    judgement = judge_participants(
        rows, scope=_scope(programme), stored=_stored(programme, [row.cells[0] for row in rows])
    )
    if not dry_run and judgement.accepted:
        _store(programme, judgement.accepted)
        record(
            actor=actor,
            action="participants.imported",
            subject=programme.code,
            at=at,
            stored=len(judgement.accepted),
            left_out=len(judgement.rejections),
        )
    return ImportReport(
        len(judgement.accepted), judgement.unchanged, tuple(judgement.rejections), dry_run=dry_run
    )


def _scope(programme: Programme) -> ProgrammeScope:
    return ProgrammeScope(
        services={
            code: ServiceScope(areas, cohorts)
            for code, areas, cohorts in programme.services.values_list("code", "areas", "cohorts")
        },
        areas=set(programme.areas.values_list("code", flat=True)),
        cohorts=set(programme.cohorts.values_list("code", flat=True)),
    )


def _stored(programme: Programme, references: list[str]) -> dict[str, ParticipantRecord]:
    known = Participant.objects.filter(programme=programme, reference__in=set(references)).values_list(
        "reference",
        "service__code",
        "area__code",
        "cohort__code",
        "referred_on",
        "started_on",
        "consented_on",
    )
    return {
        reference: ParticipantRecord(reference, service, area or "", cohort or "", *dates)
        for reference, service, area, cohort, *dates in known.iterator(chunk_size=10_000)
    }


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
