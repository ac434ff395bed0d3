"""The life of an event: what is legal works, all else is refused by the services and by the database (P5)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import User
from audit.models import AuditEvent
from audit.services import acting
from funders.models import Programme
from mhep.kernel.periods import Month
from mhep.kernel.problems import BusinessRuleError
from outcomes.enums import NEXT, STATES, VOIDED, EventAction, EventState, Rule
from outcomes.models import EventQuery, OutcomeEvent
from outcomes.rules.answers import Facts
from outcomes.selectors.voiding import void_preview
from outcomes.services.verification import (
    CannotAnswer,
    CannotQuery,
    CannotReject,
    CannotVerify,
    CannotVoid,
    answer_query,
    query_event,
    reject_event,
    verify_event,
    void_event,
)
from payments.services.months import close_month
from tests.outcomes.verified import AT, CHAIN, TODAY, a_programme, add, event, in_state, submitted

pytestmark = pytest.mark.django_db
Service = Callable[[OutcomeEvent, User], object]

SERVICES: dict[EventAction, Service] = {
    EventAction.VERIFY: lambda e, u: verify_event(event_id=e.pk, actor=u, at=AT),
    EventAction.QUERY: lambda e, u: query_event(
        event_id=e.pk, about=Rule.EVIDENCE, question="Which payslip?", actor=u, at=AT
    ),
    EventAction.ANSWER: lambda e, u: answer_query(event_id=e.pk, answer="The first.", actor=u, at=AT),
    EventAction.REJECT: lambda e, u: reject_event(
        event_id=e.pk, about=Rule.HOURS, reason="Too few hours.", cure="Wait.", actor=u, at=AT
    ),
    EventAction.VOID: lambda e, u: void_event(
        event_id=e.pk, voided_on=TODAY, reason="A mistake.", actor=u, at=AT
    ),
}
WITHOUT_SERVICE = {EventAction.SUBMIT, EventAction.VOID_WITH_PREREQUISITE}
VOIDING = {EventAction.VOID, EventAction.VOID_WITH_PREREQUISITE}
# What stands beside a state in its row; an event in May was submitted before.
COLUMNS = {
    EventState.VERIFIED: "verified_on = '2026-06-10', falls_in = '2026-06-01', verified_by_id = {user}",
    VOIDED: "voided_on = '2026-06-10', void_falls_in = '2026-06-01'",
}


@pytest.fixture
def programme() -> Programme:
    return a_programme()


@pytest.fixture
def verifier() -> User:
    return User.objects.create_user("verifier@example.org", name="Verifier")


@pytest.fixture
def colleague() -> User:
    return User.objects.create_user("colleague@example.org", name="Colleague")


def test_every_action_has_a_service_or_a_reason_for_none() -> None:
    assert set(SERVICES) | WITHOUT_SERVICE == set(EventAction)


@pytest.mark.parametrize(("state", "action"), list(product(STATES, SERVICES)))
def test_p5_a_service_does_what_the_machine_declares_and_nothing_else(
    programme: Programme, verifier: User, colleague: User, state: str, action: EventAction
) -> None:
    found = in_state(programme, state, verifier)
    before = row_of(found)
    result = NEXT.get((state, action))

    if result is None:
        with pytest.raises(BusinessRuleError, match=f"is {STATES[state].lower()}; it cannot be"):
            SERVICES[action](found, colleague)
        assert row_of(found) == before
    else:
        SERVICES[action](found, colleague)
        assert state_of(event(found.reference)) == result


@pytest.mark.parametrize(("state", "result"), list(product(STATES, STATES)))
def test_p5_the_database_takes_what_the_machine_declares_and_nothing_else(
    programme: Programme, verifier: User, colleague: User, state: str, result: str
) -> None:
    """By plain SQL, whatever else the row would need set right."""
    found = in_state(programme, state, verifier)
    ways = {action for (origin, action), end in NEXT.items() if (origin, end) == (state, result)}
    if state == result:
        return  # nothing changes

    if ways and ways != {EventAction.VOID_WITH_PREREQUISITE}:
        move(found, result, colleague)
        assert state_of(event(found.reference)) == result
    else:
        with pytest.raises(DatabaseError, match=r"cannot b|void it and record"), transaction.atomic():
            move(found, result, colleague)


@pytest.mark.parametrize("state", [EventState.SUBMITTED, EventState.QUERIED, EventState.VERIFIED])
def test_p5_the_database_voids_what_depends_on_a_voided_event(
    programme: Programme, verifier: User, state: EventState
) -> None:
    add(
        programme,
        "A1,p3,JOB,2026-04-10,20,j,payslip,2026-04-11,2026-04-20,\nA2,p3,KEPT,2026-05-05,,j,,2026-05-06,,\n",
    )
    if state == EventState.QUERIED:
        SERVICES[EventAction.QUERY](event("A2"), verifier)
    if state == EventState.VERIFIED:
        SERVICES[EventAction.VERIFY](event("A2"), verifier)
    if state != EventState.VERIFIED:
        with pytest.raises(DatabaseError, match="cannot become voided"), transaction.atomic():
            move(event("A2"), VOIDED, verifier)
        move(event("A1"), VOIDED, verifier)
    move(event("A2"), VOIDED, verifier)
    assert event("A2").voided_on == TODAY


@pytest.mark.parametrize("state", [EventState.QUERIED, EventState.REJECTED])
def test_p5_no_event_begins_in_the_middle_of_its_life(programme: Programme, state: EventState) -> None:
    copy = submitted(programme)
    copy.pk, copy.reference, copy.once_key, copy.state = None, "X1", "X1", state

    with pytest.raises(DatabaseError, match="an event begins as"), transaction.atomic():
        copy.save()


def test_the_migration_lists_the_machine(programme: Programme) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'outcomes_event_machine'")
        ((source,),) = cursor.fetchall()
    listed = set(re.findall(r"\('(\w+)', '(\w+)'\)", source))

    assert listed == {(origin, end) for (origin, action), end in NEXT.items() if action not in VOIDING}


def test_a_verification_is_dated_where_the_programme_runs(programme: Programme, verifier: User) -> None:
    """An hour before midnight in Greenwich it is the next day in London's summer."""
    found = submitted(programme)

    verify_event(event_id=found.pk, actor=verifier, at=datetime(2026, 6, 30, 23, 30, tzinfo=UTC))

    found.refresh_from_db()
    assert (found.verified_on, found.falls_in) == (date(2026, 7, 1), date(2026, 7, 1))
    assert found.verified_by == verifier


def test_every_step_says_who_and_why_and_is_audited(
    programme: Programme, verifier: User, colleague: User
) -> None:
    found = submitted(programme)
    SERVICES[EventAction.QUERY](found, verifier)
    SERVICES[EventAction.ANSWER](found, colleague)
    SERVICES[EventAction.VERIFY](found, verifier)
    SERVICES[EventAction.VOID](found, colleague)

    steps = found.steps.order_by("pk").values_list("from_state", "to_state", "actor__name", "reason")
    assert list(steps) == [
        ("", "SUBMITTED", None, "import"),
        ("SUBMITTED", "QUERIED", "Verifier", "Which payslip?"),
        ("QUERIED", "SUBMITTED", "Colleague", "The first."),
        ("SUBMITTED", "VERIFIED", "Verifier", ""),
        ("VERIFIED", "VOIDED", "Colleague", "A mistake."),
    ]
    audited = AuditEvent.objects.filter(action__startswith="event.").order_by("pk")
    assert list(audited.values_list("action", "actor__name")) == [
        ("event.queried", "Verifier"),
        ("event.answered", "Colleague"),
        ("event.verified", "Verifier"),
        ("event.voided", "Colleague"),
    ]
    assert set(audited.values_list("subject", flat=True)) == {f"VERIFY event {found.pk}"}


def test_nobody_verifies_what_they_submitted_edited_or_answered(
    programme: Programme, verifier: User, colleague: User
) -> None:
    add(programme, "E1,p2,JOB,2026-05-01,20,j,payslip,2026-05-02,,\n", actor=colleague)
    found = event("E1")
    with pytest.raises(CannotVerify, match=r"You submitted or edited E1\. Ask somebody else"):
        verify_event(event_id=found.pk, actor=colleague, at=AT)
    SERVICES[EventAction.QUERY](found, colleague)
    SERVICES[EventAction.ANSWER](found, verifier)

    for each in (colleague, verifier):
        with pytest.raises(CannotVerify, match="You submitted or edited E1"):
            verify_event(event_id=found.pk, actor=each, at=AT)
        refusal = r"neither submitted nor edited|verifier_is_not_submitter"
        with pytest.raises(DatabaseError, match=refusal), transaction.atomic():
            move(found, EventState.VERIFIED, each)
    verify_event(event_id=found.pk, actor=User.objects.create_user("third@example.org"), at=AT)


def test_an_earlier_editor_may_not_verify_either(
    programme: Programme, verifier: User, colleague: User
) -> None:
    """Whoever edited it once, not only whoever did last (outcome-rules, life of an event)."""
    found = submitted(programme)
    for editor in (verifier, colleague):
        with acting(editor, reason="corrected"):
            OutcomeEvent.objects.filter(pk=found.pk).update(hours_per_week=20 + editor.pk)

    with pytest.raises(CannotVerify):
        verify_event(event_id=found.pk, actor=verifier, at=AT)


def test_no_one_is_no_verifier_for_the_database(programme: Programme, verifier: User) -> None:
    found = submitted(programme)

    with pytest.raises(DatabaseError, match="needs a verifier"), transaction.atomic():
        run(found, "state = 'VERIFIED', verified_on = '2026-06-10', falls_in = '2026-06-01'")


def test_nothing_is_verified_before_its_day_of_submission(programme: Programme, verifier: User) -> None:
    found = submitted(programme)

    with pytest.raises(CannotVerify, match=r"submitted as of 2026-05-02\. Verify it on that day or later"):
        verify_event(event_id=found.pk, actor=verifier, at=datetime(2026, 5, 1, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("refusal", "attempt"),
    [
        (
            CannotQuery,
            lambda e, u: query_event(event_id=e.pk, about=Rule.OTHER, question=" ", actor=u, at=AT),
        ),
        (
            CannotReject,
            lambda e, u: reject_event(event_id=e.pk, about=Rule.OTHER, reason=" ", cure="x", actor=u, at=AT),
        ),
        (
            CannotReject,
            lambda e, u: reject_event(event_id=e.pk, about=Rule.OTHER, reason="x", cure="\n", actor=u, at=AT),
        ),
    ],
)
def test_a_question_a_reason_and_a_cure_are_written_out(
    programme: Programme, verifier: User, refusal: type[BusinessRuleError], attempt: Service
) -> None:
    found = submitted(programme)
    with pytest.raises(refusal, match="Write "):
        attempt(found, verifier)
    assert event("E1").state == EventState.SUBMITTED


def test_an_answer_is_written_out_and_a_void_has_a_reason(programme: Programme, verifier: User) -> None:
    found = in_state(programme, EventState.QUERIED, verifier)
    with pytest.raises(CannotAnswer, match="Write the answer"):
        answer_query(event_id=found.pk, answer="", actor=verifier, at=AT)
    add(programme, "V1,p4,JOB,2026-04-10,20,j,payslip,2026-04-11,2026-04-20,\n")
    with pytest.raises(CannotVoid, match="Write why"):
        void_event(event_id=event("V1").pk, voided_on=TODAY, reason="", actor=verifier, at=AT)


FACTS = Facts(date(2026, 5, 1), Decimal("17.5"), "E1", ("time_slip",))


def test_an_answer_may_correct_the_facts(programme: Programme, verifier: User, colleague: User) -> None:
    found = in_state(programme, EventState.QUERIED, verifier)

    answer_query(event_id=found.pk, answer="It was 17.5.", corrected=FACTS, actor=colleague, at=AT)

    found.refresh_from_db()
    assert (found.hours_per_week, found.evidence, found.state) == (
        Decimal("17.5"),
        ["time_slip"],
        "SUBMITTED",
    )
    assert found.submitted_on == date(2026, 5, 2)
    query = EventQuery.objects.get()
    assert (query.question, query.answer, query.answered_by) == ("Why?", "It was 17.5.", colleague)
    assert AuditEvent.objects.get(action="event.answered").details == {
        "corrected": ["hours_per_week", "evidence"]
    }


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (Facts(date(2026, 5, 1), Decimal(15), "E1", ("payslip",)), "fewer than the 16"),
        (Facts(date(2026, 5, 1), None, "E1", ("payslip",)), "Give the hours a week"),
        (Facts(date(2026, 5, 3), Decimal(20), "E1", ("payslip",)), "after the submission"),
        (Facts(date(2026, 3, 31), Decimal(20), "E1", ("payslip",)), "before the participant's start"),
        (Facts(date(2026, 5, 1), Decimal(20), "E1", ("photo",)), "needs more evidence"),
        (Facts(date(2026, 5, 1), Decimal(20), "other", ("payslip",)), "already"),
    ],
)
def test_corrected_facts_are_judged_by_the_rules(
    programme: Programme, verifier: User, facts: Facts, message: str
) -> None:
    add(programme, "O1,p2,JOB,2026-05-01,20,other,payslip,2026-05-02,,\n")
    found = in_state(programme, EventState.QUERIED, verifier)

    with pytest.raises(CannotAnswer, match=message):
        answer_query(event_id=found.pk, answer="So.", corrected=facts, actor=verifier, at=AT)

    assert event("E1").state == EventState.QUERIED
    assert EventQuery.objects.get().answered_at is None


def test_a_corrected_job_moves_the_prerequisite_and_what_counts_once(
    programme: Programme, verifier: User
) -> None:
    add(
        programme,
        "J1,p5,JOB,2026-04-10,20,one,payslip,2026-04-11,2026-04-20,\n"
        "J2,p5,JOB,2026-04-12,20,two,payslip,2026-04-13,2026-04-20,\n"
        "K1,p5,KEPT,2026-05-10,,one,,2026-05-11,,\n",
    )
    SERVICES[EventAction.QUERY](event("K1"), verifier)

    facts = Facts(date(2026, 5, 10), None, "two", ())
    answer_query(event_id=event("K1").pk, answer="The other job.", corrected=facts, actor=verifier, at=AT)

    assert (event("K1").prerequisite, event("K1").once_key) == (event("J2"), "two")


def test_a_question_is_never_changed_once_it_is_asked_or_answered(
    programme: Programme, verifier: User
) -> None:
    found = in_state(programme, EventState.QUERIED, verifier)
    attempts = ["UPDATE outcomes_eventquery SET question = 'Other?'", "DELETE FROM outcomes_eventquery"]
    refused(attempts, "answered once")
    answer_query(event_id=found.pk, answer="Yes.", actor=verifier, at=AT)
    refused([*attempts, "UPDATE outcomes_eventquery SET answer = 'No.'"], "answered once")


def test_a_rejection_is_kept_as_it_was_written(programme: Programme, verifier: User) -> None:
    in_state(programme, EventState.REJECTED, verifier)
    refused(
        ["UPDATE outcomes_eventrejection SET cure = 'x'", "DELETE FROM outcomes_eventrejection"],
        "append-only",
    )


@pytest.mark.parametrize(
    ("day", "message"),
    [
        (date(2026, 4, 19), "C1 was verified on 2026-04-20. Enter that day or a later one."),
        (TODAY + timedelta(days=1), "The day is still to come."),
    ],
)
def test_a_void_is_dated_between_the_verification_and_today(
    programme: Programme, verifier: User, day: date, message: str
) -> None:
    add(programme, CHAIN)
    with pytest.raises(CannotVoid, match=message):
        void_event(event_id=event("C1").pk, voided_on=day, reason="x", actor=verifier, at=AT)


def test_a_void_takes_with_it_what_depends_on_it_verified_or_not(
    programme: Programme, verifier: User
) -> None:
    add(programme, CHAIN)
    day = date(2026, 5, 1)

    said = void_preview(event("C1"), day, programme)
    voided = void_event(
        event_id=event("C1").pk, voided_on=day, reason="Not paid work.", actor=verifier, at=AT
    )

    assert [each.event.reference for each in said] == ["C1", "C2", "C3"]
    assert [each.event.reference for each in voided] == ["C1", "C2", "C3"]
    found = OutcomeEvent.objects.order_by("reference")
    assert {(e.voided_on, e.void_falls_in) for e in found} == {(day, day)}
    assert [e.own_voided_on for e in found] == [day, None, None]
    assert [e.void_reason for e in found] == ["Not paid work.", *["Voided with C1: Not paid work."] * 2]
    assert event("C3").steps.order_by("pk").last().reason == "Voided with C1: Not paid work."  # type: ignore[union-attr]


def test_a_dependants_own_earlier_void_stays(programme: Programme, verifier: User) -> None:
    add(programme, CHAIN.replace("2026-05-07,", "2026-05-07,2026-05-10"))

    void_event(event_id=event("C1").pk, voided_on=date(2026, 5, 20), reason="x", actor=verifier, at=AT)

    assert (event("C2").voided_on, event("C3").voided_on) == (date(2026, 5, 10), date(2026, 5, 10))


def test_a_dependants_own_later_void_comes_forward(programme: Programme, verifier: User) -> None:
    """On the same date or their own earlier one: the same as if both had come in one file."""
    add(programme, CHAIN.replace("2026-05-07,", "2026-05-07,2026-06-05"))

    void_event(event_id=event("C1").pk, voided_on=date(2026, 5, 1), reason="x", actor=verifier, at=AT)

    assert (event("C2").voided_on, event("C2").void_falls_in) == (date(2026, 5, 1), date(2026, 5, 1))
    assert event("C2").own_voided_on == date(2026, 6, 5)
    assert event("C2").steps.order_by("pk").values_list("to_state", flat=True).last() == VOIDED


def test_a_void_dated_in_a_closed_month_falls_in_the_open_one(programme: Programme, verifier: User) -> None:
    add(programme, CHAIN)
    close_month(programme_id=programme.pk, month=Month(2026, 4), issued_on=TODAY, actor=None, at=AT)
    day = date(2026, 4, 25)

    voided = void_event(event_id=event("C1").pk, voided_on=day, reason="x", actor=verifier, at=AT)

    assert {(each.voided_on, each.falls_in) for each in voided} == {(day, date(2026, 5, 1))}


def test_a_void_that_was_priced_in_a_closed_month_stays(programme: Programme, verifier: User) -> None:
    add(programme, CHAIN.replace("2026-05-07,", "2026-05-07,2026-05-10"))
    for number in (4, 5):
        close_month(programme_id=programme.pk, month=Month(2026, number), issued_on=TODAY, actor=None, at=AT)

    voided = void_event(
        event_id=event("C1").pk, voided_on=date(2026, 5, 1), reason="x", actor=verifier, at=AT
    )

    assert [each.event.reference for each in voided] == ["C1"]
    assert event("C2").voided_on == date(2026, 5, 10)


@pytest.mark.parametrize(
    "sets",
    [
        "voided_on = '2026-06-05'",
        "voided_on = '2026-06-04'",
        "voided_on = '2026-05-01', void_reason = 'other'",
    ],
)
def test_a_void_comes_forward_to_its_prerequisites_day_alone(
    programme: Programme, verifier: User, sets: str
) -> None:
    add(programme, CHAIN.replace("2026-05-07,", "2026-05-07,2026-06-07"))
    run(event("C1"), "voided_on = '2026-05-01', void_falls_in = '2026-05-01'")

    with pytest.raises(DatabaseError, match="is voided and cannot be changed"), transaction.atomic():
        run(event("C2"), f"{sets}, void_falls_in = '2026-05-01'")


def row_of(found: OutcomeEvent) -> dict[str, object]:
    return dict(OutcomeEvent.objects.filter(pk=found.pk).values()[0])


def state_of(found: OutcomeEvent) -> str:
    return VOIDED if found.voided_on else found.state


def move(found: OutcomeEvent, state: str, user: User) -> None:
    """Put the event into a state by plain SQL, with what that state needs."""
    sets = [COLUMNS.get(state, "").format(user=user.pk)]
    if state != VOIDED:
        sets.append(f"state = '{state}'")
    run(found, ", ".join(filter(None, sets)))


def run(found: OutcomeEvent, sets: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE outcomes_outcomeevent SET {sets} WHERE id = %s", [found.pk])  # noqa: S608


def refused(statements: list[str], message: str) -> None:
    for statement in statements:
        with pytest.raises(DatabaseError, match=message), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
