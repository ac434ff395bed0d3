"""Where people stand on the outcomes that are worked out from periods of work (spec: sustainment)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Min, QuerySet

from funders.models import OutcomeType, Programme
from funders.rules.definition import SustainmentDefinition
from funders.selectors import sustainment_of
from outcomes.enums import EventState
from outcomes.models import OutcomeEvent
from outcomes.rules.sustainment import Clock, clock_at
from participants.models import Participant, WorkPeriod
from participants.rules.work import WorkRecord

HEADINGS = ("participant", "outcome", "state", "days", "date")


@dataclass(frozen=True, slots=True)
class PersonsClock:
    """The clock of one person for one outcome type, both by key and by what people call them."""

    participant_id: int
    participant: str
    outcome_type_id: int
    outcome: str
    clock: Clock


def clock_of(participant: Participant, outcome_type: OutcomeType, as_of: date) -> Clock | None:
    """
    Return where the person stands on the outcome by what is known on a day.

    There is no clock where the outcome is not worked out from periods of work, or where it
    requires another that the person does not have. Without any period the clock is idle.
    """
    terms = sustainment_of(outcome_type)
    if terms is None:
        return None
    not_before: date | None = None
    if outcome_type.requires_id is not None:
        events = live_events().filter(participant=participant, outcome_type=outcome_type.requires_id)
        not_before = events.aggregate(earliest=Min("outcome_date"))["earliest"]
        if not_before is None:
            return None
    records = [record for _, record in WorkPeriod.objects.filter(participant=participant).records()]
    return clock_at(records, terms, as_of=as_of, not_before=not_before)


def clocks_of(
    programme: Programme, as_of: date, people: QuerySet[Participant] | None = None
) -> Iterator[PersonsClock]:
    """
    Yield every clock of the programme's people, or of some of them, who have a period of work.

    One that begins after ``as_of`` is enough. They are sorted by participant, then outcome, by code
    point. The number of queries does not depend on how many there are.
    """
    types = _timed_types(programme)
    starts = _earliest_events(programme, {required for _, _, required, _ in types if required})
    for participant_id, records in _records_by_person(programme, people):
        for outcome_type_id, outcome, required, terms in types:
            not_before = starts.get((participant_id, required)) if required else None
            if required is None or not_before is not None:
                yield PersonsClock(
                    participant_id,
                    records[0].participant,
                    outcome_type_id,
                    outcome,
                    clock_at(records, terms, as_of=as_of, not_before=not_before),
                )


def sustainment_csv(programme: Programme, as_of: date) -> str:
    """Return ``participant,outcome,state,days,date`` of every clock of the programme."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(HEADINGS)
    writer.writerows(
        (each.participant, each.outcome, each.clock.state, each.clock.days, each.clock.outcome_date or "")
        for each in clocks_of(programme, as_of)
    )
    return stream.getvalue()


def live_events() -> QuerySet[OutcomeEvent]:
    """Return the events that were accepted, verified or not, and are voided at no date."""
    return OutcomeEvent.objects.filter(voided_on__isnull=True).exclude(
        state__in=[EventState.DRAFT, EventState.REJECTED]
    )


def _timed_types(programme: Programme) -> list[tuple[int, str, int | None, SustainmentDefinition]]:
    types = programme.outcome_types.filter(sustainment__isnull=False).select_related("sustainment")
    found = [(kind.pk, kind.code, kind.requires_id, sustainment_of(kind)) for kind in types]
    return sorted(
        ((key, code, required, terms) for key, code, required, terms in found if terms is not None),
        key=lambda kind: kind[1],
    )


def _earliest_events(programme: Programme, types: set[int]) -> dict[tuple[int, int | None], date]:
    events = live_events().filter(programme=programme, outcome_type__in=types).order_by()
    earliest = events.values_list("participant_id", "outcome_type_id").annotate(Min("outcome_date"))
    return {(person, kind): day for person, kind, day in earliest.iterator(chunk_size=10_000)}


def _records_by_person(
    programme: Programme, people: QuerySet[Participant] | None
) -> list[tuple[int, list[WorkRecord]]]:
    periods = WorkPeriod.objects.filter(participant__programme=programme)
    if people is not None:
        periods = periods.filter(participant__in=people)
    records: dict[int, list[WorkRecord]] = {}
    for participant_id, record in periods.records():
        records.setdefault(participant_id, []).append(record)
    return sorted(records.items(), key=lambda person: person[1][0].participant)
