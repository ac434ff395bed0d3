"""Taking periods of work and education over from a file (spec: sustainment, Jobs)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction

from accounts.models import User
from audit.services import record
from funders.models import Programme
from mhep.shared.copying import copy_rows
from mhep.shared.import_report import ImportReport
from mhep.shared.tables import Row, read_table
from participants.models import Participant, WorkPeriod
from participants.rules.work import HEADINGS, WorkRecord, judge_work
from participants.services.taking import Taking

TABLE = "participants_workperiod"
COLUMNS = ("participant_id", "job", "kind", "starts_on", "ends_on", "hours_per_week")
CLOSE = """
    UPDATE participants_workperiod held SET ends_on = told.ends_on
    FROM unnest(%s::bigint[], %s::text[], %s::date[], %s::date[])
        AS told (participant_id, job, starts_on, ends_on)
    WHERE held.participant_id = told.participant_id AND held.job = told.job
        AND held.starts_on = told.starts_on AND held.ends_on IS NULL
"""


def import_jobs(
    *, programme_id: int, content: bytes, actor: User | None, at: datetime, dry_run: bool = False
) -> ImportReport:
    """
    Store the rows of a CSV or XLSX file that keep the rules; report the others.

    A row that ends a stored period counts as stored.

    :raises UnreadableTable: if the file cannot be read or lacks a heading; nothing is stored.
    """
    taking = Taking(programme_id, actor, at, dry_run=dry_run)
    return take_jobs(read_table(content, HEADINGS).rows, taking)


@transaction.atomic
def take_jobs(rows: Sequence[Row], taking: Taking) -> ImportReport:
    """Store the rows, with cells in the order of ``HEADINGS``, that keep the rules; report the others."""
    programme = Programme.objects.select_for_update(no_key=True).get(pk=taking.programme_id)
    known = Participant.objects.filter(programme=programme, reference__in={row.cells[0] for row in rows})
    if taking.providers is not None:
        known = known.filter(service__provider__in=taking.providers)
    people = dict(known.values_list("reference", "pk"))
    stored = WorkPeriod.objects.filter(participant__in=people.values()).records()
    judgement = judge_work(taking.watched(rows), people=people, stored=(period for _, period in stored))
    taken = len(judgement.accepted) + len(judgement.closed)
    if taken and not taking.dry_run:
        _close(judgement.closed, people)  # before what may begin on the next day
        _store(judgement.accepted, people)
        record(
            actor=taking.actor,
            action="jobs.imported",
            subject=programme.code,
            at=taking.at,
            stored=len(judgement.accepted),
            closed=len(judgement.closed),
            left_out=len(judgement.rejections),
        )
    return ImportReport(taken, judgement.unchanged, tuple(judgement.rejections), dry_run=taking.dry_run)


def _close(ended: list[WorkRecord], people: dict[str, int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            CLOSE,
            [
                [people[period.participant] for period in ended],
                [period.job for period in ended],
                [period.starts_on for period in ended],
                [period.ends_on for period in ended],
            ],
        )


def _store(accepted: Iterable[WorkRecord], people: dict[str, int]) -> None:
    copy_rows(
        TABLE,
        COLUMNS,
        (
            (
                people[period.participant],
                period.job,
                period.kind.upper(),
                period.starts_on,
                period.ends_on,
                period.hours,
            )
            for period in accepted
        ),
    )
