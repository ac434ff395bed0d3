"""Taking outcome events over from a file (spec: outcome-rules)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction

from accounts.models import User
from audit.services import acting, record
from funders.enums import OncePer
from funders.models import OutcomeType, Programme
from mhep.shared.copying import copy_rows, reserve_keys
from mhep.shared.import_report import ImportReport
from mhep.shared.tables import Row, read_table
from outcomes.enums import EventState
from outcomes.rules.acceptance import (
    HEADINGS,
    AcceptedEvent,
    Claim,
    Person,
    StoredEvent,
    judge_events,
)
from outcomes.selectors.claims import first_open, rules_of_types, types_of
from participants.models import Participant
from participants.selectors.placements import earlier_placements, service_of
from participants.services.taking import Taking

TABLE = "outcomes_outcomeevent"
COLUMNS = (
    "id",
    "programme_id",
    "reference",
    "participant_id",
    "service_id",
    "outcome_type_id",
    "outcome_date",
    "hours_per_week",
    "job",
    "evidence",
    "state",
    "prerequisite_id",
    "submitted_on",
    "submitted_by_id",
    "verified_on",
    "falls_in",
    "own_voided_on",
    "voided_on",
    "void_falls_in",
    "void_reason",
    "once_key",
)
_SUBMITTED_ON = HEADINGS.index("submitted_on")
PEOPLE = """
    SELECT p.reference, p.id, p.service_id, p.started_on, p.consented_on FROM participants_participant p
    JOIN funders_service s ON s.id = p.service_id
    WHERE p.programme_id = %(programme)s AND p.reference = ANY(%(people)s)
        AND (%(providers)s::bigint[] IS NULL OR s.provider_id = ANY(%(providers)s))
"""
STORED = """
    SELECT e.id, e.reference, p.reference, t.code, e.outcome_date, e.hours_per_week, e.job, e.evidence,
        e.submitted_on, e.verified_on, e.own_voided_on, e.voided_on, e.state
    FROM outcomes_outcomeevent e
    JOIN participants_participant p ON p.id = e.participant_id
    JOIN funders_outcometype t ON t.id = e.outcome_type_id
    WHERE e.id IN (
        SELECT id FROM outcomes_outcomeevent
            WHERE programme_id = %(programme)s AND reference = ANY(%(references)s)
        UNION
        SELECT id FROM outcomes_outcomeevent WHERE participant_id = ANY(%(people)s)
    )
"""


class _Known(NamedTuple):
    """A participant whom a file names: the key, the service now, and what the rules need."""

    key: int
    service_id: int
    person: Person


def import_outcomes(
    *, programme_id: int, content: bytes, actor: User | None, at: datetime, dry_run: bool = False
) -> ImportReport:
    """
    Store the rows of a CSV or XLSX file that keep the rules; report the others.

    Rows with a verification date bring history over from elsewhere; the caller has made sure that
    ``actor`` may verify.

    :raises UnreadableTable: if the file cannot be read or lacks a heading; nothing is stored.
    """
    taking = Taking(programme_id, actor, at, dry_run=dry_run)
    return take_outcomes(read_table(content, HEADINGS).rows, taking)


@transaction.atomic
def take_outcomes(rows: Sequence[Row], taking: Taking) -> ImportReport:
    """
    Store the rows, whose cells stand in the order of ``HEADINGS``, that keep the rules; report the others.

    In a file about some providers' people, and in rows that are no file, the submission is
    ``taking.submitted_on``, whatever a row says; of an event that is stored already it stays what it was.
    """
    programme = Programme.objects.select_for_update(no_key=True).get(pk=taking.programme_id)
    people = _people(programme, {row.cells[1] for row in rows}, taking.providers)
    stored, taken = _stored(programme, {row.cells[0] for row in rows}, people, taking.providers)
    if taking.providers is not None or not taking.is_file:
        rows = _submitted(rows, taking, stored)
    kinds = types_of(programme)
    rules = rules_of_types(kinds)
    judgement = judge_events(
        taking.watched(rows),
        rules=rules,
        people={reference: each.person for reference, each in people.items()},
        stored=(event for _, event in stored),
        taken=taken,
    )
    if not taking.dry_run and judgement.accepted:
        keys = {event.claim.reference: key for key, event in stored}
        with acting(taking.actor, reason="import" if taking.is_file else ""):
            types = {kind.code: kind for kind in kinds}
            _store(programme, types, people, keys, judgement.accepted, taking.actor)
        record(
            actor=taking.actor,
            action="outcomes.imported" if taking.is_file else "outcomes.logged",
            subject=programme.code,
            at=taking.at,
            stored=len(judgement.accepted),
            left_out=len(judgement.rejections),
        )
    return ImportReport(
        len(judgement.accepted),
        judgement.unchanged,
        tuple(judgement.rejections),
        dry_run=taking.dry_run,
        references=frozenset(event.claim.reference for event in judgement.accepted),
    )


def _submitted(rows: Sequence[Row], taking: Taking, stored: list[tuple[int, StoredEvent]]) -> list[Row]:
    """Write the day of submission into each row, and take out what only the operator brings over."""
    known = {event.claim.reference: event.claim for _, event in stored}
    dated = []
    for row in rows:
        claim = known.get(row.cells[0])
        day = claim.submitted_on if claim else taking.submitted_on
        told = (
            day.isoformat() if day else "",
            claim.verified_on.isoformat() if claim and claim.verified_on else "",
            claim.own_voided_on.isoformat() if claim and claim.own_voided_on else "",
        )
        dated.append(Row(row.number, row.cells[:_SUBMITTED_ON] + told, row.fault))
    return dated


def _people(
    programme: Programme, references: set[str], providers: frozenset[int] | None
) -> dict[str, _Known]:
    with connection.cursor() as cursor:
        cursor.execute(
            PEOPLE,
            {
                "programme": programme.pk,
                "people": list(references),
                "providers": None if providers is None else list(providers),
            },
        )
        return {
            reference: _Known(key, service_id, Person(started_on, consented_on))
            for reference, key, service_id, started_on, consented_on in cursor.fetchall()
        }


def _stored(
    programme: Programme,
    references: set[str],
    people: dict[str, _Known],
    providers: frozenset[int] | None,
) -> tuple[list[tuple[int, StoredEvent]], set[str]]:
    """Return the events to judge by, each with its key, and the references that others' people have taken."""
    stored = _events(programme, references, [each.key for each in people.values()])
    if providers is None:
        return stored, set()
    own = Participant.objects.filter(
        programme=programme,
        service__provider__in=providers,
        reference__in={event.claim.participant for _, event in stored},
    )
    names = set(own.values_list("reference", flat=True))
    taken = {event.claim.reference for _, event in stored if event.claim.participant not in names}
    return [pair for pair in stored if pair[1].claim.reference not in taken], taken


def _events(programme: Programme, references: set[str], people: list[int]) -> list[tuple[int, StoredEvent]]:
    with connection.cursor() as cursor:
        cursor.execute(STORED, {"programme": programme.pk, "references": list(references), "people": people})
        return [
            (
                key,
                StoredEvent(
                    Claim(
                        reference=reference,
                        participant=participant,
                        outcome=outcome,
                        outcome_date=outcome_date,
                        hours=hours,
                        job=job,
                        evidence=frozenset(evidence),
                        submitted_on=submitted_on,
                        verified_on=verified_on,
                        own_voided_on=own_voided_on,
                    ),
                    voided_on=voided_on,
                    counts=state not in (EventState.DRAFT, EventState.REJECTED),
                ),
            )
            for (
                key,
                reference,
                participant,
                outcome,
                outcome_date,
                hours,
                job,
                evidence,
                submitted_on,
                verified_on,
                own_voided_on,
                voided_on,
                state,
            ) in cursor.fetchall()
        ]


def _store(
    programme: Programme,
    types: dict[str, OutcomeType],
    people: dict[str, _Known],
    keys: dict[str, int],
    accepted: list[AcceptedEvent],
    actor: User | None,
) -> None:
    moved = earlier_placements(each.key for each in people.values())
    new_keys = reserve_keys(TABLE, len(accepted))
    keys = keys | {event.claim.reference: key for event, key in zip(accepted, new_keys, strict=True)}

    def values() -> Iterator[tuple[object, ...]]:
        for event in accepted:
            claim = event.claim
            person = people[claim.participant]
            verified = claim.verified_on is not None
            yield (
                keys[claim.reference],
                programme.pk,
                claim.reference,
                person.key,
                service_of(person.key, person.service_id, claim.outcome_date, moved),
                types[claim.outcome].pk,
                claim.outcome_date,
                claim.hours,
                claim.job,
                tuple(sorted(claim.evidence)),
                EventState.VERIFIED.value if verified else EventState.SUBMITTED.value,
                keys[event.prerequisite] if event.prerequisite else None,
                claim.submitted_on,
                actor.pk if actor and not verified else None,
                claim.verified_on,
                first_open(claim.verified_on, programme) if claim.verified_on else None,
                claim.own_voided_on,
                event.voided_on,
                first_open(event.voided_on, programme) if event.voided_on else None,
                "",
                claim.job if types[claim.outcome].once_per == OncePer.JOB else "",
            )

    copy_rows(TABLE, COLUMNS, values())
