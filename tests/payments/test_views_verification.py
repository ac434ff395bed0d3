"""The verifier's pages: who may look and who decides, what they show, and where they lead."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date

import pytest
import time_machine
from django.test import Client
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from mhep.shared.sealed_ids import Kind, sealed_id
from outcomes.enums import EventState, Rule
from outcomes.models import EventQuery, EventRejection, OutcomeEvent, SampleAudit
from outcomes.services.imports import import_outcomes
from outcomes.services.sampling import Draw, draw_sample, record_finding
from outcomes.services.verification import answer_query, query_event, reject_event, verify_event
from participants.services import import_participants
from payments.selectors.charged import charged_to_funders
from payments.selectors.expected import expected_for
from payments.selectors.verification import QueueFilter, queue_of
from tests.cast import AT, Cast, close
from tests.payments.test_views_rate_card import text_of

QUEUE = "/programmes/WL-IPS/verification/"
AUDITS = "/programmes/WL-IPS/sample-audits/"
FIRST, SECOND = (f"{sealed_id(Kind.SAMPLED_EVENT, position)}/" for position in (1, 2))
READERS = ["analyst", "finance", "administrator", "auditor"]
DECIDERS = ["analyst", "finance", "administrator"]
TODAY = date(2026, 7, 3)
PARTICIPANTS = "participant,service,area,cohort,referred_on,started_on,consented_on\n"
EVENTS = (
    "event,participant,outcome,outcome_date,hours_per_week,job,evidence,submitted_on,verified_on,voided_on\n"
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def july() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


def person(cast: Cast, who: str) -> User:
    return getattr(cast, who)  # type: ignore[no-any-return]


def event(reference: str) -> OutcomeEvent:
    return OutcomeEvent.objects.get(reference=reference)


def sealed(reference: str) -> str:
    return str(sealed_id(Kind.EVENT, event(reference).pk))


def audit_page(audit: SampleAudit) -> str:
    return f"{AUDITS}{sealed_id(Kind.SAMPLE_AUDIT, audit.pk)}/"


def address(reference: str, action: str = "") -> str:
    return f"{QUEUE}{sealed(reference)}/{action}"


def add(cast: Cast, rows: str) -> None:
    report = import_outcomes(
        programme_id=cast.programme.pk, content=(EVENTS + rows).encode(), actor=None, at=AT
    )
    assert not report.rejections, report.rejections


def many(cast: Cast, count: int, first: int = 0) -> None:
    """Add people, each with a job start that waits."""
    people = [f"M-{number:03}" for number in range(first, first + count)]
    rows = "".join(f"{each},WL-1,EAL,SUD,2026-04-02,2026-04-06,2026-04-06\n" for each in people)
    import_participants(
        programme_id=cast.programme.pk, content=(PARTICIPANTS + rows).encode(), actor=None, at=AT
    )
    add(cast, "".join(f"W-{each},{each},JOB_START,2026-06-01,20,,payslip,2026-06-02,,\n" for each in people))


@pytest.mark.parametrize("page", ["", "acceptance/", "detail"])
@pytest.mark.parametrize(
    ("who", "status"),
    [*((reader, 200) for reader in READERS), ("commissioner", 403), ("manager", 403), ("outsider", 404)],
)
def test_the_operators_people_look(cast: Cast, client: Client, page: str, who: str, status: int) -> None:
    client.force_login(person(cast, who))
    where = address("E-005") if page == "detail" else QUEUE + page
    assert client.get(where).status_code == status


FORMS = {
    "verify/": {},
    "query/": {"about": Rule.EVIDENCE, "question": "Which month?"},
    "reject/": {"about": Rule.EVIDENCE, "reason": "None.", "cure": "Record it anew."},
}
RESULTS = {"verify/": EventState.VERIFIED, "query/": EventState.QUERIED, "reject/": EventState.REJECTED}


@pytest.mark.parametrize("action", FORMS)
@pytest.mark.parametrize(
    ("who", "status"),
    [
        *((decider, 302) for decider in DECIDERS),
        ("auditor", 403),
        ("commissioner", 403),
        ("specialist", 403),
        ("outsider", 404),
    ],
)
def test_analysts_finance_and_administrators_decide(
    cast: Cast, client: Client, action: str, who: str, status: int
) -> None:
    client.force_login(person(cast, who))

    answer = client.post(address("E-005", action), FORMS[action])

    assert answer.status_code == status
    assert event("E-005").state == (RESULTS[action] if status == 302 else EventState.SUBMITTED)
    assert client.get(address("E-005", action)).status_code == 405


def test_the_navigation_says_how_many_wait(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)
    assert "Verification 1 waiting" in text_of(client.get("/programmes/WL-IPS/months/").text)
    verify_event(event_id=event("E-005").pk, actor=cast.finance, at=AT)
    assert "waiting" not in text_of(client.get("/programmes/WL-IPS/months/").text)


def test_the_queue_shows_what_waits_and_what_is_at_stake(cast: Cast, client: Client) -> None:
    add(cast, "E-009,P-003,SUSTAINED,2026-05-20,20,,payslip;time_slip,2026-06-30,,\n")
    client.force_login(cast.auditor)

    text = text_of(client.get(QUEUE).text)

    # The engagement matches no funder's term; the first sustained job has a price of nothing.
    assert "E-005 P-002 Engagement 2 May 2026 3 May 2026 61 none £0.00 no funder pays" in text
    assert (
        "E-009 P-003 Job sustained for 13 weeks 20 May 2026 30 June 2026 3 payslip, time slip £0.00" in text
    )
    assert "Verify the chosen events" not in text


def test_the_queue_is_sorted_by_money_when_asked(cast: Cast, client: Client) -> None:
    many(cast, 2)
    rows = queue_of(cast.analyst, cast.programme, QueueFilter(sort="money"), TODAY)
    amounts = [row.expected.at_stake_minor for row in rows]
    assert amounts == sorted(amounts, reverse=True)
    assert [row.event.reference for row in rows][-1] == "E-005"


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("state=QUERIED", ["E-005"]),
        ("state=SUBMITTED", ["W-M-000"]),
        ("outcome=JOB_START", ["W-M-000"]),
        ("service=WL-1", ["E-005", "W-M-000"]),
        ("age=28", ["E-005", "W-M-000"]),
        ("age=91", []),
        ("state=DRAFT&outcome=NONE", ["E-005", "W-M-000"]),
    ],
)
def test_the_queue_is_filtered(cast: Cast, client: Client, query: str, shown: list[str]) -> None:
    many(cast, 1)
    query_event(event_id=event("E-005").pk, about=Rule.DATE, question="When?", actor=cast.finance, at=AT)
    client.force_login(cast.analyst)

    listed = client.get(f"{QUEUE}?{query}").context["page"].object_list

    assert [row.event.reference for row in listed] == shown
    table = csv.DictReader(io.StringIO(client.get(f"{QUEUE[:-1]}.csv?{query}").content.decode("utf-8-sig")))
    assert [row["Event"] for row in table] == shown


def test_the_queue_as_a_file_holds_what_the_page_shows(cast: Cast, client: Client) -> None:
    many(cast, 1)
    client.force_login(cast.auditor)

    answer = client.get(f"{QUEUE[:-1]}.xlsx")

    rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))  # type: ignore[union-attr]
    by_event = {row[0]: row for row in rows[1:]}
    assert by_event["W-M-000"][8:11] == ("payslip", 1250, "GBP")
    assert client.get(f"{QUEUE[:-1]}.pdf").status_code == 404


def test_an_empty_queue_says_so(cast: Cast, client: Client) -> None:
    verify_event(event_id=event("E-005").pk, actor=cast.finance, at=AT)
    client.force_login(cast.analyst)
    assert "Nothing waits to be verified" in client.get(QUEUE).text
    assert "No event matches these filters" in client.get(f"{QUEUE}?state=QUERIED").text


def test_one_page_holds_the_claim_the_rules_the_money_and_other_events(cast: Cast, client: Client) -> None:
    close(cast.programme, "2026-04")
    add(cast, "E-009,P-002,SUSTAINED,2026-05-20,20,,payslip,2026-05-30,,\n")
    client.force_login(cast.analyst)

    text = text_of(client.get(address("E-009")).text)

    assert "Event E-009 Waiting to be verified" in text
    assert "Evidence payslip" in text
    assert "Start Started on 6 April 2026, 44 days before the outcome. Met" in text
    assert "Outcome before JOB_START on 11 April 2026 (E-002), 39 days before" in text
    assert "Hours a week 20 a week; no minimum. Not asked for" in text
    assert "Verified today, it is priced in July 2026" in text
    assert "Example Foundation FOUND-1, sustained-16h Nothing due at this price £0.00" in text
    assert "Other events of P-002" in text
    assert "Engagement E-005" in text


def test_the_page_says_what_a_cap_leaves(cast: Cast, client: Client) -> None:
    many(cast, 1)
    client.force_login(cast.analyst)

    text = text_of(client.get(address("W-M-000")).text)

    assert "A cap will bind" in text
    assert "EALING-1, job-start Nothing paid: a cap was reached (£750.00 due) £0.00" in text
    assert "At stake £1,250.00" in text
    assert "Paid to Example Provider CIO TWN-1, starts £900.00" in text


def test_a_decision_leads_to_the_next_of_the_filtered_queue(cast: Cast, client: Client) -> None:
    many(cast, 2)
    client.force_login(cast.analyst)
    query = "?outcome=JOB_START"

    first = client.post(address("W-M-000", "verify/") + query, follow=True)
    assert first.redirect_chain == [(address("W-M-001") + query, 302)]
    assert "W-M-000 is verified." in text_of(first.text)
    last = client.post(address("W-M-001", "verify/") + query, follow=True)
    assert last.redirect_chain == [(QUEUE + query, 302)]
    assert "That was the last one of the queue." in text_of(last.text)


def test_the_second_of_two_verifiers_is_told(cast: Cast, client: Client) -> None:
    verify_event(event_id=event("E-005").pk, actor=cast.finance, at=AT)
    client.force_login(cast.analyst)

    answer = client.post(address("E-005", "verify/"), follow=True)

    assert "E-005 is verified; it cannot be verified. Somebody may have been quicker" in text_of(answer.text)
    assert event("E-005").verified_by == cast.finance


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("query/", "Write what the provider shall answer"),
        ("query/", "Choose which rule the question is about"),
        ("reject/", "Write why the event does not count"),
        ("reject/", "Write what the provider can do, or that nothing can be done"),
    ],
)
def test_a_form_that_is_sent_empty_comes_back_open_with_its_errors(
    cast: Cast, client: Client, action: str, message: str
) -> None:
    client.force_login(cast.analyst)

    html = client.post(address("E-005", action), {}).text

    assert "<title>Error: Verify E-005" in html
    assert text_of(html).count(message) == 2  # in the summary, and beside the field
    assert html.count(" open>") == 1
    assert event("E-005").state == EventState.SUBMITTED


def test_a_question_is_answered_on_the_same_page(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)
    client.post(address("E-005", "query/"), FORMS["query/"])
    given = {
        "answer": "The payslip came later.",
        "outcome_date_day": "1",
        "outcome_date_month": "May",
        "outcome_date_year": "2026",
        "evidence": "payslip; time_slip",
    }

    answer = client.post(address("E-005", "answer/"), given, follow=True)

    text = text_of(answer.text)
    assert "E-005 is submitted again." in text
    assert "You submitted or edited this event, so somebody else verifies it." in text
    assert "Evidence: Which month?" in text
    found = event("E-005")
    assert (found.outcome_date, found.evidence) == (date(2026, 5, 1), ["payslip", "time_slip"])
    assert EventQuery.objects.get().answer == "The payslip came later."


def test_an_answer_that_breaks_a_rule_comes_back_with_the_reason(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)
    client.post(address("E-005", "query/"), FORMS["query/"])
    given = {"answer": "x", "outcome_date_day": "1", "outcome_date_month": "4", "outcome_date_year": "2026"}

    text = text_of(client.post(address("E-005", "answer/"), given).text)

    assert "start on 2026-04-06. Correct one of them." in text
    assert event("E-005").state == EventState.QUERIED


def test_a_rejection_is_shown_with_its_cure(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)
    client.post(address("E-005", "reject/"), FORMS["reject/"])

    text = text_of(client.get(address("E-005")).text)

    assert "Rejected (evidence): None. How to cure it: Record it anew." in text
    assert EventRejection.objects.get().rejected_by == cast.analyst
    assert "Your decision" not in text


# Several at once


def clear_events(cast: Cast) -> list[str]:
    """Add a band price above nothing: sustained jobs of Harrow that nothing is doubtful about."""
    close(cast.programme, "2026-04")
    rows = "".join(
        f"S-{number},P-00{number},SUSTAINED,2026-06-0{number},20,,payslip;time_slip,2026-06-10,,\n"
        for number in (1, 2, 3)
    )
    add(cast, rows)
    verify_event(event_id=event("S-1").pk, actor=cast.finance, at=AT)  # takes the place that pays nothing
    return ["S-2", "S-3"]


def test_several_are_verified_after_a_look_at_all_of_them(cast: Cast, client: Client) -> None:
    clear = clear_events(cast)
    client.force_login(cast.analyst)
    keys = [sealed(reference) for reference in (*clear, "E-005")]
    assert 'name="event"' in client.get(QUEUE).text

    confirm = text_of(client.post(f"{QUEUE}confirm/", {"event": keys}).text)

    assert "Verify 2 events" in confirm
    assert "Together, each verified alone £800.00" in confirm
    assert "1 of those that you chose is left out" in confirm
    assert event("S-2").state == EventState.SUBMITTED
    done = client.post(f"{QUEUE}several/", {"event": keys}, follow=True)
    assert "2 events verified: S-2, S-3. Not verified: E-005. Look at each by itself." in text_of(done.text)
    assert {event(each).verified_by for each in clear} == {cast.analyst}
    assert event("E-005").state == EventState.SUBMITTED


def test_nothing_chosen_is_said_so(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)
    for given in ({}, {"event": [sealed("E-005")]}, {"event": ["x", event("E-004").pk]}):
        answer = client.post(f"{QUEUE}confirm/", given, follow=True)
        assert "Choose at least one event about which nothing is doubtful." in text_of(answer.text)


# Voids


VOID = {"voided_on_day": "1", "voided_on_month": "7", "voided_on_year": "2026", "reason": "Not paid work."}


def test_a_void_is_shown_to_the_penny_before_it_is_done(cast: Cast, client: Client) -> None:
    close(cast.programme, "2026-04")
    add(cast, "E-009,P-001,SUSTAINED,2026-05-20,20,,payslip,2026-05-30,,\n")
    client.force_login(cast.finance)
    assert f'href="{address("E-001", "void/")}"' in client.get(address("E-001")).text

    preview = text_of(client.post(address("E-001", "void/"), VOID).text)

    assert "Credited to funders £1,250.00" in preview
    assert "Taken back from providers £900.00" in preview
    assert (
        "E-009, Job sustained for 13 weeks of 20 May 2026: voided on 1 July 2026, because it depends on E-001"
        in preview
    )
    assert (
        "London Borough of Ealing EALING-1, job-start E-001 £750.00 £750.00 "
        "Credit note of July 2026, correcting INV-000001" in preview
    )
    assert event("E-001").voided_on is None
    done = text_of(client.post(address("E-001", "void/confirm/"), VOID, follow=True).text)
    assert "E-001 is voided, and with it E-009." in done
    assert (event("E-001").voided_on, event("E-009").voided_on) == (date(2026, 7, 1), date(2026, 7, 1))
    again = text_of(client.post(address("E-001", "void/confirm/"), VOID, follow=True).text)
    assert "E-001 is voided; it cannot be voided." in again


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"voided_on_year": "2027"}, "The day is still to come."),
        ({"voided_on_month": "4"}, "E-001 was verified on 2026-04-14. Enter that day or a later one."),
        ({"reason": ""}, "Write why the event does not count"),
    ],
)
def test_a_void_that_cannot_be_says_why(
    cast: Cast, client: Client, changed: dict[str, str], message: str
) -> None:
    client.force_login(cast.finance)
    assert message in text_of(client.post(address("E-001", "void/"), VOID | changed).text)
    assert event("E-001").voided_on is None


@pytest.mark.parametrize(("who", "status"), [("auditor", 403), ("commissioner", 403), ("outsider", 404)])
def test_others_void_nothing(cast: Cast, client: Client, who: str, status: int) -> None:
    client.force_login(person(cast, who))
    for action in ("void/", "void/confirm/"):
        assert client.post(address("E-001", action), VOID).status_code == status
    assert event("E-001").voided_on is None


# Sample audits


def a_sample(cast: Cast) -> SampleAudit:
    return draw_sample(
        programme_id=cast.programme.pk,
        wanted=Draw(date(2026, 4, 1), date(2026, 6, 30), 50, "dice 4 2 6"),
        amounts=charged_to_funders(cast.programme),
        actor=cast.finance,
        at=AT,
    )


DRAW = {
    "first_day_day": "1",
    "first_day_month": "4",
    "first_day_year": "2026",
    "last_day_day": "30",
    "last_day_month": "6",
    "last_day_year": "2026",
    "percent": "50",
    "seed": "dice 4 2 6",
}


def test_a_sample_is_drawn_looked_at_and_replied_to(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)
    drawn = client.post(AUDITS, DRAW, follow=True)
    ((where, _),) = drawn.redirect_chain
    text = text_of(drawn.text)
    assert "Drawn: 2 of 4 events." in text
    assert "Drawn again from the seed, the sample is the same." in text

    client.post(f"{where}{FIRST}", {"is_agreed": "yes"})
    refused = text_of(client.post(f"{where}{SECOND}", {"is_agreed": "no"}).text)
    assert "Write what is wrong and how you know" in refused
    client.post(f"{where}{SECOND}", {"is_agreed": "no", "finding": "The payslip is of another person."})
    assert "Agreed 1 Not agreed 1 With a reply 0 Still to look at 0" in text_of(client.get(where).text)

    client.force_login(cast.manager)
    assert "The payslip is of another person." in client.get(f"{where}{SECOND}").text
    client.post(f"{where}{SECOND}", {"reply": "It is of the same person, who married."})
    client.force_login(cast.auditor)
    assert "It is of the same person, who married." in client.get(f"{where}{SECOND}").text


@pytest.mark.parametrize(
    ("who", "status"),
    [
        *((each, 200) for each in (*READERS, "manager", "specialist")),
        ("commissioner", 403),
        ("outsider", 404),
    ],
)
def test_the_operator_and_the_provider_see_a_sample(
    cast: Cast, client: Client, who: str, status: int
) -> None:
    audit = a_sample(cast)
    client.force_login(person(cast, who))
    for where in (AUDITS, audit_page(audit), f"{audit_page(audit)}{FIRST}"):
        assert client.get(where).status_code == status


def test_only_verifiers_draw_and_check_and_only_managers_reply(cast: Cast, client: Client) -> None:
    audit = a_sample(cast)
    first = f"{audit_page(audit)}{FIRST}"
    client.force_login(cast.auditor)
    assert client.post(AUDITS, DRAW | {"seed": "other"}).status_code == 403
    assert client.post(first, {"is_agreed": "yes"}).status_code == 403
    client.force_login(cast.manager)
    assert client.post(AUDITS, DRAW | {"seed": "other"}).status_code == 403
    assert "There is no finding about" in text_of(client.post(first, {"reply": "x"}).text)
    sampled = audit.sampled.get(position=1)
    record_finding(sampled_id=sampled.pk, is_agreed=False, finding="No.", actor=cast.finance, at=AT)
    client.force_login(cast.specialist)
    assert "Only a manager of the event" in text_of(client.post(first, {"reply": "x"}).text)
    sampled.refresh_from_db()
    assert sampled.reply == ""


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"seed": "dice 4 2 6"}, "The seed dice 4 2 6 is used already."),
        ({"last_day_year": "2025"}, "The period ends before it begins."),
        ({"first_day_month": "7", "last_day_month": "7"}, "No event was verified in this period."),
        ({"percent": "0"}, "The share must be a whole number from 1 to 100"),
        ({"percent": "1.5"}, "The share must be a whole number from 1 to 100"),
    ],
)
def test_a_sample_that_cannot_be_drawn_says_why(
    cast: Cast, client: Client, changed: dict[str, str], message: str
) -> None:
    a_sample(cast)
    client.force_login(cast.analyst)
    assert message in text_of(client.post(AUDITS, DRAW | {"seed": "new"} | changed).text)
    assert SampleAudit.objects.count() == 1


# First-pass acceptance


def decided(cast: Cast) -> None:
    """Of five events: two verified at once, one after a question, two rejected, one of them after one."""
    many(cast, 5)
    keys = [event(f"W-M-00{number}").pk for number in range(5)]
    for key in keys[2:4]:
        query_event(event_id=key, about=Rule.EVIDENCE, question="Which?", actor=cast.analyst, at=AT)
    for key in keys[3:]:
        reject_event(event_id=key, about=Rule.HOURS, reason="x", cure="y", actor=cast.analyst, at=AT)
    answer_query(event_id=keys[2], answer="This.", actor=cast.analyst, at=AT)
    for key in keys[:3]:
        verify_event(event_id=key, actor=cast.finance, at=AT)


def test_first_pass_acceptance_counts_only_what_was_decided_here(cast: Cast, client: Client) -> None:
    decided(cast)
    client.force_login(cast.auditor)

    text = text_of(client.get(f"{QUEUE}acceptance/").text)

    assert "Decided here 5 Verified at once 40% Queried 2 Rejected 2" in text
    assert "Example Provider CIO 5 2 2 40%" in text
    assert "Job start 5 2 2 40%" in text
    assert "Evidence 2 0 40%" in text
    assert "Hours a week 0 2 40%" in text
    rows = list(csv.reader(io.StringIO(client.get(f"{QUEUE}acceptance.csv").content.decode("utf-8-sig"))))
    assert rows[1] == ["All", "All", "5", "2", "40", "2", "2"]
    assert rows[-1] == ["Rule", "Hours a week", "5", "3", "60", "0", "2"]


def test_acceptance_without_any_decision_says_so(cast: Cast, client: Client) -> None:
    client.force_login(cast.auditor)
    assert "No event was decided here yet." in client.get(f"{QUEUE}acceptance/").text


# Cost


def test_pages_cost_the_same_queries_however_much_waits(
    cast: Cast, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    many(cast, 2)
    client.force_login(cast.analyst)
    pages = [QUEUE, f"{QUEUE}?sort=money", address("W-M-001"), f"{QUEUE}acceptance/", address("E-001")]

    def costs() -> list[int]:
        found = []
        for page in pages:
            with django_assert_max_num_queries(66) as captured:
                assert client.get(page).status_code == 200
            found.append(len(captured))
        return found

    costs()  # the first page of a session asks more
    before = costs()
    many(cast, 60, first=2)
    assert costs() == before


def test_expected_money_is_the_same_asked_one_by_one_or_together(cast: Cast) -> None:
    many(cast, 4)
    keys = [event(f"W-M-00{number}").pk for number in range(4)]
    together = expected_for(cast.programme, keys, TODAY)
    assert together == {key: expected_for(cast.programme, [key], TODAY)[key] for key in keys}
