"""Moving people to other services or providers: what was stays, and outcomes count as before (ADR 0018)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from funders.models import Service, Term
from mhep.shared.sealed_ids import Kind, sealed_id
from outcomes.models import OutcomeEvent
from outcomes.rules.acceptance import HEADINGS as EVENT_HEADINGS
from outcomes.services.imports import import_outcomes
from participants.access import own_people
from participants.enums import EndReason, TransferState
from participants.models import Assignment, Participant, Person, Placement, TransferRequest
from participants.selectors.placements import service_on, stays_of
from participants.services.spells import CannotHandOver, end_support
from participants.services.transfers import (
    CannotTransfer,
    Move,
    Request,
    accept_transfer,
    decline_transfer,
    move_to_service,
    request_transfer,
    withdraw_transfer,
)
from payments.models import Charge
from providers.enums import ProviderRole
from providers.models import ProviderMember
from tests.cast import AT as CAST_AT
from tests.cast import PASSWORD, Cast, price
from tests.participants.people import AT, STARTED_ON, Two, referred, two_providers

MOVED_ON = date(2026, 6, 15)
TODAY = date(2026, 6, 20)
LATER = AT + timedelta(hours=1)
LISTS = "/programmes/WL-IPS/"
HEADINGS = ",".join(EVENT_HEADINGS).encode() + b"\n"
ADD_PLACEMENT = (
    "INSERT INTO participants_placement (participant_id, service_id, starts_on, ends_before) VALUES "
)
ADD_EVENT = """
    INSERT INTO outcomes_outcomeevent (programme_id, reference, participant_id, service_id, outcome_type_id,
        outcome_date, job, evidence, state, submitted_on, void_reason, once_key)
    SELECT programme_id, 'RAW', {who}, {other}, outcome_type_id, '2026-06-14', '', '{{}}', 'SUBMITTED',
        '2026-06-16', '', '' FROM outcomes_outcomeevent WHERE reference = 'E-004'
"""


@dataclass(frozen=True, slots=True)
class Places:
    """Two providers, the first with a second service, the other with a manager."""

    two: Two
    south: Service
    rival_manager: User

    @property
    def cast(self) -> Cast:
        return self.two.cast

    @property
    def rival_service(self) -> Service:
        return self.two.theirs.service


@pytest.fixture
def places(cast: Cast) -> Places:
    two = two_providers(cast)
    north = two.ours.service
    south = Service.objects.create(
        programme=cast.programme,
        provider=north.provider,
        code="WL-3",
        name="IPS West London Centre",
        starts_on=date(2026, 4, 1),
        position=10,
    )
    manager = User.objects.create_user("rival-manager@example.org", PASSWORD, name="Example Rival Manager")
    ProviderMember.objects.create(
        provider=two.theirs.service.provider, user=manager, role=ProviderRole.MANAGER
    )
    return Places(two, south, manager)


@pytest.fixture(autouse=True)
def a_day_in_june(time_machine: Any) -> None:
    time_machine.move_to(LATER, tick=False)


def moved(places: Places, from_day: date = MOVED_ON, **changed: Any) -> Participant:
    move = Move(
        **{"service": places.south, "specialist": places.cast.manager, "from_day": from_day, **changed}
    )
    move_to_service(participant=places.two.ours, move=move, actor=places.cast.specialist, at=LATER)
    return Participant.objects.get(pk=places.two.ours.pk)


def asked(places: Places, reason: str = "Moves nearer to you.", agreed_on: date = TODAY) -> TransferRequest:
    return request_transfer(
        participant=places.two.ours,
        wanted=Request(places.rival_service, reason, agreed_on),
        actor=places.cast.specialist,
        at=AT,
    )


def accepted(places: Places, from_day: date = TODAY) -> Participant:
    return accept_transfer(
        request=asked(places),
        specialist=places.two.rival,
        from_day=from_day,
        actor=places.rival_manager,
        at=LATER,
    )


def add_events(cast: Cast, *rows: str) -> None:
    content = HEADINGS + "".join(f"{row}\n" for row in rows).encode()
    report = import_outcomes(programme_id=cast.programme.pk, content=content, actor=None, at=CAST_AT)
    assert not report.rejections, report.rejections


def run(statement: str, *values: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def decision(request: TransferRequest) -> str:
    return reverse("participants:transfer-decide", args=["WL-IPS", request.pk])


def person_page(participant: Participant) -> str:
    return reverse("outcomes:person-detail", args=["WL-IPS", participant.pk])


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_everybody_has_a_placement_whatever_route_they_came_by(cast: Cast) -> None:
    by_page = referred(cast.programme.services.get(), cast.specialist, name="Example Page")
    run(
        "INSERT INTO participants_participant (programme_id, service_id, reference) VALUES (%s, %s, 'RAW')",
        cast.programme.pk,
        by_page.service_id,
    )
    starts = dict(Placement.objects.values_list("participant__reference", "starts_on"))
    assert starts == {
        **dict.fromkeys(("P-001", "P-002", "P-003"), date(2026, 4, 2)),
        by_page.reference: date(2026, 5, 1),
        "RAW": None,
    }


def test_a_move_keeps_the_history_and_goes_onto_the_new_caseload(places: Places) -> None:
    participant = moved(places)
    assert (participant.service, participant.started_on) == (places.south, STARTED_ON)
    assert [(stay.service, stay.from_day, stay.last_day) for stay in stays_of(participant)] == [
        ("IPS West London Centre", MOVED_ON, None),
        ("IPS West London North", date(2026, 5, 1), MOVED_ON - timedelta(days=1)),
    ]
    first, second = participant.enrolments.order_by("started_on")
    assert (first.ended_on, first.end_reason) == (date(2026, 6, 14), EndReason.TRANSFERRED)
    assert (second.started_on, second.ended_on, second.service) == (MOVED_ON, None, places.south)
    now = Assignment.objects.get(participant=participant, ends_before__isnull=True)
    assert (now.specialist, now.starts_on) == (places.cast.manager, MOVED_ON)


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (date(2026, 4, 1), "WL-1"),
        (MOVED_ON - timedelta(days=1), "WL-1"),
        (MOVED_ON, "WL-3"),
        (TODAY, "WL-3"),
    ],
)
def test_the_service_of_a_day_is_the_one_of_its_placement(places: Places, day: date, code: str) -> None:
    assert Service.objects.get(pk=service_on(moved(places), day)).code == code


def test_imported_events_of_somebody_who_moved_count_for_the_service_of_their_day(places: Places) -> None:
    participant = moved(places)
    Participant.objects.filter(pk=participant.pk).update(consented_on=STARTED_ON)
    add_events(
        places.cast,
        f"B,{participant.reference},ENGAGED,2026-06-14,,,,2026-06-16,,",
        f"A,{participant.reference},JOB_START,2026-06-15,20,,payslip,2026-06-16,,",
    )
    assert OutcomeEvent.objects.get(reference="B").service.code == "WL-1"
    assert OutcomeEvent.objects.get(reference="A").service.code == "WL-3"


def test_what_was_accepted_before_a_move_is_priced_as_if_nobody_had_moved(places: Places) -> None:
    Term.objects.filter(ref="starts").update(services=["WL-1"])
    decided = Charge.objects.order_by("event", "term", "amount_minor").values_list(
        "event", "term", "amount_minor"
    )
    price(places.cast.programme, "2026-04")
    before = list(decided)
    assert any(row[2] == 90_000 for row in before)
    participant = Participant.objects.get(reference="P-001")
    move = Move(places.south, places.cast.manager, date(2026, 4, 8))
    move_to_service(participant=participant, move=move, actor=places.cast.specialist, at=LATER)
    price(places.cast.programme, "2026-04")
    assert list(decided) == before


@pytest.mark.parametrize(
    ("attack", "message"),
    [
        ("DELETE FROM participants_placement", "ends once"),
        ("UPDATE participants_placement SET starts_on = '2026-01-01'", "ends once"),
        ("UPDATE participants_placement SET ends_before = '2026-06-01'", "without a gap"),
        ("UPDATE participants_participant SET service_id = {other}", "by a placement"),
        (
            ADD_PLACEMENT + "({who}, {other}, '2030-01-01', NULL)",
            "one_now",
        ),
        (
            ADD_PLACEMENT + "({who}, {other}, '2026-06-01', '2026-06-05')",
            "without a gap",
        ),
        ("UPDATE outcomes_outcomeevent SET service_id = {other} WHERE state = 'SUBMITTED'", "accepted for"),
        (ADD_EVENT, "not of the service"),
    ],
)
def test_the_database_refuses_what_cannot_be_true_of_a_placement(
    places: Places, attack: str, message: str
) -> None:
    statement = attack.format(other=places.rival_service.pk, who=places.two.ours.pk)
    with pytest.raises(DatabaseError, match=message):
        run(statement)


def test_an_event_of_somebody_who_moved_is_held_to_the_service_of_its_day_too(places: Places) -> None:
    participant = moved(places)
    with pytest.raises(DatabaseError, match="not of the service"):
        run(ADD_EVENT.format(who=participant.pk, other=places.south.pk))


def test_placements_that_are_over_never_share_a_day(places: Places) -> None:
    participant = moved(places)
    with pytest.raises(DatabaseError, match="one_at_a_time"):
        run(ADD_PLACEMENT + f"({participant.pk}, {places.south.pk}, '2026-05-20', '2026-06-15')")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"from_day": TODAY + timedelta(days=2)}, "in the future"),
        ({"from_day": STARTED_ON}, "since 2026-05-11"),
        ({"service": "same"}, "another service of the same programme"),
        ({"service": "rival"}, "of another provider"),
    ],
)
def test_a_move_that_cannot_be_is_refused_in_words(
    places: Places, change: dict[str, Any], message: str
) -> None:
    named = {"same": places.two.ours.service, "rival": places.rival_service}
    change = {key: named.get(value, value) if key == "service" else value for key, value in change.items()}
    with pytest.raises(CannotTransfer, match=message), transaction.atomic():
        moved(places, **change)


def test_a_move_needs_a_service_that_serves_the_person_and_a_specialist_of_it(places: Places) -> None:
    ours = places.two.ours
    Participant.objects.filter(pk=ours.pk).update(area=places.cast.programme.areas.get(code="EAL"))
    Service.objects.filter(pk=places.south.pk).update(areas=["HRW"])
    places.south.refresh_from_db()
    with pytest.raises(CannotTransfer, match="does not serve Ealing"), transaction.atomic():
        moved(places)
    Service.objects.filter(pk=places.south.pk).update(areas=[])
    places.south.refresh_from_db()
    with pytest.raises(CannotHandOver, match="does not work for"), transaction.atomic():
        moved(places, specialist=places.two.rival)


def test_somebody_who_has_left_is_not_moved(places: Places) -> None:
    by: dict[str, Any] = {"actor": places.cast.specialist, "at": LATER}
    end_support(participant=places.two.ours, ended_on=MOVED_ON, reason=EndReason.OTHER, **by)
    with pytest.raises(CannotTransfer, match="has left"), transaction.atomic():
        moved(places, from_day=TODAY)


def test_the_list_downloads_for_both_providers_with_references_and_no_names(places: Places) -> None:
    request = asked(places, reason="=Moves nearer")
    for reader in (places.rival_manager, places.cast.manager):
        page = signed_in(reader).get(f"{LISTS}transfers/").content.decode()
        assert f"{LISTS}transfers.csv" in page
        content = signed_in(reader).get(f"{LISTS}transfers.csv").content.decode("utf-8-sig")
        (row,) = csv.DictReader(io.StringIO(content))
        assert row["Reference"] == places.two.ours.reference
        assert (row["State"], row["Answer"]) == ("Waiting for the other provider", "")
        assert row["Reason"] == "'=Moves nearer"
        assert "Canary" not in content
    decline_transfer(request=request, answer="We are full.", actor=places.rival_manager, at=LATER)
    assert "We are full." in signed_in(places.cast.manager).get(f"{LISTS}transfers.csv").content.decode()


def test_until_it_accepts_the_other_provider_sees_a_reference_and_a_reason(places: Places) -> None:
    request = asked(places)
    client = signed_in(places.rival_manager)
    for address in (f"{LISTS}transfers/", decision(request)):
        shown = client.get(address).content.decode()
        assert places.two.ours.reference in shown
        assert "Canary Ours" not in shown
    assert "Moves nearer to you." in client.get(decision(request)).content.decode()
    assert client.get(person_page(places.two.ours)).status_code == 404
    with own_people(places.rival_manager):
        assert not Person.objects.filter(participant=places.two.ours).exists()


def test_once_accepted_the_new_provider_sees_everything_and_the_old_one_its_references(
    places: Places,
) -> None:
    ours = places.two.ours
    Participant.objects.filter(pk=ours.pk).update(consented_on=STARTED_ON)
    add_events(places.cast, f"OURS,{ours.reference},ENGAGED,2026-06-14,,,,2026-06-16,,")
    request = asked(places)
    sent = {
        "is_accepted": "yes",
        "specialist": str(sealed_id(Kind.ACCOUNT, places.two.rival.pk)),
        "answer": "",
    }
    client = signed_in(places.rival_manager)
    for _ in range(2):
        answer = client.post(decision(request), {**sent, **_day("day", TODAY)})
        assert answer.status_code == 302
    assert "Canary Ours" in client.get(person_page(ours)).content.decode()
    with own_people(places.two.rival):
        assert Person.objects.visible_to(places.two.rival).filter(participant=ours).exists()

    old = signed_in(places.cast.specialist)
    assert old.get(person_page(ours)).status_code == 404
    with own_people(places.cast.specialist):
        assert not Person.objects.filter(participant=ours).exists()
    event = OutcomeEvent.objects.get(reference="OURS")
    listed = old.get(f"{LISTS}outcomes/").content.decode()
    page = old.get(reverse("outcomes:outcome-detail", args=["WL-IPS", event.pk])).content.decode()
    for shown in (listed, page):
        assert "OURS" in shown
        assert "Canary Ours" not in shown
    assert OutcomeEvent.objects.of_providers(places.rival_manager).count() == 0
    assert "OURS" not in client.get(f"{LISTS}outcomes.csv").content.decode()
    assert (
        client.get(reverse("outcomes:outcome-detail", args=["WL-IPS", event.pk])).status_code == 200
    )  # history goes with the person


def _day(name: str, day: date) -> dict[str, str]:
    return {f"{name}_day": str(day.day), f"{name}_month": str(day.month), f"{name}_year": str(day.year)}


def test_a_request_is_decided_once(places: Places) -> None:
    request = asked(places)
    by: dict[str, Any] = {"actor": places.rival_manager, "at": LATER}
    with pytest.raises(CannotTransfer, match="Say why"), transaction.atomic():
        decline_transfer(request=request, answer=" ", **by)
    decline_transfer(request=request, answer="We are full.", **by)
    later: list[Callable[[], object]] = [
        lambda: decline_transfer(request=request, answer="Again.", **by),
        lambda: accept_transfer(request=request, specialist=places.two.rival, from_day=TODAY, **by),
    ]
    for attempt in later:
        with pytest.raises(CannotTransfer, match="declined already"), transaction.atomic():
            attempt()
    with pytest.raises(DatabaseError, match="decided once"):
        run("UPDATE participants_transferrequest SET answer = 'Come.'")
    assert Participant.objects.get(pk=places.two.ours.pk).service == places.two.ours.service


def test_a_request_that_waits_is_withdrawn_before_anything_else_is_asked(places: Places) -> None:
    asked(places)
    with pytest.raises(CannotTransfer, match="asked already"), transaction.atomic():
        asked(places)
    with pytest.raises(CannotTransfer, match="Withdraw that first"), transaction.atomic():
        moved(places)
    by: dict[str, Any] = {"actor": places.cast.specialist, "at": LATER}
    withdraw_transfer(participant=places.two.ours, **by)
    with pytest.raises(CannotTransfer, match="nothing to withdraw"), transaction.atomic():
        withdraw_transfer(participant=places.two.ours, **by)
    assert TransferRequest.objects.get().state == TransferState.WITHDRAWN
    assert moved(places).service == places.south


def test_a_request_needs_a_reason_and_an_agreement_that_was_given(places: Places) -> None:
    with pytest.raises(CannotTransfer, match="Say why"), transaction.atomic():
        asked(places, reason=" ")
    with pytest.raises(CannotTransfer, match="future"), transaction.atomic():
        asked(places, agreed_on=TODAY + timedelta(days=2))
    client = signed_in(places.cast.specialist)
    form = f"{person_page(places.two.ours)}transfer/"
    given = {
        "service": str(sealed_id(Kind.SERVICE, places.rival_service.pk)),
        "reason": "Nearer.",
        **_day("day", TODAY),
    }
    assert "Ask the person first" in client.post(form, given).content.decode()
    assert client.post(form, {**given, "has_agreed": "yes"}).status_code == 302
    assert "was asked on" in client.get(person_page(places.two.ours)).content.decode()


def test_nobody_takes_a_person_over_for_days_before_they_were_asked(places: Places) -> None:
    with pytest.raises(CannotTransfer, match="on or after it"), transaction.atomic():
        accepted(places, from_day=TODAY - timedelta(days=1))


def test_only_managers_of_the_provider_that_is_asked_decide(places: Places) -> None:
    request = asked(places)
    address = decision(request)
    assert signed_in(places.two.rival).get(address).status_code == 403
    assert signed_in(places.cast.manager).get(address).status_code == 404
    assert signed_in(places.cast.analyst).get(address).status_code == 403


def test_the_database_refuses_a_transfer_into_another_programme(places: Places) -> None:
    who, programme = places.two.ours, places.cast.programme
    programme.pk, programme.code = None, "FAR-IPS"
    programme.save(force_insert=True)
    far = Service.objects.create(
        programme=programme,
        provider=who.service.provider,
        code="FAR-1",
        name="Faraway",
        starts_on=STARTED_ON,
        position=1,
    )
    asked = TransferRequest(
        participant=who,
        from_service=who.service,
        to_service=far,
        reason="Lives nearer",
        agreed_on=STARTED_ON,
        asked_by=places.cast.specialist,
        asked_at=LATER,
    )
    with pytest.raises(DatabaseError, match="stays in the programme"):
        asked.save()
