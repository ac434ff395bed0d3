"""Outcomes in the API: one judgement with forms and files, one record for one key, decisions by others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from accounts.models import User
from audit.models import AuditEvent
from mhep.shared.api.replay import KEPT_FOR, forget_answers
from mhep.shared.models import ApiAnswer
from mhep.shared.sealed_ids import Kind, sealed_id
from outcomes.models import EventStep, OutcomeEvent
from providers.models import ProviderMember
from tests.api.callers import caller_as
from tests.cast import AT, PASSWORD, Cast
from tests.participants.people import another_service, started

pytestmark = pytest.mark.django_db
PATH = "programmes/WL-IPS/outcomes"
STARTED = {
    "participant": "P-002",
    "outcome": "SUSTAINED",
    "outcome_date": "2026-07-02",
    "hours_per_week": "20",
    "evidence": ["payslip"],
}


@pytest.fixture(autouse=True)
def _the_third_of_july() -> Iterator[None]:
    with time_machine.travel(AT):
        yield


def path_of(reference: str) -> str:
    key = OutcomeEvent.objects.get(programme__code="WL-IPS", reference=reference).pk
    return f"{PATH}/{sealed_id(Kind.EVENT, key)}"


def test_what_is_logged_says_what_it_would_bring_and_when(cast: Cast) -> None:
    answer = caller_as(cast.analyst).post(PATH, STARTED | {"reference": "CS-1"})
    assert answer.status_code == 201, answer.json()
    said = answer.json()
    event = OutcomeEvent.objects.get(reference="CS-1")
    assert (said["state"], said["submitted_on"], event.submitted_by) == (
        "SUBMITTED",
        "2026-07-03",
        cast.analyst,
    )
    assert said["expected"]["statement_month"] == "2026-07"
    shares = [(each["agreement"], each["amount"]) for each in said["expected"]["shares"]]
    assert shares == [("FOUND-1", "0.00")]
    assert answer.headers["Location"].endswith(path_of("CS-1"))
    assert caller_as(cast.finance).get(path_of("CS-1")).json() == {
        name: value for name, value in said.items() if name != "expected"
    }
    assert AuditEvent.objects.filter(action="outcomes.logged", actor=cast.analyst).exists()
    assert EventStep.objects.get(event=event).reason == ""


def test_a_provider_hears_what_it_would_be_paid_itself_and_nothing_of_funders(cast: Cast) -> None:
    sent = {"participant": "P-003", "outcome": "ENGAGED", "outcome_date": "2026-06-30"}
    expected = caller_as(cast.specialist).post(PATH, sent).json()["expected"]
    assert {each["agreement"] for each in expected["shares"]} <= {"TWN-1"}
    assert "EALING" not in str(expected)


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"participant": "P-999"}, "unknown_participant", "participant"),
        ({"outcome": "NOTHING"}, "unknown_outcome", "outcome"),
        ({"outcome_date": "2026-07-09"}, "in_the_future", "outcome_date"),
        ({"outcome": "JOB_START"}, "already_claimed", "outcome"),
    ],
)
def test_a_broken_rule_is_named_with_its_code_and_its_field_and_nothing_is_stored(
    cast: Cast, changed: dict[str, str], code: str, field: str
) -> None:
    before = OutcomeEvent.objects.count()
    answer = caller_as(cast.specialist).post(PATH, STARTED | changed)
    problem = answer.json()
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert {"code": code, "field": field} in [
        {"code": each["code"], "field": each["field"]} for each in problem["errors"]
    ]
    assert (OutcomeEvent.objects.count(), ApiAnswer.objects.count()) == (before, 0)


def test_what_cannot_be_read_is_named_field_by_field(cast: Cast) -> None:
    sent = {"outcome": "ENGAGED", "outcome_date": "tomorrow", "evidence": ["a;b"]}
    answer = caller_as(cast.specialist).post(PATH, sent)
    assert answer.status_code == 400
    assert {each["field"] for each in answer.json()["errors"]} == {
        "participant",
        "outcome_date",
        "evidence[0]",
    }


def test_n9_the_same_key_gets_the_same_answer_and_makes_one_record(cast: Cast) -> None:
    caller = caller_as(cast.analyst)
    first = caller.post(PATH, STARTED, key="k-1")
    again = caller.post(PATH, STARTED, key="k-1")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["Location"] == first.headers["Location"]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (
        OutcomeEvent.objects.filter(participant__reference="P-002", outcome_type__code="SUSTAINED").count()
        == 1
    )


def test_n9_a_key_is_for_one_request_and_one_holder(cast: Cast) -> None:
    caller = caller_as(cast.analyst)
    assert caller.post(PATH, STARTED, key="k-1").status_code == 201
    other = caller.post(PATH, STARTED | {"hours_per_week": "21"}, key="k-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert caller_as(cast.finance).post(PATH, STARTED, key="k-1").status_code == 422


def test_n9_without_a_key_nothing_is_done(cast: Cast) -> None:
    answer = caller_as(cast.analyst).post(PATH, STARTED, key=" ")
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


def test_n9_a_refused_request_may_be_mended_under_its_key(cast: Cast) -> None:
    caller = caller_as(cast.analyst)
    assert caller.post(PATH, STARTED | {"outcome_date": "2026-07-09"}, key="k-1").status_code == 422
    assert caller.post(PATH, STARTED, key="k-1").status_code == 201


def test_answers_are_forgotten_after_a_week(cast: Cast) -> None:
    caller_as(cast.analyst).post(PATH, STARTED)
    assert forget_answers(AT + KEPT_FOR / 2) == 0
    assert forget_answers(AT + KEPT_FOR * 2) == 1


def test_a_batch_stores_what_keeps_the_rules_and_says_of_each_what_became_of_it(cast: Cast) -> None:
    sent = {
        "outcomes": [
            STARTED | {"reference": "B-1"},
            STARTED | {"reference": "B-2", "participant": "P-999"},
            {"participant": "P-003", "outcome": "ENGAGED", "outcome_date": "2026-06-30", "reference": "B-3"},
        ]
    }
    caller = caller_as(cast.analyst)
    items = caller.post(f"{PATH}/batch", sent).json()["items"]
    assert [each["result"] for each in items] == ["STORED", "LEFT_OUT", "STORED"]
    assert items[1]["errors"][0]["code"] == "unknown_participant"
    assert items[0]["outcome"]["expected"]["statement_month"] == "2026-07"
    assert [each["result"] for each in caller.post(f"{PATH}/batch", sent).json()["items"]] == [
        "KNOWN",
        "LEFT_OUT",
        "KNOWN",
    ]


def test_a_provider_logs_and_reads_nothing_of_anothers_people(cast: Cast) -> None:
    service = another_service(cast)
    rival = User.objects.create_user("rival@example.org", PASSWORD, name="Example Rival")
    ProviderMember.objects.create(provider=service.provider, user=rival, role="SPECIALIST")
    beside = started(service, rival, name="Canary Beside")
    caller = caller_as(cast.specialist)
    answer = caller.post(
        PATH, {"participant": beside.reference, "outcome": "ENGAGED", "outcome_date": "2026-06-30"}
    )
    assert answer.json()["errors"][0]["code"] == "unknown_participant"


def test_an_outcome_is_decided_by_somebody_else_and_only_as_it_was_seen(cast: Cast) -> None:
    own = caller_as(cast.analyst)
    own.post(PATH, STARTED | {"reference": "CS-1"})
    decisions = f"{path_of('CS-1')}/decisions"
    refused = own.post(decisions, {"decision": "VERIFY"})
    assert (refused.status_code, refused.json()["code"]) == (422, "cannot_verify")
    other = caller_as(cast.finance)
    seen = other.get(path_of("CS-1")).headers["ETag"]
    asked = other.post(decisions, {"decision": "QUERY", "about": "HOURS", "text": "How many?"}, If_Match=seen)
    assert (asked.status_code, asked.json()["question"]) == (200, "How many?")
    stale = other.post(
        decisions, {"decision": "REJECT", "about": "HOURS", "text": "No", "cure": "Ask"}, If_Match=seen
    )
    assert (stale.status_code, stale.json()["code"]) == (412, "changed_meanwhile")
    seen = other.get(path_of("CS-1")).headers["ETag"]
    done = other.post(
        decisions, {"decision": "REJECT", "about": "HOURS", "text": "No", "cure": "Ask"}, If_Match=seen
    )
    assert done.json()["rejection"] == {"about": "HOURS", "reason": "No", "cure": "Ask"}


def test_a_decision_says_what_it_lacks(cast: Cast) -> None:
    answer = caller_as(cast.finance).post(f"{path_of('E-005')}/decisions", {"decision": "REJECT"})
    assert {each["field"] for each in answer.json()["errors"]} == {"about", "text", "cure"}


def test_an_unchanged_answer_is_not_sent_again(cast: Cast) -> None:
    caller = caller_as(cast.analyst)
    first = caller.get(path_of("E-005"))
    again = caller.get(path_of("E-005"), If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")


def test_pages_of_a_list_skip_and_repeat_nothing_while_rows_are_added(cast: Cast) -> None:
    caller = caller_as(cast.analyst)
    before = set(OutcomeEvent.objects.values_list("reference", flat=True))
    seen: list[str] = []
    path = f"{PATH}?limit=2"
    number = 0
    while path:
        page = caller.get(path).json()
        seen += [each["reference"] for each in page["items"]]
        if number == 0:
            caller.post(PATH, STARTED | {"reference": "LATE"})
        number += 1
        path = (page["next"] or "").partition("/api/v1/")[2]
    assert len(seen) == len(set(seen))
    assert before <= set(seen)
    assert "LATE" in seen


@pytest.mark.parametrize(
    "query", ["after=00000000-0000-4000-8000-000000000000", "after=1", "limit=0", "limit=101"]
)
def test_a_cursor_or_limit_that_is_none_is_refused(cast: Cast, query: str) -> None:
    assert caller_as(cast.analyst).get(f"{PATH}?{query}").status_code == 400


def test_an_address_that_leads_nowhere_is_a_problem_too(cast: Cast) -> None:
    answer = caller_as(cast.analyst).get(f"{PATH}/not-an-id")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


def test_more_than_json_of_a_megabyte_is_refused(cast: Cast) -> None:
    answer = caller_as(cast.analyst).post(PATH, {"job": "x" * 1_100_000})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
