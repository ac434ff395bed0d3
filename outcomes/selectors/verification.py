"""What waits for a verifier, and what a verifier looks at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from accounts.models import User
from funders.models import Programme
from outcomes.enums import EventState
from outcomes.models import EventStep, OutcomeEvent
from outcomes.rules.acceptance import OutcomeRule
from outcomes.rules.checks import Case, Check, Doubt, checks_of, doubts_of
from outcomes.selectors.claims import claim_of, events_of_people, held_beside, person_of, rules_of
from outcomes.selectors.events import events_to_see

WRITTEN = (EventState.DRAFT, EventState.SUBMITTED)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event of the queue: how long it waits, what is doubtful, and whether the reader wrote it."""

    event: OutcomeEvent
    days: int
    doubts: tuple[Doubt, ...]
    is_own: bool


@dataclass(frozen=True, slots=True)
class Assessment:
    """One event put against the rules, with the person's other events, the newest first."""

    checks: tuple[Check, ...]
    doubts: tuple[Doubt, ...]
    others: tuple[OutcomeEvent, ...]
    is_own: bool


def waiting_count(user: User, programme: Programme) -> int:
    """Return how many submitted events the user could look at; those that are queried wait for others."""
    events = OutcomeEvent.objects.visible_to(user).filter(programme=programme)
    return events.waiting().filter(state=EventState.SUBMITTED).count()


def waiting_events(user: User, programme: Programme, today: date) -> list[Waiting]:
    """Return the queue, the longest waiting first, in a number of queries that does not grow with it."""
    events = list(events_to_see(user, programme).waiting().order_by("submitted_on", "reference"))
    own = _written_by(user, events)
    rules = rules_of(programme)
    people = events_of_people({event.participant_id for event in events})
    queried = _ever_queried(events)
    return [
        Waiting(
            event,
            (today - event.submitted_on).days,
            tuple(_doubts(_case(event, rules, people[event.participant_id]), event.pk in queried)),
            event.pk in own,
        )
        for event in events
    ]


def assess(event: OutcomeEvent, user: User, programme: Programme) -> Assessment:
    """Put one event against the rules as things stand now, in a fixed number of queries."""
    others = events_of_people([event.participant_id])[event.participant_id]
    case = _case(event, rules_of(programme), others)
    return Assessment(
        checks=tuple(checks_of(case)),
        doubts=tuple(_doubts(case, bool(_ever_queried([event])))),
        others=tuple(other for other in reversed(others) if other.pk != event.pk),
        is_own=wrote(user, event),
    )


def wrote(user: User, event: OutcomeEvent) -> bool:
    """Tell whether the user submitted or edited the event at any time."""
    return bool(_written_by(user, [event]))


def took_part(user: User, events: QuerySet[OutcomeEvent]) -> bool:
    """Tell whether the user claimed, edited or verified any of the events."""
    done = (*WRITTEN, EventState.VERIFIED)
    steps = EventStep.objects.filter(event__in=events.values("pk"), actor=user, to_state__in=done)
    return steps.exists() or events.filter(Q(submitted_by=user) | Q(verified_by=user)).exists()


def _written_by(user: User, events: Sequence[OutcomeEvent]) -> set[int]:
    steps = EventStep.objects.filter(event__in=events, actor=user, to_state__in=WRITTEN)
    return set(steps.values_list("event_id", flat=True)) | {
        event.pk for event in events if event.submitted_by_id == user.pk
    }


def _ever_queried(events: Iterable[OutcomeEvent]) -> set[int]:
    steps = EventStep.objects.filter(event__in=list(events), to_state=EventState.QUERIED)
    return set(steps.values_list("event_id", flat=True))


def _case(event: OutcomeEvent, rules: Mapping[str, OutcomeRule], of_person: Sequence[OutcomeEvent]) -> Case:
    earlier = next((other for other in of_person if other.pk == event.prerequisite_id), None)
    return Case(
        claim=claim_of(event),
        rule=rules[event.outcome_type.code],
        person=person_of(event.participant),
        held=held_beside(event, of_person),
        prerequisite=claim_of(earlier) if earlier else None,
    )


def _doubts(case: Case, was_queried: bool) -> list[Doubt]:  # noqa: FBT001
    doubts = doubts_of(case)
    return [*doubts, Doubt.QUERIED] if was_queried else doubts
