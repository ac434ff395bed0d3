"""The pages of people: who may open each, what each changes, and whose names they show (A1, A6, W17)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from mhep.shared.sealed_ids import Kind, sealed_id
from participants.access import own_people
from participants.enums import ConsentKind
from participants.models import (
    AccessLog,
    Activity,
    Goal,
    GoalView,
    JobDetail,
    Participant,
    Person,
    VocationalProfile,
    WorkPeriod,
)
from participants.models.people import PersonalQuerySet
from participants.views.changes import CHANGES
from tests.cast import Cast
from tests.participants.people import Two, referred, started, two_providers

PEOPLE = (
    "specialist",
    "manager",
    "rival",
    "analyst",
    "finance",
    "administrator",
    "auditor",
    "commissioner",
    "outsider",
)
STAFF = {"specialist", "manager"}
OPERATORS = {"analyst", "finance", "administrator", "auditor"}
PARTS = (("day", "1"), ("month", "6"), ("year", "2026"))
DAY = {"day_day": "18", "day_month": "june", "day_year": "2026"}


def sealed_period(period: WorkPeriod) -> str:
    return str(sealed_id(Kind.WORK_PERIOD, period.pk))


def sealed_account(user: User) -> str:
    return str(sealed_id(Kind.ACCOUNT, user.pk))


@pytest.fixture
def two(cast: Cast, time_machine: Any) -> Two:
    time_machine.move_to("2026-06-20T09:00:00+00:00")
    return two_providers(cast)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def user_called(name: str, two: Two) -> User:
    found = two.rival if name == "rival" else getattr(two.cast, name)
    assert isinstance(found, User)
    return found


def address(view: str, participant: Participant, *more: object) -> str:
    return reverse(view, args=[participant.programme.code, participant.pk, *more])


def expected(name: str, *, operators: int) -> int:
    """Return the status for a page of our person: others of a provider, and strangers, do not find it."""
    if name in STAFF:
        return 200
    if name in OPERATORS:
        return operators
    return 403 if name == "commissioner" else 404


@pytest.mark.parametrize("name", PEOPLE)
def test_a1_a_persons_page_opens_for_its_own_staff_and_the_operator(name: str, two: Two) -> None:
    page = client_of(user_called(name, two)).get(address("outcomes:person-detail", two.ours))
    assert page.status_code == expected(name, operators=200)
    assert ("Canary" in page.content.decode()) is (name in STAFF)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", PEOPLE)
def test_a1_a_change_is_open_to_its_own_staff_only(name: str, change: str, two: Two) -> None:
    client = client_of(user_called(name, two))
    place = address("participants:person-change", two.ours, change)
    status = expected(name, operators=403)
    assert client.get(place).status_code == status
    assert client.post(place, {}).status_code == status
    assert client.put(place).status_code == 405


@pytest.mark.parametrize("name", PEOPLE)
def test_a1_referring_is_for_the_staff_of_providers(name: str, two: Two) -> None:
    page = client_of(user_called(name, two)).get(reverse("participants:person-refer", args=["WL-IPS"]))
    assert page.status_code == (200 if name in STAFF | {"rival"} else 404 if name == "outsider" else 403)


@pytest.mark.parametrize("name", PEOPLE)
def test_a1_the_list_shows_names_to_the_persons_own_staff_only(name: str, two: Two) -> None:
    page = client_of(user_called(name, two)).get(reverse("participants:person-list", args=["WL-IPS"]))
    text = page.content.decode()
    assert ("Canary Ours" in text) is (name in STAFF)
    assert ("Canary Theirs" in text) is (name == "rival")
    assert (two.ours.reference in text) is (name in STAFF | OPERATORS)


@pytest.mark.parametrize("name", PEOPLE)
def test_a1_a_caseload_is_for_the_staff_of_providers(name: str, two: Two) -> None:
    page = client_of(user_called(name, two)).get("/caseload/")
    assert page.status_code == (200 if name in STAFF | {"rival"} else 403)
    assert ("Canary Ours" in page.content.decode()) is (name in STAFF)


@pytest.mark.parametrize("name", PEOPLE)
def test_a1_a_name_is_shown_to_the_operator_with_a_reason(name: str, two: Two) -> None:
    client = client_of(user_called(name, two))
    place = address("participants:person-name", two.ours)
    status = 403 if name in {*STAFF, "rival"} else expected(name, operators=200)
    assert client.get(place).status_code == status
    assert "Canary" not in client.post(place, {"reason": "because"}).content.decode()
    assert not AccessLog.objects.exists()
    shown = client.post(place, {"reason": "The payslip of E-001 has another name"})
    assert ("Canary Ours" in shown.content.decode()) is (name in OPERATORS)
    assert AccessLog.objects.filter(reader=user_called(name, two)).exists() is (name in OPERATORS)


@pytest.mark.parametrize("name", ["rate-card", "invoices"])
def test_money_is_not_shown_to_providers(name: str, two: Two) -> None:
    assert client_of(two.cast.specialist).get(f"/programmes/WL-IPS/{name}/").status_code in {403, 404}


def test_a6_row_level_security_holds_where_the_scoping_is_switched_off(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    def everything(self: models.QuerySet[Any], _user: User) -> models.QuerySet[Any]:
        return self.all()

    monkeypatch.setattr(PersonalQuerySet, "visible_to", everything)
    monkeypatch.setattr(type(Participant.objects.all()), "visible_to", everything)
    monkeypatch.setattr(type(Participant.objects.all()), "helped_by", everything)
    page = client_of(two.rival).get(address("outcomes:person-detail", two.ours))
    assert page.status_code == 200
    assert two.ours.reference in page.content.decode()
    assert "Canary" not in page.content.decode()
    listed = client_of(two.rival).get(reverse("participants:person-list", args=["WL-IPS"])).content.decode()
    assert "Canary Theirs" in listed
    assert "Canary Ours" not in listed


def test_a_possible_duplicate_is_shown_before_anything_is_stored(two: Two) -> None:
    client = client_of(two.cast.specialist)
    place = reverse("participants:person-refer", args=["WL-IPS"])
    given = {"name": "canary  OURS", "source": "GP", "area": "EAL"}
    given |= {f"referred_on_{part}": text for part, text in PARTS}
    before = Participant.objects.count()
    warned = client.post(place, given)
    assert warned.status_code == 200
    assert two.ours.reference in warned.content.decode()
    assert Participant.objects.count() == before
    made = client.post(place, {**given, "is_another": "on"})
    assert made.status_code == 302
    assert Participant.objects.count() == before + 1


def test_another_providers_people_are_no_duplicates_that_would_be_told(two: Two) -> None:
    client = client_of(two.cast.specialist)
    given = {"name": "Canary Theirs", "source": "GP", "area": "EAL"}
    given |= {f"referred_on_{part}": text for part, text in PARTS}
    made = client.post(reverse("participants:person-refer", args=["WL-IPS"]), given)
    assert made.status_code == 302


def post(two: Two, change: str, **given: Any) -> Any:
    return client_of(two.cast.specialist).post(
        address("participants:person-change", two.ours, change), {**DAY, **given}
    )


def test_a_person_is_helped_from_consent_to_leaving(two: Two) -> None:
    submission = str(uuid4())
    with own_people(two.cast.specialist):
        assert post(two, "consent", kinds=[*ConsentKind.values], version="2.1").status_code == 302
        assert post(two, "withdraw", kind="DISCLOSURE").status_code == 302
        for _ in range(2):  # a double tap
            assert post(two, "activity", kind="EMPLOYER_CONTACT", submission=submission).status_code == 302
        assert post(two, "goal", text="A job in a kitchen").status_code == 302
        goal = sealed_id(Kind.GOAL, Goal.objects.get().pk)
        assert post(two, "progress", goal=goal, score="5").status_code == 302
        assert post(two, "profile", work_wanted="Cooking").status_code == 302
        assert post(two, "job", kind="WORK", employer="Example Ltd", hours="16").status_code == 302
        first = WorkPeriod.objects.get(participant=two.ours)
        later = {"day_day": "19"}
        assert post(two, "job-hours", job=sealed_period(first), hours="20", **later).status_code == 302
        second = WorkPeriod.objects.get(participant=two.ours, ends_on=None)
        assert post(two, "job-end", job=sealed_period(second), day_day="20").status_code == 302
        assert (
            post(two, "hand-over", specialist=sealed_account(two.cast.manager), day_day="20").status_code
            == 302
        )
        assert post(two, "leave", reason="WORKING", day_day="19").status_code == 302
        assert (
            post(two, "return", specialist=sealed_account(two.cast.specialist), day_day="20").status_code
            == 302
        )
        assert post(two, "contact", name="Canary Renamed").status_code == 302
        page = client_of(two.cast.specialist).get(address("outcomes:person-detail", two.ours))
        text = page.content.decode()
        counts = [model.objects.count() for model in (Activity, GoalView, JobDetail, VocationalProfile)]
    assert counts == [1, 1, 1, 1]
    told = ("Canary Renamed", "Example Ltd", "A job in a kitchen", "Reached on", "version 2.1", "Withdrawn")
    assert [words for words in told if words not in text] == []


@pytest.mark.parametrize(
    ("change", "given", "words"),
    [
        ("start", {"specialist": "own"}, "The person started on"),
        ("return", {"specialist": "own"}, "has not left"),
        ("hand-over", {"specialist": "own"}, "on the caseload of"),
        ("leave", {"reason": "MOVED", "day_month": "4"}, "Give a day on or after it"),
        ("activity", {"kind": "CONTACT", "submission": str(uuid4()), "day_day": "25"}, "in the future"),
        ("goal", {"text": "x", "day_day": "31"}, "needs a real date"),
        ("job", {"kind": "WORK", "employer": "x", "hours": "200"}, "Hours a week must be"),
        ("consent", {"version": "1"}, "Choose what the person agrees to"),
    ],
)
def test_a_refusal_says_what_to_mend_and_keeps_what_was_typed(
    change: str, given: dict[str, str], words: str, two: Two
) -> None:
    if given.get("specialist") == "own":
        given = {**given, "specialist": sealed_account(two.cast.specialist)}
    page = post(two, change, **given)
    text = page.content.decode()
    assert page.status_code == 200
    assert "<title>Error: " in text
    assert text.count(words) == 2  # in the summary and beside the input
    assert 'value="june"' in text or "day_month" in given


def test_w17_the_caseload_takes_as_many_queries_for_many_as_for_few(two: Two) -> None:
    client = client_of(two.cast.specialist)
    service = two.ours.service
    for number in range(2):
        started(service, two.cast.specialist, name=f"Example {number}")
    client.get("/help/")  # the first request begins the sign-in
    with CaptureQueriesContext(connection) as few:
        client.get("/caseload/")
    for number in range(2, 14):
        started(service, two.cast.specialist, name=f"Example {number}")
    with CaptureQueriesContext(connection) as many:
        assert client.get("/caseload/").content.decode().count("mhep-need") == 15
    assert len(many) == len(few)


def test_w17_so_does_the_list_of_people(two: Two) -> None:
    client, place = client_of(two.cast.specialist), reverse("participants:person-list", args=["WL-IPS"])
    client.get("/help/")  # the first request begins the sign-in
    with CaptureQueriesContext(connection) as few:
        client.get(place)
    for number in range(10):
        referred(two.ours.service, two.cast.specialist, name=f"Example {number}")
    with CaptureQueriesContext(connection) as many:
        client.get(place)
    assert len(many) == len(few)


def test_no_audit_event_holds_what_was_written(two: Two) -> None:
    post(two, "job", kind="WORK", employer="Canary Ltd", hours="16")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_auditevent a WHERE a::text ILIKE '%canary%'")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM audit_auditevent WHERE action = 'job.begun'")
        assert cursor.fetchone() == (1,)
    assert not Person.objects.exists()
