"""What a provider sees of the outcomes that its people logged: a list, each with its life in words, news."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q

from accounts.models import User
from funders.access import is_operators
from funders.models import Programme
from mhep.shared.sheets import Sheet
from outcomes.enums import STATES, VOIDED, EventState
from outcomes.models import EventQuery, EventStep, OutcomeEvent, OutcomeEventQuerySet
from participants.models import Participant, Person
from providers.models import ProviderMember

NEWS_FOR = timedelta(days=28)
MOST_NEWS = 20
DECIDED = (EventState.VERIFIED, EventState.QUERIED, EventState.REJECTED, VOIDED)
LISTED = {state: STATES[state] for state in STATES if state != EventState.DRAFT}
HEADINGS = (
    "Outcome",
    "Reference",
    "Participant",
    "Service",
    "Outcome date",
    "Submitted on",
    "State",
    "Verified on",
    "Voided on",
)
WORDS: Mapping[tuple[str, str], str] = {
    ("", EventState.SUBMITTED): "Submitted",
    (EventState.DRAFT, EventState.SUBMITTED): "Submitted",
    (EventState.QUERIED, EventState.SUBMITTED): "Answered, and waiting to be verified again",
    (EventState.SUBMITTED, EventState.QUERIED): "Sent back with a question",
}


@dataclass(frozen=True, slots=True)
class TalkStep:
    """One step of an outcome's life, as its provider reads it; ``by`` names colleagues only."""

    title: str
    at: datetime
    by: str
    said: str


@dataclass(frozen=True, slots=True)
class News:
    """What became of an outcome, and has not been seen; ``name`` is empty where it is not to be shown."""

    step: int
    event: OutcomeEvent
    state: str
    at: datetime
    name: str


def outcomes_of(user: User, programme: Programme) -> OutcomeEventQuerySet:
    """Return the programme's outcomes to its operator, those of their services to others; latest first."""
    events = OutcomeEvent.objects.filter(programme=programme)
    seen = events if is_operators(user, programme) else events.of_providers(user)
    return seen.select_related("participant", "service", "outcome_type").order_by("-submitted_on", "-pk")


def in_state(events: OutcomeEventQuerySet, state: str) -> OutcomeEventQuerySet:
    """Return those in one of the listed states; a void counts before the state under it."""
    if state == VOIDED:
        return events.filter(voided_on__isnull=False)
    return events.filter(state=state, voided_on__isnull=True) if state in LISTED else events


def outcome_sheet(events: OutcomeEventQuerySet) -> Sheet:
    """Return outcomes as a table, by references only."""
    return Sheet(
        "Outcomes",
        HEADINGS,
        [
            (
                event.outcome_type.name,
                event.reference,
                event.participant.reference,
                event.service.name,
                event.outcome_date,
                event.submitted_on,
                STATES[VOIDED if event.voided_on else event.state],
                event.verified_on or "",
                event.voided_on or "",
            )
            for event in events
        ],
    )


def life_as_told(event: OutcomeEvent, user: User) -> list[TalkStep]:
    """Return the steps of the event's life, the newest first; the operator's people are not named."""
    names = _names_told(event, user)
    steps = event.steps.order_by("-at", "-pk")
    return [
        TalkStep(
            title=_title(step),
            at=step.at,
            by=names.get(step.actor_id, event.service.provider.name) if step.actor_id else "",
            said=step.reason if step.reason != "import" else "",
        )
        for step in steps
    ]


def questions_about(event: OutcomeEvent) -> list[EventQuery]:
    """Return the questions about the event with their answers, the newest first."""
    return list(event.queries.select_related("answered_by").order_by("-asked_at", "-pk"))


def names_among(user: User, events: list[OutcomeEvent]) -> dict[int, str]:
    """Return what people of the events want to be called, if the user helps them; needs ``own_people``."""
    persons = Person.objects.visible_to(user).filter(participant__in={each.participant_id for each in events})
    return {person.pk: person.called for person in persons}


def news_for(user: User, at: datetime, *, whole_team: bool) -> list[News]:
    """
    Return what was decided about outcomes in four weeks and not seen, the newest first; needs ``own_people``.

    A specialist's are those that they logged or that are of their caseload, a manager's those of the team.
    """
    events = OutcomeEvent.objects.to_providers(user)
    if not whole_team:
        own = Participant.objects.filter(assignments__specialist=user, assignments__ends_before__isnull=True)
        events = events.filter(Q(submitted_by=user) | Q(participant__in=own))
    steps = (
        EventStep.objects.filter(event__in=events, to_state__in=DECIDED, at__gt=at - NEWS_FOR)
        .filter(Q(to_state=F("event__state"), event__voided_on__isnull=True) | Q(to_state=VOIDED))
        .exclude(from_state="")
        .exclude(actor=user)
        .exclude(seen__user=user)
        .select_related("event__participant", "event__outcome_type", "event__programme")
        .order_by("-at", "-pk")
    )
    found = list(steps[:MOST_NEWS])
    names = names_among(user, [step.event for step in found])
    return [
        News(step.pk, step.event, step.to_state, step.at, names.get(step.event.participant_id, ""))
        for step in found
    ]


def steps_to_see(user: User, steps: set[int]) -> list[int]:
    """Return those of the steps that are of events which the user's own providers see."""
    events = OutcomeEvent.objects.to_providers(user)
    return list(EventStep.objects.filter(pk__in=steps, event__in=events).values_list("pk", flat=True))


def _names_told(event: OutcomeEvent, user: User) -> Mapping[int, str]:
    """Return what people are called to the user: colleagues by name, the operator's people by its name."""
    operator = event.programme.operator
    providers = ProviderMember.objects.of(user).values("provider")
    colleagues = ProviderMember.objects.filter(provider__in=providers).select_related("user")
    return {
        **dict.fromkeys(operator.members.values_list("user", flat=True), operator.name),
        **{member.user_id: member.user.name for member in colleagues},
    }


def _title(step: EventStep) -> str:
    return WORDS.get((step.from_state, step.to_state), STATES[step.to_state])
