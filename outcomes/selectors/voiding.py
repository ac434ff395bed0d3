"""What a void takes with it (spec: outcome-rules, life of an event)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from funders.models import Programme
from outcomes.enums import EventState
from outcomes.models import OutcomeEvent
from outcomes.selectors.claims import first_open

# A draft or a rejected event counts for nothing, so it has nothing to lose.
LOSING = (EventState.SUBMITTED, EventState.QUERIED, EventState.VERIFIED)


@dataclass(frozen=True, slots=True)
class Voiding:
    """An event that a void reaches, the void date that results, and the month in which it is priced."""

    event: OutcomeEvent
    voided_on: date
    falls_in: date


def void_preview(event: OutcomeEvent, voided_on: date, programme: Programme) -> list[Voiding]:
    """
    Return what voiding ``event`` on a day would change: the event itself, then what depends on it.

    An event that is voided on that day or earlier already, or whose void was priced in a closed
    month, stays as it is. One query for each step of the chain of prerequisites.
    """
    month = first_open(voided_on, programme)
    reached = [Voiding(event, voided_on, month)]
    level = {event.pk}
    while level:
        dependants = list(
            OutcomeEvent.objects.filter(prerequisite__in=level, state__in=LOSING)
            .select_related("outcome_type", "participant")
            .order_by("outcome_date", "reference")
        )
        reached += [
            Voiding(each, voided_on, month)
            for each in dependants
            if each.voided_on is None or (each.voided_on > voided_on and _is_open(each, programme))
        ]
        level = {each.pk for each in dependants}
    return reached


def _is_open(event: OutcomeEvent, programme: Programme) -> bool:
    return event.void_falls_in is not None and event.void_falls_in >= programme.open_month
