"""Reviews, actions and the meetings of services: who agrees what, what stays, and what is refused."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from funders.models import Service
from mhep.kernel.periods import Month
from performance.enums import ActionState, PracticeKind
from performance.models import PeopleFact, PracticeMeeting, ReviewAction, ReviewMeeting
from performance.rules.agenda import Agreed, InQuestion, agenda_of
from performance.rules.warnings import EarlyWarning, WarningKind
from performance.selectors.counting import PEOPLE_COLUMNS
from performance.selectors.reviews import agenda_for, kept_by
from performance.selectors.standing import early_warnings
from performance.services.reviews import (
    CannotAgree,
    CannotHold,
    CannotPlan,
    CannotRecord,
    CannotTell,
    Task,
    agree_action,
    hold_review,
    record_practice,
    set_cadence,
    tell_action,
    write_note,
)
from tests.cast import AT, Cast, close
from tests.payments.approving import ask
from tests.performance.planning import ruled
from tests.performance.reviewing import HELD_ON, agreed, planned, reviewed

pytestmark = pytest.mark.django_db


def test_an_agenda_begins_with_what_is_late_and_ends_with_what_is_next() -> None:
    points = agenda_of(
        actions=[
            Agreed(2, "Fill the post", "Provider", date(2026, 8, 1)),
            Agreed(1, "Send the leaflet.", "Finance", date(2026, 6, 1)),
        ],
        warnings=[EarlyWarning(WarningKind.CAP, "Council", "95% is used.", "Raise it?")],
        questions=[InQuestion("Council", 1), InQuestion("Fund", 2)],
        today=date(2026, 7, 1),
    )
    assert [(point.topic, point.text) for point in points] == [
        ("Agreed before", "Action 1: Send the leaflet. Finance, was due 1 June 2026."),
        ("Agreed before", "Action 2: Fill the post. Provider, due 1 August 2026."),
        ("Spending limit", "Council: 95% is used. Raise it?"),
        ("Queried lines", "Council: 1 line is queried and not settled."),
        ("Queried lines", "Fund: 2 lines are queried and not settled."),
        ("Next", "Anything else, and the day of the next review"),
    ]


def test_a_planned_review_makes_its_agenda_from_open_actions_and_queries(cast: Cast) -> None:
    action = agreed(reviewed(cast.programme, cast.analyst), cast.analyst)
    close(cast.programme, "2026-04")
    ask(cast.programme, proposed_by=cast.analyst, approved_by=cast.finance)
    meeting = planned(cast.programme, cast.analyst)
    page = opened(cast.commissioner, "review-detail", cast, meeting.pk).content.decode()
    assert f"Action {action.number}: Speak to the referring teams" in page
    assert "queried and not settled" in page


def test_a_review_that_was_held_keeps_its_agenda_when_the_data_changes(cast: Cast) -> None:
    action = agreed(reviewed(cast.programme, cast.analyst), cast.analyst)
    meeting = planned(cast.programme, cast.analyst)
    answer = client_of(cast.analyst).post(
        reverse("performance:review-hold", args=[cast.programme.code, meeting.pk]),
        {"on_day": "2", "on_month": "7", "on_year": "2026"},
    )
    assert answer.status_code == 302
    tell(action, cast, ActionState.DONE)
    page = opened(cast.analyst, "review-detail", cast, meeting.pk).content.decode()
    assert f"Action {action.number}: Speak to the referring teams" in page


def test_an_open_action_stands_on_the_next_agenda_and_a_done_one_does_not(cast: Cast) -> None:
    action = agreed(reviewed(cast.programme, cast.analyst), cast.analyst)
    tell(action, cast, ActionState.DONE)
    meeting = planned(cast.programme, cast.analyst)
    page = opened(cast.analyst, "review-detail", cast, meeting.pk).content.decode()
    assert "Speak to the referring teams" not in page


def test_one_review_of_a_kind_waits_at_a_time(cast: Cast) -> None:
    service = cast.programme.services.get()
    planned(cast.programme, cast.analyst)
    planned(cast.programme, cast.analyst, service)
    with pytest.raises(CannotPlan, match="Record first that it was held"):
        planned(cast.programme, cast.analyst)
    assert [meeting.number for meeting in ReviewMeeting.objects.order_by("number")] == [1, 2]


def test_a_review_is_held_once_and_not_before_its_day(cast: Cast) -> None:
    meeting = planned(cast.programme, cast.analyst)
    hold: dict[str, Any] = {"meeting_id": meeting.pk, "agenda": [], "actor": cast.analyst, "at": AT}
    with pytest.raises(CannotHold, match="when it was held"):
        hold_review(on=AT.date() + timedelta(days=1), **hold)
    hold_review(on=HELD_ON, **hold)
    with pytest.raises(CannotHold, match="recorded already"):
        hold_review(on=HELD_ON, **hold)


def test_nothing_is_agreed_before_a_review_was_held(cast: Cast) -> None:
    meeting = planned(cast.programme, cast.analyst)
    with pytest.raises(CannotAgree, match="Record first"):
        agreed(meeting, cast.analyst)
    with pytest.raises(CannotAgree, match="Record first"):
        write_note(meeting=meeting, service=None, text="Said", actor=cast.analyst, at=AT)
    held = reviewed(cast.programme, cast.analyst, cast.programme.services.get())
    with pytest.raises(CannotAgree, match="day of the review or later"):
        agree_action(
            meeting=held, task=Task("Do", "Team", HELD_ON - timedelta(days=1)), actor=cast.analyst, at=AT
        )


def test_an_action_that_is_done_is_not_opened_again(cast: Cast) -> None:
    action = agreed(reviewed(cast.programme, cast.analyst), cast.analyst)
    tell(action, cast, ActionState.OPEN)
    tell(action, cast, ActionState.DONE)
    with pytest.raises(CannotTell, match="done already"):
        tell(action, cast, ActionState.OPEN)
    with pytest.raises(IntegrityError, match="stays so"), transaction.atomic():
        action.updates.create(state="OPEN", text="Again", by=cast.analyst, at=AT)


@pytest.mark.parametrize("table", ["reviewnote", "reviewaction", "reviewmeeting", "actionupdate"])
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_what_was_said_and_agreed_stays_as_it_was(cast: Cast, table: str, change: str) -> None:
    meeting = reviewed(cast.programme, cast.analyst)
    write_note(meeting=meeting, service=None, text="Said", actor=cast.analyst, at=AT)
    tell(agreed(meeting, cast.analyst), cast, ActionState.OPEN)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format(f"performance_{table}"))


def test_the_database_refuses_a_note_on_a_review_that_was_not_held(cast: Cast) -> None:
    meeting = planned(cast.programme, cast.analyst)
    with pytest.raises(IntegrityError, match="was held"), transaction.atomic():
        meeting.notes.create(text="Said", written_by=cast.analyst, written_at=AT)


def test_a_provider_reads_its_services_reviews_and_never_the_contracts(cast: Cast) -> None:
    contract = reviewed(cast.programme, cast.analyst)
    own = reviewed(cast.programme, cast.analyst, cast.programme.services.get())
    assert opened(cast.manager, "review-detail", cast, own.pk).status_code == 200
    assert opened(cast.manager, "review-detail", cast, contract.pk).status_code == 404
    assert opened(cast.commissioner, "review-detail", cast, contract.pk).status_code == 200
    assert opened(cast.commissioner, "review-detail", cast, own.pk).status_code == 404


def test_a_manager_says_how_the_action_of_the_service_goes(cast: Cast) -> None:
    meeting = reviewed(cast.programme, cast.analyst)
    own = agreed(meeting, cast.analyst, cast.programme.services.get())
    address = reverse("performance:action-detail", args=[cast.programme.code, own.pk])
    client = client_of(cast.manager)
    assert client.post(address, {"state": "DONE", "text": "Spoken to them"}).status_code == 302
    assert own.updates.get().state == ActionState.DONE
    other = agreed(meeting, cast.analyst)
    address = reverse("performance:action-detail", args=[cast.programme.code, other.pk])
    assert client.post(address, {"state": "DONE", "text": "Done"}).status_code == 404
    assert client_of(cast.commissioner).post(address, {"state": "DONE", "text": "Done"}).status_code == 403


def test_the_team_plans_holds_notes_and_agrees_in_the_pages(cast: Cast) -> None:
    client, code = client_of(cast.analyst), cast.programme.code
    day = {"on_day": "1", "on_month": "7", "on_year": "2026"}
    answer = client.post(reverse("performance:review-new", args=[code]), {"service": "", **day})
    page = answer["Location"]
    meeting = ReviewMeeting.objects.get()
    assert client.post(f"{page}held/", day).status_code == 302
    assert client.post(f"{page}notes/", {"service": "", "text": "Referrals fell"}).status_code == 302
    due = {"due_on_day": "31", "due_on_month": "7", "due_on_year": "2026"}
    action = {"service": "", "text": "Visit the team", "owner": "Performance team", **due}
    assert client.post(f"{page}actions/", action).status_code == 302
    shown = client.get(page).content.decode()
    for text in ("Referrals fell", "Visit the team", "Performance team", "As it was on the day"):
        assert text in shown
    assert meeting.actions.get().due_on == date(2026, 7, 31)


@pytest.mark.parametrize("part", ["held", "notes", "actions"])
def test_a_form_that_says_nothing_is_refused_with_its_reasons(cast: Cast, part: str) -> None:
    meeting = planned(cast.programme, cast.analyst)
    address = reverse("performance:review-detail", args=[cast.programme.code, meeting.pk])
    answer = client_of(cast.analyst).post(f"{address}{part}/", {})
    assert answer.status_code == 200
    assert "There is a problem" in answer.content.decode()


def test_lists_download_with_their_state(cast: Cast) -> None:
    action = agreed(reviewed(cast.programme, cast.analyst), cast.analyst)
    tell(action, cast, ActionState.DROPPED, "No longer needed")
    rows = downloaded(cast, "action-list-file")
    assert rows[1][1:5] == (
        "Speak to the referring teams",
        "Example Provider manager",
        "2026-07-31",
        "Dropped",
    )
    assert rows[1][7] == "No longer needed"
    assert downloaded(cast, "review-list-file")[1] == ("1", "Contract review", "2026-07-01", "2026-07-01")


def test_a_service_meets_at_most_once_a_day_and_kind(cast: Cast) -> None:
    service = cast.programme.services.get()
    record_practice(
        service=service,
        kind=PracticeKind.TEAM,
        held_on=HELD_ON,
        attended=4,
        actor=cast.manager,
        at=AT,
    )
    for day, reason in (
        (HELD_ON, "recorded already"),
        (AT.date() + timedelta(days=1), "when the service began, to today"),
        (service.starts_on - timedelta(days=1), "when the service began, to today"),
    ):
        with pytest.raises(CannotRecord, match=reason):
            record_practice(
                service=service,
                kind=PracticeKind.TEAM,
                held_on=day,
                attended=4,
                actor=cast.manager,
                at=AT,
            )
    assert PracticeMeeting.objects.count() == 1


def test_a_meeting_is_late_by_the_cadence_that_holds_now(cast: Cast) -> None:
    record_practice(
        service=cast.programme.services.get(),
        kind=PracticeKind.SUPERVISION,
        held_on=date(2026, 6, 15),
        attended=2,
        actor=cast.manager,
        at=AT,
    )
    for days, is_late in ((30, False), (7, True)):
        set_cadence(
            programme=cast.programme,
            kind=PracticeKind.SUPERVISION,
            every_days=days,
            actor=cast.analyst,
            at=AT,
        )
        kept = kept_by(cast.programme, list(cast.programme.services.all()), AT.date())
        (row,) = (each for each in kept if each.kind == PracticeKind.SUPERVISION)
        assert row.is_late is is_late


def tell(action: ReviewAction, cast: Cast, state: ActionState, text: str = "Said") -> None:
    tell_action(action_id=action.pk, state=state, text=text, actor=cast.analyst, at=AT)


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def opened(user: Any, page: str, cast: Cast, pk: int) -> Any:
    return client_of(user).get(reverse(f"performance:{page}", args=[cast.programme.code, pk]))


def downloaded(cast: Cast, view: str) -> list[tuple[str, ...]]:
    answer = client_of(cast.auditor).get(reverse(f"performance:{view}", args=[cast.programme.code, "csv"]))
    return [tuple(line.split(",")) for line in answer.content.decode("utf-8-sig").splitlines()]


def test_a_service_that_falls_off_its_usual_course_stands_on_the_agenda(cast: Cast) -> None:
    """Twelve usual months and then seven of next to nothing: referrals and starts give signals."""
    service = cast.programme.services.get()
    service.starts_on = date(2024, 1, 1)
    months = [Month(2024, 12) + count for count in range(19)]
    PeopleFact.objects.filter(programme=cast.programme).delete()
    for place, month in enumerate(months):
        count = 9 + place % 3 if place < 12 else 1
        fact(cast, service, month, count)
    (found,) = (
        each
        for each in early_warnings(cast.programme, [service], date(2026, 7, 3))
        if each.kind is WarningKind.SIGNALS
    )
    assert found.figures == "Unusual in the wrong direction: referrals and starts."


def test_counts_are_left_out_of_the_funders_agenda_where_the_contract_rules_so(cast: Cast) -> None:
    service = cast.programme.services.get()
    service.starts_on = date(2026, 1, 1)
    service.save()
    for place in range(6):
        fact(cast, service, Month(2026, 1) + place, 9 if place < 3 else 1)
    meeting = planned(cast.programme, cast.analyst)
    seen = [each.text for each in agenda_for(meeting, [service], AT.date()) if each.topic == "Referrals"]
    assert seen[0].startswith(f"{service.name}: 3 in the last three months after 27 in the three before.")
    ruled(cast)
    seen = [each.text for each in agenda_for(meeting, [service], AT.date()) if each.topic == "Referrals"]
    assert seen == [f"{service.name}: Which teams have stopped referring, and who speaks to them?"]


def fact(cast: Cast, service: Service, month: Month, count: int) -> None:
    """Say that so many people were referred and started in a month."""
    names = [name for name in PEOPLE_COLUMNS if name not in {"referrals", "starts"}]
    PeopleFact.objects.create(
        programme=cast.programme,
        service=service,
        first_day=month.first_day,
        referrals=count,
        starts=count,
        **dict.fromkeys(names, 0),
    )
