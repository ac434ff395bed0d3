"""What specialists and managers are reminded of: as things stand, theirs only, and nobody's data."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from accounts.models import User
from accounts.services.digests import send_digests
from accounts.services.reminding import reminders_of
from funders.models import Programme, Sustainment
from outcomes.enums import Rule
from outcomes.models import OutcomeEvent
from outcomes.services.imports import import_outcomes
from outcomes.services.verification import answer_query, query_event
from participants.access import own_people
from participants.enums import ActivityKind, ConsentKind, WorkKind
from participants.models import Participant
from participants.services.consent import give_consent, withdraw_consent
from participants.services.spells import hand_over
from participants.services.support import Support, add_activity
from participants.services.work import NewJob, begin_job
from providers.enums import ProviderRole
from providers.models import ProviderMember
from tests.accounts.letters import html_of
from tests.cast import PASSWORD, Cast
from tests.outcomes.verified import HEADINGS
from tests.participants.people import AT, Two, started, two_providers

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 20)
CANARIES = ("Canary", "Kitchens", "07700 900123", "P-00", "E-00", "EC-")


@pytest.fixture
def two(cast: Cast) -> Two:
    return two_providers(cast)


def told(user: User, at: datetime = AT) -> dict[str, int]:
    """Return what the user is reminded of, with how much of it."""
    return {each.text: each.count for each in reminders_of(user, at)}


def by(two: Two) -> dict[str, Any]:
    return {"participant": two.ours, "actor": two.cast.specialist, "at": AT}


def contact(two: Two, kind: ActivityKind, day: date = TODAY) -> None:
    with own_people(two.cast.specialist):
        add_activity(support=Support(kind, day, uuid4(), "Canary note"), **by(two))


CONSENT = "1 person’s consent to share data is missing"
EMPLOYER = "1 first contact with an employer is due or falls due within a week"
QUIET = "1 person has had no support for three weeks"
CLAIM = "1 outcome can be claimed"
SOON = "1 check of a sustained job falls due within a week: collect the evidence"
QUESTION = "1 question about an outcome waits for an answer"


def test_a_specialist_is_reminded_of_what_their_own_people_need(two: Two) -> None:
    assert told(two.cast.specialist) == {CONSENT: 1, EMPLOYER: 1, QUIET: 1}


def test_each_reminder_is_gone_once_it_is_done_and_back_when_it_is_undone(two: Two) -> None:
    with own_people(two.cast.specialist):
        give_consent(kinds=[ConsentKind.DATA_SHARING], version="1", given_on=TODAY, **by(two))
    assert told(two.cast.specialist) == {EMPLOYER: 1, QUIET: 1}

    contact(two, ActivityKind.CONTACT)
    assert told(two.cast.specialist) == {EMPLOYER: 1}

    contact(two, ActivityKind.EMPLOYER_CONTACT)
    assert told(two.cast.specialist) == {}

    with own_people(two.cast.specialist):
        withdraw_consent(kind=ConsentKind.DATA_SHARING, withdrawn_on=TODAY, **by(two))
    assert told(two.cast.specialist) == {CONSENT: 1}


def test_a_check_of_a_sustained_job_is_told_a_week_before_then_as_a_claim_then_not_at_all(two: Two) -> None:
    settled(two)
    _work_for_thirteen_weeks(two)
    moments = {
        date(2026, 7, 31): {},
        date(2026, 8, 5): {SOON: 1},
        date(2026, 8, 20): {CLAIM: 1},
    }
    for day, expected in moments.items():
        contact_day = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
        with time_machine.travel(contact_day), own_people(two.cast.specialist):
            support = Support(ActivityKind.CONTACT, day, uuid4())
            add_activity(participant=two.ours, support=support, actor=two.cast.specialist, at=contact_day)
        assert told(two.cast.specialist, contact_day) == expected

    _import(two.cast.programme, f"EC-9,{two.ours.reference},SUSTAINED,2026-08-10,20,,payslip,2026-08-20,,")
    assert told(two.cast.specialist, datetime(2026, 8, 20, 9, tzinfo=UTC)) == {}


def test_a_question_is_told_until_it_is_answered(two: Two) -> None:
    settled(two)
    _import(two.cast.programme, f"EC-1,{two.ours.reference},JOB_START,2026-06-01,20,,payslip,2026-06-05,,")
    event = OutcomeEvent.objects.get(reference="EC-1")
    query_event(event_id=event.pk, about=Rule.EVIDENCE, question="Canary?", actor=two.cast.analyst, at=AT)
    assert told(two.cast.specialist) == {QUESTION: 1}

    answer_query(event_id=event.pk, answer="Canary.", actor=two.cast.specialist, at=AT)
    assert told(two.cast.specialist) == {}


def test_a_manager_is_reminded_of_the_team_and_nobody_of_another_providers_people(two: Two) -> None:
    started(two.cast.programme.services.get(code="WL-1"), two.cast.specialist, name="Canary Second")

    groups = {(each.kind.group, each.count) for each in reminders_of(two.cast.manager, AT)}

    assert groups == {("Your team’s caseload", 2)}
    assert {each.count for each in reminders_of(two.rival, AT)} == {1}


def test_somebody_who_was_handed_over_is_the_next_specialists_to_do(two: Two) -> None:
    other = User.objects.create_user("other@example.org", PASSWORD, name="Other Specialist")
    provider = two.ours.service.provider
    ProviderMember.objects.create(provider=provider, user=other, role=ProviderRole.SPECIALIST)
    with own_people(two.cast.specialist):
        hand_over(specialist=other, from_day=TODAY, **by(two))

    assert told(two.cast.specialist) == {}
    assert set(told(other)) == {CONSENT, EMPLOYER, QUIET}


def test_after_the_programme_ended_nobody_is_told_that_support_is_quiet(two: Two) -> None:
    Programme.objects.update(ends_on=date(2026, 6, 19))
    assert told(two.cast.specialist) == {}


def test_the_number_of_queries_does_not_grow_with_the_people(
    two: Two, django_assert_num_queries: Any
) -> None:
    with CaptureQueriesContext(connection) as few:
        told(two.cast.specialist)
    service = two.cast.programme.services.get(code="WL-1")
    for n in range(5):
        started(service, two.cast.specialist, name=f"Canary {n}")
    with django_assert_num_queries(len(few)):
        told(two.cast.specialist)


@pytest.mark.parametrize("role", ["specialist", "manager"])
def test_every_link_leads_to_exactly_those_of_whom_it_tells(role: str, two: Two, client: Client) -> None:
    user = getattr(two.cast, role)
    client.force_login(user)
    settled(two)
    needy = started(two.cast.programme.services.get(code="WL-1"), two.cast.specialist, name="Canary Needy")
    with time_machine.travel(AT):
        for each in reminders_of(user, AT):
            page = client.get(each.url)
            assert page.status_code == 200
            assert [entry.participant for entry in page.context["waiting"]] == [needy] * each.count
        nobody = client.get("/caseload/?need=QUERY")
        assert client.get("/caseload/?need=NOTHING").context["only"] == ""
    assert "Nobody is left for whom this is to be done" in nobody.text


def test_no_letter_and_no_number_holds_anybodys_data(two: Two, client: Client) -> None:
    """The names, notes, employers and references of everybody are canaries."""
    settled(two, contacted=False)
    _import(two.cast.programme, f"EC-1,{two.ours.reference},JOB_START,2026-06-01,20,,payslip,2026-06-05,,")
    event = OutcomeEvent.objects.get(reference="EC-1")
    query_event(event_id=event.pk, about=Rule.EVIDENCE, question="Canary?", actor=two.cast.analyst, at=AT)
    names = [user.name for user in User.objects.all()]
    references = list(Participant.objects.values_list("reference", flat=True))

    # A Monday, so that everybody is due.
    send_digests(now=lambda: datetime(2026, 6, 22, 9, tzinfo=UTC))

    assert len(mail.outbox) >= 5
    for letter in mail.outbox:
        whole = letter.message().as_string()
        body = str(letter.body) + html_of(letter)
        for secret in (*CANARIES, *names, *references):
            assert secret not in body
            assert secret not in letter.subject
            assert secret not in whole
        for address in links(body):
            found = resolve(address.removeprefix("https://mhep.example.org").partition("?")[0])
            assert set(found.kwargs) <= {"code"}


def links(body: str) -> list[str]:
    return re.findall(r"https://[^\s\"<&]+", body)


def settled(two: Two, *, contacted: bool = True) -> None:
    """Give the person all that they need."""
    with own_people(two.cast.specialist):
        give_consent(kinds=[ConsentKind.DATA_SHARING], version="1", given_on=date(2026, 5, 11), **by(two))
    if contacted:
        contact(two, ActivityKind.EMPLOYER_CONTACT)


def _work_for_thirteen_weeks(two: Two) -> None:
    kind = two.cast.programme.outcome_types.get(code="SUSTAINED")
    Sustainment.objects.create(outcome_type=kind, weeks=13)
    _import(
        two.cast.programme,
        f"EC-2,{two.ours.reference},JOB_START,2026-05-12,20,,payslip,2026-05-20,2026-05-21,",
    )
    with own_people(two.cast.specialist):
        job = NewJob(WorkKind.WORK, "Canary Kitchens", "Cook", "", date(2026, 5, 12), Decimal(20))
        begin_job(job=job, **by(two))


def _import(programme: Programme, row: str) -> None:
    content = f"{HEADINGS}{row}\n".encode()
    report = import_outcomes(programme_id=programme.pk, content=content, actor=None, at=AT)
    assert not report.rejections, report.rejections
