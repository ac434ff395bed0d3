"""Answering a question about an outcome, logging a rejected one again, and news of what became of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connections, transaction
from django.test import Client

from accounts.models import User
from mhep.shared.sealed_ids import Kind, sealed_id
from outcomes.enums import EventState, Rule
from outcomes.models import AnswerDraft, OutcomeDraft, OutcomeEvent, StepSeen
from outcomes.selectors.answers import open_query
from outcomes.selectors.evidence import proof_of
from outcomes.selectors.logged import news_for
from outcomes.services.answers import AnswerChanged, AnswerEdit, keep_answer, send_answer
from outcomes.services.claims import submit_claim
from outcomes.services.verification import (
    CannotAnswer,
    answer_query,
    query_event,
    reject_event,
    verify_event,
)
from tests.cast import Cast, a_cast
from tests.outcomes.drafts import AT, draft_of, edit, every_file, person, picture
from tests.participants.people import two_providers

ROOT = "/programmes/WL-IPS/outcomes/"
QUESTION = "Which employer is it?"
LATER = AT + timedelta(hours=1)


@pytest.fixture(autouse=True)
def evidence_apart(vault_folder: Path) -> None:
    """No test writes evidence beside the programme."""


@pytest.fixture(autouse=True)
def a_day_in_june(time_machine: object) -> None:
    time_machine.move_to(LATER, tick=False)  # type: ignore[attr-defined]


def logged(cast: Cast, actor: User | None = None) -> OutcomeEvent:
    author = actor or cast.specialist
    return submit_claim(edit=edit(draft_of(author, person(cast)), author))


def queried(cast: Cast) -> OutcomeEvent:
    event = logged(cast)
    query_event(event_id=event.pk, about=Rule.EVIDENCE, question=QUESTION, actor=cast.analyst, at=AT)
    return OutcomeEvent.objects.get(pk=event.pk)


def rejected(cast: Cast) -> OutcomeEvent:
    event = logged(cast)
    reject_event(
        event_id=event.pk,
        about=Rule.DATE,
        reason="Too early.",
        cure="Log the 16th.",
        actor=cast.analyst,
        at=AT,
    )
    return OutcomeEvent.objects.get(pk=event.pk)


def query_of(event: OutcomeEvent) -> int:
    query = open_query(event)
    assert query is not None
    return query.pk


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def filled_in(event: OutcomeEvent, **more: str) -> dict[str, str]:
    """Return what the browser sends of the form as it is shown first."""
    claimed = {"happened_day": "15", "happened_month": "6", "happened_year": "2026", "hours": "20", "job": ""}
    return {"query": sealed_query(event), "version": "0", "answer": "The bakery.", **claimed, **more}


def sealed_query(event: OutcomeEvent) -> str:
    return str(sealed_id(Kind.QUESTION, query_of(event)))


def page(event: OutcomeEvent, *more: str) -> str:
    return "/".join([f"{ROOT}{sealed_id(Kind.EVENT, event.pk)}", *more, ""])


def shown(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_from_the_caseload_to_the_answer_with_a_photograph(cast: Cast) -> None:
    two = two_providers(cast)
    event = submit_claim(edit=edit(_agreed(two.ours, cast.specialist), cast.specialist))
    query_event(event_id=event.pk, about=Rule.EVIDENCE, question=QUESTION, actor=cast.analyst, at=AT)
    client = signed_in(cast.specialist)
    assert page(event, "answer") in shown(client, "/caseload/")
    assert QUESTION in shown(client, page(event))
    assert "Canary Ours" in shown(client, page(event, "answer"))
    sent = filled_in(event, answer="The bakery; see the payslip.", job="Job 1")
    photo = {**sent, "kind": "payslip", "file": SimpleUploadedFile("IMG_1.jpg", picture()), "then": "more"}
    assert client.post(page(event, "answer"), photo).headers["Location"] == page(event, "answer")
    assert "IMG_1" in shown(client, page(event, "answer"))
    version = AnswerDraft.objects.get().version
    final = client.post(page(event, "answer"), {**sent, "version": str(version), "then": "send"}, follow=True)
    assert "Your answer is sent" in final.content.decode()

    event = OutcomeEvent.objects.get(pk=event.pk)
    assert (event.state, event.evidence) == (EventState.SUBMITTED, ["payslip"])
    assert event.queries.get().answer == "The bakery; see the payslip."
    assert [file.kind for file in proof_of(cast.analyst, event)] == ["payslip"]
    assert "The bakery; see the payslip." in shown(client, page(event))


def _agreed(participant: object, author: User) -> OutcomeDraft:
    type(participant).objects.filter(pk=participant.pk).update(consented_on=date(2026, 5, 11))  # type: ignore[attr-defined]
    participant.refresh_from_db()  # type: ignore[attr-defined]
    return draft_of(author, participant)  # type: ignore[arg-type]


def test_b7_a_double_tap_answers_once(cast: Cast) -> None:
    event = queried(cast)
    client = signed_in(cast.specialist)
    sent = filled_in(event, then="send")
    for _ in range(2):
        assert client.post(page(event, "answer"), sent).headers["Location"] == page(event)
    assert event.queries.count() == 1
    assert event.steps.filter(from_state=EventState.QUERIED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_b7_two_taps_at_once_answer_once() -> None:
    cast = a_cast()
    event = queried(cast)
    key = query_of(event)
    keep_answer(edit=AnswerEdit(key, 0, cast.specialist, LATER), typed={"answer": "The bakery."})
    refused: list[Exception] = []

    def tap() -> None:
        try:
            send_answer(edit=AnswerEdit(key, 1, cast.specialist, LATER))
        except Exception as error:  # noqa: BLE001 - whatever went wrong in the thread
            refused.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=tap) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == []
    assert event.steps.filter(from_state=EventState.QUERIED).count() == 1


def test_an_answer_to_an_earlier_question_answers_no_later_one(cast: Cast) -> None:
    event = queried(cast)
    client = signed_in(cast.specialist)
    sent = filled_in(event, then="send")
    client.post(page(event, "answer"), sent)
    query_event(event_id=event.pk, about=Rule.HOURS, question="How many?", actor=cast.analyst, at=LATER)
    client.post(page(event, "answer"), sent)
    assert open_query(OutcomeEvent.objects.get(pk=event.pk)) is not None


def test_b8_what_was_typed_is_there_after_signing_in_again_and_for_a_colleague(cast: Cast) -> None:
    event = queried(cast)
    typed = {"query": sealed_query(event), "version": "0", "answer": "The bak", "hours": "lots"}
    kept = signed_in(cast.specialist).post(page(event, "answer", "keep"), typed)
    assert "Saved on" in kept.content.decode()
    for who in (cast.specialist, cast.manager):
        again = shown(signed_in(who), page(event, "answer"))
        assert "The bak</textarea>" in again
        assert 'value="lots"' in again


def test_what_is_typed_in_another_window_is_not_written_over(cast: Cast) -> None:
    event = queried(cast)
    key = query_of(event)
    keep_answer(edit=AnswerEdit(key, 0, cast.manager, LATER), typed={"answer": "From the manager"})
    with pytest.raises(AnswerChanged):
        keep_answer(edit=AnswerEdit(key, 0, cast.specialist, LATER), typed={"answer": "Mine"})
    sent = {"query": sealed_query(event), "version": "0", "answer": "Mine", "then": "send"}
    said = signed_in(cast.specialist).post(page(event, "answer"), sent).content.decode()
    assert "in another window" in said
    assert "Mine</textarea>" in said
    assert AnswerDraft.objects.get().typed["answer"] == "From the manager"


def test_an_empty_answer_and_unreadable_hours_are_refused_in_words(cast: Cast) -> None:
    event = queried(cast)
    client = signed_in(cast.specialist)
    sent = filled_in(event, answer=" ", hours="lots", then="send")
    said = client.post(page(event, "answer"), sent).content.decode()
    assert "Write the answer to the question" in said
    assert "Hours a week must be a number" in said
    assert OutcomeEvent.objects.get(pk=event.pk).state == EventState.QUERIED


def test_what_the_answer_corrects_is_judged_by_the_rules(cast: Cast) -> None:
    event = queried(cast)
    key = query_of(event)
    early = {"answer": "Earlier.", "happened_day": "1", "happened_month": "3", "happened_year": "2026"}
    keep_answer(edit=AnswerEdit(key, 0, cast.specialist, LATER), typed=early)
    with pytest.raises(CannotAnswer, match="before the participant's start"):
        send_answer(edit=AnswerEdit(key, 1, cast.specialist, LATER))
    keep_answer(
        edit=AnswerEdit(key, 1, cast.specialist, LATER),
        typed={"happened_day": "14", "happened_month": "6", "hours": "18"},
    )
    answered = send_answer(edit=AnswerEdit(key, 2, cast.specialist, LATER))
    assert (answered.outcome_date, answered.hours_per_week) == (date(2026, 6, 14), Decimal(18))


def test_a_file_is_taken_off_the_answer_until_it_is_sent(cast: Cast) -> None:
    event = queried(cast)
    client = signed_in(cast.specialist)
    sent = filled_in(event, kind="payslip")
    client.post(page(event, "answer"), {**sent, "file": SimpleUploadedFile("a.jpg", picture())})
    (file,) = every_file()
    client.post(page(event, "answer"), filled_in(event, version="1", remove=str(file.key)))
    client.post(page(event, "answer"), filled_in(event, version="2", then="send"))
    assert [(each.event_id, each.removed_at is None) for each in every_file()] == [(None, False)]


def test_the_database_lets_nothing_of_a_sent_answer_change(cast: Cast) -> None:
    event = queried(cast)
    key = query_of(event)
    keep_answer(edit=AnswerEdit(key, 0, cast.specialist, LATER), typed={"answer": "The bakery."})
    send_answer(edit=AnswerEdit(key, 1, cast.specialist, LATER))
    attacks: list[Callable[[], object]] = [
        lambda: AnswerDraft.objects.update(held=["payslip"]),
        lambda: AnswerDraft.objects.all()._raw_delete("default"),
    ]
    for attack in attacks:
        with pytest.raises(DatabaseError, match="was sent"), transaction.atomic():
            attack()


def test_another_providers_people_see_and_answer_nothing(cast: Cast) -> None:
    two = two_providers(cast)
    event = queried(cast)
    client = signed_in(two.rival)
    for address in (page(event), page(event, "answer")):
        assert client.get(address).status_code == 404
    assert client.post(page(event, "answer", "keep"), {"answer": "x"}).status_code == 404
    assert client.post(page(event, "again")).status_code == 404
    assert event.reference not in shown(client, ROOT)
    assert event.reference not in client.get(f"{ROOT[:-1]}.csv").content.decode()


def test_the_operators_people_are_not_named_to_the_provider(cast: Cast) -> None:
    event = queried(cast)
    said = shown(signed_in(cast.manager), page(event))
    assert cast.analyst.name not in said
    assert cast.programme.operator.name in said
    assert cast.specialist.name in said


def test_a_rejected_outcome_says_why_and_is_logged_again_filled_in(cast: Cast) -> None:
    event = rejected(cast)
    client = signed_in(cast.specialist)
    said = shown(client, page(event))
    assert "Too early." in said
    assert "Log the 16th." in said
    for _ in range(2):
        answer = client.post(page(event, "again"))
    draft = OutcomeDraft.objects.get(event__isnull=True)
    assert answer.headers["Location"] == f"{ROOT}drafts/{draft.token}/check/"
    assert draft.typed["happened_day"] == "15"
    assert draft.typed["job"] == "Job 1"
    assert "It will pass the rules" in shown(client, answer.headers["Location"])


def test_what_is_not_rejected_is_not_logged_again(cast: Cast) -> None:
    event = logged(cast)
    answer = signed_in(cast.specialist).post(page(event, "again"), follow=True)
    assert "Only a rejected or voided outcome" in answer.content.decode()
    assert not OutcomeDraft.objects.filter(event__isnull=True).exists()


@pytest.mark.parametrize(
    ("state", "found"),
    [("QUERIED", True), ("SUBMITTED", False), ("VERIFIED", False), ("VOIDED", False), ("nonsense", True)],
)
def test_the_list_and_its_files_hold_the_chosen_state_only(cast: Cast, state: str, found: bool) -> None:  # noqa: FBT001
    event = queried(cast)
    client = signed_in(cast.specialist)
    assert (event.reference in shown(client, f"{ROOT}?state={state}")) is found
    file = client.get(f"{ROOT[:-1]}.csv?state={state}").content.decode()
    assert (event.reference in file) is found
    assert client.get(f"{ROOT[:-1]}.xlsx?state={state}").content.startswith(b"PK")


def test_news_are_decisions_not_seen_yet(cast: Cast) -> None:
    event = logged(cast)
    client = signed_in(cast.specialist)
    assert "News about your outcomes" not in shown(client, "/caseload/")
    verify_event(event_id=event.pk, actor=cast.analyst, at=AT)
    for address in ("/caseload/", ROOT):
        assert "News about your outcomes" in shown(client, address)
    step = event.steps.get(to_state=EventState.VERIFIED)
    for _ in range(2):
        seen = client.post("/caseload/news/seen/", {"step": [sealed_id(Kind.STEP, step.pk)], "back": ROOT})
        assert seen.headers["Location"] == ROOT
    assert "News about your outcomes" not in shown(client, "/caseload/")
    assert StepSeen.objects.count() == 1


def test_news_are_each_persons_own_and_a_managers_of_the_team(cast: Cast) -> None:
    two = two_providers(cast)
    event = logged(cast, cast.specialist)
    verify_event(event_id=event.pk, actor=cast.analyst, at=AT)
    assert [each.event for each in news_for(cast.specialist, LATER, whole_team=False)] == [event]
    assert [each.event for each in news_for(cast.manager, LATER, whole_team=True)] == [event]
    assert news_for(cast.manager, LATER, whole_team=False) == []
    assert news_for(two.rival, LATER, whole_team=True) == []
    decided_at = event.steps.get(to_state=EventState.VERIFIED).at
    assert news_for(cast.specialist, decided_at + timedelta(days=28), whole_team=False) == []


def test_a_question_that_was_answered_is_no_news(cast: Cast) -> None:
    event = queried(cast)
    assert [each.state for each in news_for(cast.specialist, LATER, whole_team=False)] == ["QUERIED"]
    answer_query(event_id=event.pk, answer="The bakery.", actor=cast.manager, at=LATER)
    assert news_for(cast.specialist, LATER, whole_team=False) == []


def test_nobody_marks_what_is_not_theirs_and_is_led_nowhere_else(cast: Cast) -> None:
    two = two_providers(cast)
    event = logged(cast)
    verify_event(event_id=event.pk, actor=cast.analyst, at=AT)
    step = event.steps.get(to_state=EventState.VERIFIED)
    away = {"step": [sealed_id(Kind.STEP, step.pk), "x"], "back": "https://elsewhere.example/"}
    assert signed_in(two.rival).post("/caseload/news/seen/", away).headers["Location"] == "/caseload/"
    assert not StepSeen.objects.exists()
