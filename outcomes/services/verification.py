"""
What a verifier does with an event: verify, query, reject, void; and the answer to a question.

Every change locks the programme's row before the event's, so that it either comes before a month's
close or falls in the month that is open after it (catalogue P1).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from audit.services import acting, record
from funders.models import Programme
from mhep.kernel.problems import BusinessRuleError
from outcomes.enums import NEXT, STATES, VOIDED, EventAction, Rule
from outcomes.models import EventQuery, EventRejection, OutcomeEvent
from outcomes.rules.acceptance import AcceptedEvent, judge_claim
from outcomes.rules.answers import Facts
from outcomes.selectors.claims import (
    claim_of,
    events_of_people,
    first_open,
    held_beside,
    person_of,
    rules_of,
)
from outcomes.selectors.verification import wrote
from outcomes.selectors.voiding import Voiding, void_preview


class CannotVerify(BusinessRuleError):
    pass


class CannotQuery(BusinessRuleError):
    pass


class CannotAnswer(BusinessRuleError):
    pass


class CannotReject(BusinessRuleError):
    pass


class CannotVoid(BusinessRuleError):
    pass


@transaction.atomic
def verify_event(*, event_id: int, actor: User, at: datetime) -> OutcomeEvent:
    """
    Confirm a submitted event, dated today where the programme runs; it is priced from then on.

    :raises CannotVerify: if it is not submitted, the day of submission is still to come, or ``actor``
        submitted or edited it.
    """
    event, programme = _locked(event_id)
    state = _next(event, EventAction.VERIFY, CannotVerify)
    today = programme.local_date(at)
    if today < event.submitted_on:
        raise CannotVerify(
            f"{event.reference} is submitted as of {event.submitted_on}. Verify it on that day or later."
        )
    if wrote(actor, event):
        raise CannotVerify(f"You submitted or edited {event.reference}. Ask somebody else to verify it.")
    event.state = state
    event.verified_on = today
    event.verified_by = actor
    event.falls_in = first_open(today, programme)
    with acting(actor):
        event.save(update_fields=["state", "verified_on", "verified_by", "falls_in"])
    _record(actor, "verified", event, at, falls_in=str(event.falls_in))
    return event


@transaction.atomic
def query_event(*, event_id: int, about: Rule, question: str, actor: User, at: datetime) -> EventQuery:
    """
    Send a submitted event back to its provider with a question about one of the rules.

    :raises CannotQuery: if it is not submitted, or the question is empty.
    """
    event, _ = _locked(event_id)
    event.state = _next(event, EventAction.QUERY, CannotQuery)
    asked = _text(question, CannotQuery, "Write what the provider shall answer.")
    with acting(actor, reason=asked):
        event.save(update_fields=["state"])
    query = EventQuery.objects.create(event=event, about=about, question=asked, asked_by=actor, asked_at=at)
    _record(actor, "queried", event, at, about=about)
    return query


@transaction.atomic
def answer_query(
    *, event_id: int, answer: str, corrected: Facts | None = None, actor: User, at: datetime
) -> OutcomeEvent:
    """
    Answer the open question about an event, which is submitted again with its first submission date.

    Corrected facts are judged by the rules like a new event's; who corrects may not verify.

    :raises CannotAnswer: if no question is open, the answer is empty, or the corrected facts break rules.
    """
    event, programme = _locked(event_id)
    event.state = _next(event, EventAction.ANSWER, CannotAnswer)
    said = _text(answer, CannotAnswer, "Write the answer to the question.")
    changed = _correct(event, corrected, programme) if corrected else []
    with acting(actor, reason=said):
        event.save(update_fields=["state", *changed])
    query = EventQuery.objects.select_for_update().get(event=event, answered_at__isnull=True)
    query.answer, query.answered_by, query.answered_at = said, actor, at
    query.save(update_fields=["answer", "answered_by", "answered_at"])
    _record(actor, "answered", event, at, corrected=changed)
    return event


@transaction.atomic
def reject_event(
    *, event_id: int, about: Rule, reason: str, cure: str, actor: User, at: datetime
) -> EventRejection:
    """
    Refuse a submitted or queried event for good, saying why and what the provider can do.

    :raises CannotReject: if it is neither, or the reason or the cure is empty.
    """
    event, _ = _locked(event_id)
    event.state = _next(event, EventAction.REJECT, CannotReject)
    why = _text(reason, CannotReject, "Write why the event does not count.")
    mend = _text(cure, CannotReject, "Write what the provider can do, or that nothing can be done.")
    with acting(actor, reason=f"{why} {mend}"):
        event.save(update_fields=["state"])
    rejection = EventRejection.objects.create(
        event=event, about=about, reason=why, cure=mend, rejected_by=actor, rejected_at=at
    )
    _record(actor, "rejected", event, at, about=about)
    return rejection


@transaction.atomic
def void_event(*, event_id: int, voided_on: date, reason: str, actor: User, at: datetime) -> list[Voiding]:
    """
    Declare that a verified event does not count from a day on, with everything that depends on it.

    What depends on it is voided on the same day, verified or not, unless its own void is earlier. Returns
    all that was voided, the event first; what was charged is credited when the month is priced.

    :raises CannotVoid: if the event is not verified or is voided, the day is before its verification or
        still to come, or the reason is empty.
    """
    event, programme = _locked(event_id)
    check_void(event, voided_on, programme.local_date(at))
    why = _text(reason, CannotVoid, "Write why the event does not count.")
    voidings = void_preview(event, voided_on, programme)
    _lock(each.event.pk for each in voidings)
    for voiding in voidings:
        is_itself = voiding.event.pk == event.pk
        said = why if is_itself else f"Voided with {event.reference}: {why}"
        with acting(actor, reason=said):
            _void(voiding, said, own=voided_on if is_itself else None)
    _record(actor, "voided", event, at, voided_on=str(voided_on), events=[v.event.pk for v in voidings])
    return voidings


def check_void(event: OutcomeEvent, voided_on: date, today: date) -> None:
    """
    Let a void date of an event pass.

    :raises CannotVoid: if the event cannot be voided, or not on that day.
    """
    _next(event, EventAction.VOID, CannotVoid)
    if event.verified_on is not None and voided_on < event.verified_on:
        raise CannotVoid(
            f"{event.reference} was verified on {event.verified_on}. Enter that day or a later one."
        )
    if voided_on > today:
        raise CannotVoid("The day is still to come. Enter today or an earlier day.")


def _locked(event_id: int) -> tuple[OutcomeEvent, Programme]:
    """Return an event and its programme, both locked against other changes and against a close."""
    programme_id = OutcomeEvent.objects.values_list("programme_id", flat=True).get(pk=event_id)
    programme = Programme.objects.select_for_update(no_key=True).get(pk=programme_id)
    event = (
        OutcomeEvent.objects.select_for_update(of=("self",))
        .select_related("programme", "outcome_type", "participant")
        .get(pk=event_id)
    )
    return event, programme


def _void(voiding: Voiding, reason: str, own: date | None) -> None:
    """Write one void. A void that comes forward keeps the reason that it had."""
    event = voiding.event
    fields = ["voided_on", "void_falls_in"]
    if event.voided_on is None:
        event.own_voided_on, event.void_reason = own, reason
        fields += ["own_voided_on", "void_reason"]
    event.voided_on, event.void_falls_in = voiding.voided_on, voiding.falls_in
    event.save(update_fields=fields)


def _lock(keys: Iterable[int]) -> None:
    list(OutcomeEvent.objects.select_for_update().filter(pk__in=list(keys)).order_by("pk").values_list("pk"))


def _next(event: OutcomeEvent, action: EventAction, refusal: type[BusinessRuleError]) -> str:
    """Return where the action leads, by the declared machine."""
    state = VOIDED if event.voided_on is not None else event.state
    result = NEXT.get((state, action))
    if result is None:
        raise refusal(
            f"{event.reference} is {STATES[state].lower()}; it cannot be {_DONE[action]}. "
            "Somebody may have been quicker: look at it again."
        )
    return result


_DONE = {
    EventAction.VERIFY: "verified",
    EventAction.QUERY: "queried",
    EventAction.ANSWER: "answered",
    EventAction.REJECT: "rejected",
    EventAction.VOID: "voided",
}


def _text(given: str, refusal: type[BusinessRuleError], demand: str) -> str:
    text = given.strip()
    if not text:
        raise refusal(demand)
    return text


def _correct(event: OutcomeEvent, facts: Facts, programme: Programme) -> list[str]:
    """Put corrected facts into the event if the rules accept them; return the names of what changed."""
    before = {name: getattr(event, name) for name in _CORRECTABLE}
    event.outcome_date, event.hours_per_week = facts.outcome_date, facts.hours
    event.job, event.evidence = facts.job, sorted(facts.evidence)
    others = events_of_people([event.participant_id])[event.participant_id]
    rule = rules_of(programme)[event.outcome_type.code]
    judged = judge_claim(claim_of(event), rule, person_of(event.participant), held_beside(event, others))
    if not isinstance(judged, AcceptedEvent):
        raise CannotAnswer(" ".join(message for _, message in judged))
    event.once_key = event.job if rule.once_per_job else ""
    keys = {other.reference: other.pk for other in others}
    event.prerequisite_id = keys[judged.prerequisite] if judged.prerequisite else None
    return [name for name in _CORRECTABLE if getattr(event, name) != before[name]]


_CORRECTABLE = ("outcome_date", "hours_per_week", "job", "evidence", "once_key", "prerequisite_id")


def _record(actor: User, done: str, event: OutcomeEvent, at: datetime, **details: object) -> None:
    subject = f"{event.programme.code} event {event.pk}"
    record(actor=actor, action=f"event.{done}", subject=subject, at=at, **details)
