"""What verifiers, managers and those who close months are reminded of, and everybody else is not."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.core import mail
from django.test import Client

from accounts.models import User
from accounts.services.digests import send_digests
from accounts.services.reminding import reminders_of
from funders.models import Programme
from outcomes.enums import Rule
from outcomes.models import OutcomeEvent, SampledEvent
from outcomes.services.imports import import_outcomes
from outcomes.services.sampling import Draw, draw_sample, record_finding, reply_to_finding
from outcomes.services.verification import answer_query, query_event, reject_event, verify_event
from tests.cast import AT, Cast, close
from tests.outcomes.verified import HEADINGS

pytestmark = pytest.mark.django_db

WAITS = "1 outcome waits to be verified (WL-IPS)"
LONG = "1 outcome has waited more than 5 days to be verified (WL-IPS)"
MONTHS = "3 months have ended and are not closed (WL-IPS)"
MAY = datetime(2026, 5, 4, 9, tzinfo=UTC)
OWN_RIGHTS = {
    "analyst": {LONG},
    "finance": {LONG, MONTHS},
    "administrator": {LONG, MONTHS},
    "auditor": set[str](),
    "commissioner": set[str](),
    "other_commissioner": set[str](),
    "approver": set[str](),
    "investor": set[str](),
    "outsider": set[str](),
    "specialist": set[str](),
    "manager": set[str](),
}


def told(user: User, at: datetime = AT) -> set[str]:
    return {each.text for each in reminders_of(user, at)}


@pytest.mark.parametrize("role", OWN_RIGHTS)
def test_each_role_is_reminded_of_what_it_may_do_and_of_nothing_else(role: str, cast: Cast) -> None:
    assert told(getattr(cast, role)) == OWN_RIGHTS[role]


def test_every_role_of_the_cast_is_asked() -> None:
    assert set(OWN_RIGHTS) == set(Cast.__annotations__) - {"programme"}


def test_somebody_without_any_place_is_reminded_of_nothing(cast: Cast) -> None:
    assert told(User.objects.create_user("nobody@example.org", None, name="Nobody")) == set()


@pytest.mark.parametrize(("day", "said"), [(8, WAITS), (9, LONG)])
def test_an_event_that_waits_more_than_five_days_is_told_apart(day: int, said: str, cast: Cast) -> None:
    assert said in told(cast.analyst, datetime(2026, 5, day, 9, tzinfo=UTC))


def test_an_event_is_gone_once_somebody_decided_or_asked(cast: Cast) -> None:
    event = OutcomeEvent.objects.get(reference="E-005")
    query_event(event_id=event.pk, about=Rule.EVIDENCE, question="Which?", actor=cast.finance, at=AT)
    assert told(cast.analyst) == set()


@pytest.mark.parametrize("decision", ["verify", "reject"])
def test_a_decision_takes_the_reminder_away_from_everybody(decision: str, cast: Cast) -> None:
    event = OutcomeEvent.objects.get(reference="E-005")
    if decision == "verify":
        verify_event(event_id=event.pk, actor=cast.finance, at=AT)
    else:
        reject_event(
            event_id=event.pk, about=Rule.HOURS, reason="Too few.", cure="Wait.", actor=cast.finance, at=AT
        )
    assert told(cast.analyst) == set()
    assert told(cast.finance) == {MONTHS}


def test_nobody_is_reminded_of_an_event_that_they_submitted(cast: Cast) -> None:
    row = "E-009,P-003,ENGAGED,2026-06-02,,,,2026-07-01,,\n"
    report = import_outcomes(
        programme_id=cast.programme.pk, content=(HEADINGS + row).encode(), actor=cast.analyst, at=AT
    )
    assert not report.rejections
    assert told(cast.analyst) == {LONG}
    assert told(cast.finance) == {LONG, WAITS, MONTHS}


def test_nobody_is_reminded_of_an_event_that_is_theirs_whatever_its_steps_say(cast: Cast) -> None:
    OutcomeEvent.objects.filter(reference="E-005").update(submitted_by=cast.analyst)
    assert told(cast.analyst) == set()
    assert LONG in told(cast.finance)


def test_nobody_is_reminded_of_an_event_for_which_they_answered(cast: Cast) -> None:
    event = OutcomeEvent.objects.get(reference="E-005")
    query_event(event_id=event.pk, about=Rule.EVIDENCE, question="Which?", actor=cast.finance, at=AT)
    answer_query(event_id=event.pk, answer="The first.", actor=cast.analyst, at=AT)
    assert told(cast.analyst) == set()
    assert LONG in told(cast.finance)


def test_a_closed_month_is_done(cast: Cast) -> None:
    close(cast.programme, "2026-04")
    assert "2 months have ended and are not closed (WL-IPS)" in told(cast.finance)
    close(cast.programme, "2026-05")
    close(cast.programme, "2026-06")
    assert told(cast.finance) == {LONG}


def test_months_are_told_from_their_last_days_midnight_where_the_programme_runs(cast: Cast) -> None:
    close(cast.programme, "2026-04")
    close(cast.programme, "2026-05")
    one = "1 month has ended and is not closed (WL-IPS)"
    assert one not in told(cast.finance, datetime(2026, 6, 30, 22, 59, tzinfo=UTC))
    assert one in told(cast.finance, datetime(2026, 6, 30, 23, 0, tzinfo=UTC))


def test_a_month_that_closes_by_itself_is_told_once_it_should_have(cast: Cast) -> None:
    Programme.objects.update(closes_by_itself=True)
    close(cast.programme, "2026-04")
    close(cast.programme, "2026-05")
    one = "1 month has ended and is not closed (WL-IPS)"
    assert one not in told(cast.finance, datetime(2026, 7, 2, 9, tzinfo=UTC))
    assert one in told(cast.finance, datetime(2026, 7, 3, 9, tzinfo=UTC))


def test_months_after_a_programmes_last_are_nobodys_to_do(cast: Cast) -> None:
    Programme.objects.update(ends_on=date(2026, 5, 31))
    assert "2 months have ended and are not closed (WL-IPS)" in told(cast.finance)


def test_a_drawn_event_is_told_to_those_who_may_look_then_its_finding_to_the_manager(cast: Cast) -> None:
    verify_event(event_id=OutcomeEvent.objects.get(reference="E-005").pk, actor=cast.finance, at=AT)
    wanted = Draw(AT.date(), AT.date(), 100, "dice 1 2 3")
    draw_sample(programme_id=cast.programme.pk, wanted=wanted, amounts={}, actor=cast.finance, at=AT)
    sampled = SampledEvent.objects.get()
    looks = "1 drawn outcome waits for a second look (WL-IPS)"
    finding = "1 finding waits for your reply (WL-IPS)"
    assert looks in told(cast.analyst)
    assert looks not in told(cast.finance)
    assert looks not in told(cast.auditor)
    assert told(cast.manager) == set()

    record_finding(
        sampled_id=sampled.pk, is_agreed=False, finding="Another person's.", actor=cast.analyst, at=AT
    )
    assert looks not in told(cast.administrator)
    assert told(cast.manager) == {finding}
    assert told(cast.specialist) == set()

    reply_to_finding(sampled_id=sampled.pk, reply="It is theirs.", actor=cast.manager, at=AT)
    assert told(cast.manager) == set()


@pytest.mark.parametrize("role", OWN_RIGHTS)
def test_every_link_opens_for_whom_it_is_shown(role: str, cast: Cast, client: Client) -> None:
    user = getattr(cast, role)
    client.force_login(user)
    for each in reminders_of(user, AT):
        assert client.get(each.url).status_code == 200


def test_a_verifier_with_much_to_do_gets_one_letter(cast: Cast) -> None:
    rows = "".join(f"E-1{n:02},P-00{n % 3 + 1},ENGAGED,2026-06-0{n + 1},,,,2026-07-01,,\n" for n in (2,))
    import_outcomes(programme_id=cast.programme.pk, content=(HEADINGS + rows).encode(), actor=None, at=AT)

    for hours in range(24):
        send_digests(now=lambda hours=hours: AT.replace(hour=hours))  # type: ignore[misc]

    to_finance = [letter for letter in mail.outbox if letter.to == [cast.finance.email]]
    assert len(to_finance) == 1
    assert to_finance[0].subject == "MHEP: 5 things wait for you"
