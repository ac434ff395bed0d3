"""Months: who may look, price and close; figures that add up; the work that a button asks for."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from audit.models import AuditEvent
from funders.models import Programme, Term
from mhep.kernel.periods import Month
from mhep.shared.models import Job, JobState
from mhep.shared.sealed_ids import Kind, opened_id
from payments.models import Charge, Document
from payments.selectors.month_page import draft_documents, month_page
from payments.services.programme_file import load_programme
from payments.tasks import close_month as close_task
from payments.tasks import price_month as price_task
from tests.cast import AT, PROGRAMME, Cast, close, price
from tests.payments.test_views_rate_card import text_of

MONTHS = "/programmes/WL-IPS/months/"
APRIL = f"{MONTHS}2026-04/"
AUTOMATE = f"{MONTHS}by-themselves/"
READERS = ["analyst", "finance", "administrator", "auditor"]
TODAY = AT.date()


def person(cast: Cast, who: str) -> User:
    return getattr(cast, who)  # type: ignore[no-any-return]


@pytest.mark.parametrize("address", [MONTHS, APRIL, f"{MONTHS}2027-01/", f"{APRIL}receivable/EALING-1/"])
@pytest.mark.parametrize(
    ("who", "status"),
    [*((reader, 200) for reader in READERS), ("commissioner", 403), ("outsider", 404)],
)
def test_months_are_for_the_operators_people(
    cast: Cast, client: Client, address: str, who: str, status: int
) -> None:
    client.force_login(person(cast, who))

    assert client.get(address).status_code == status


@pytest.mark.parametrize(
    ("action", "who", "status"),
    [
        ("price", "analyst", 302),
        ("price", "finance", 302),
        ("price", "administrator", 302),
        ("price", "auditor", 403),
        ("price", "commissioner", 403),
        ("price", "outsider", 404),
        ("close", "analyst", 403),
        ("close", "finance", 302),
        ("close", "administrator", 302),
        ("close", "auditor", 403),
        ("close", "commissioner", 403),
        ("close", "outsider", 404),
    ],
)
def test_only_the_right_roles_may_ask_for_work(
    cast: Cast, client: Client, action: str, who: str, status: int
) -> None:
    client.force_login(person(cast, who))

    answer = client.post(f"{APRIL}{action}/")

    assert answer.status_code == status
    assert Job.objects.count() == (1 if status == 302 else 0)


@pytest.mark.parametrize("action", ["price", "close"])
def test_looking_at_an_address_asks_for_nothing(cast: Cast, client: Client, action: str) -> None:
    client.force_login(cast.finance)

    assert client.get(f"{APRIL}{action}/").status_code == 405
    assert not Job.objects.exists()


@pytest.mark.parametrize("who", READERS)
def test_a_person_is_offered_only_what_the_role_allows(cast: Cast, client: Client, who: str) -> None:
    client.force_login(person(cast, who))
    price(cast.programme, "2026-04")

    page = client.get(APRIL).text

    assert ("Price April 2026 again" in page) == (who != "auditor")
    assert ("Close April 2026" in page) == (who in {"finance", "administrator"})


@pytest.mark.parametrize("text", ["2026-13", "2026-4", "0000-01", "april", "2026-03", "2029-04", "9999-12"])
def test_what_is_no_month_of_the_programme_is_no_page(cast: Cast, client: Client, text: str) -> None:
    client.force_login(cast.analyst)

    assert client.get(f"{MONTHS}{text}/").status_code == 404
    assert client.post(f"{MONTHS}{text}/price/").status_code == 404


def test_the_list_shows_each_month_with_its_state_and_what_was_invoiced(cast: Cast, client: Client) -> None:
    client.force_login(cast.auditor)
    close(cast.programme, "2026-04")
    price(cast.programme, "2026-05")

    text = text_of(client.get(MONTHS).text)

    # Ealing's invoice: 750.00 and 250.00. The foundation is billed in June.
    assert "April 2026 Closed 3 1 £1,000.00" in text
    assert "May 2026 Priced, open 1 – –" in text


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("administrator", 302),
        ("finance", 403),
        ("analyst", 403),
        ("auditor", 403),
        ("commissioner", 403),
        ("outsider", 404),
    ],
)
def test_only_administrators_may_let_months_close_by_themselves(
    cast: Cast, client: Client, who: str, status: int
) -> None:
    client.force_login(person(cast, who))

    looked = client.get(AUTOMATE)
    changed = client.post(AUTOMATE, {"by_itself": "on"})

    assert (looked.status_code, changed.status_code) == (200 if status == 302 else status, status)
    cast.programme.refresh_from_db()
    assert cast.programme.closes_by_itself == (status == 302)


@pytest.mark.parametrize("who", READERS)
def test_everybody_sees_who_closes_the_months_and_administrators_a_switch(
    cast: Cast, client: Client, who: str
) -> None:
    client.force_login(person(cast, who))
    by_people = client.get(MONTHS).text
    Programme.objects.update(closes_by_itself=True)

    by_themselves = client.get(MONTHS).text

    assert "<strong>People close the months</strong>" in by_people
    assert "<strong>Months close by themselves</strong>" in by_themselves
    for page in (by_people, by_themselves):
        assert (f'href="{AUTOMATE}"' in page) == (who == "administrator")


def test_before_months_close_by_themselves_it_is_said_which_are_closed_at_once(
    cast: Cast, client: Client
) -> None:
    client.force_login(cast.administrator)

    with time_machine.travel(AT, tick=False):
        several = text_of(client.get(AUTOMATE).text)
        close(cast.programme, "2026-04")
        close(cast.programme, "2026-05")
        one = text_of(client.get(AUTOMATE).text)
        close(cast.programme, "2026-06")
        none = text_of(client.get(AUTOMATE).text)

    assert "3 months have ended already, April 2026 to June 2026." in several
    assert "June 2026 has ended already and is closed within the hour, too." in one
    assert "ended already" not in none
    assert "This cannot be undone." in none


def test_the_switch_is_turned_on_and_off_and_who_did_it_is_on_record(cast: Cast, client: Client) -> None:
    client.force_login(cast.administrator)
    sent = [re.findall(r'name="by_itself" value="(\w+)"', client.get(AUTOMATE).text)]
    client.post(AUTOMATE, {"by_itself": "on"})
    twice = client.post(AUTOMATE, {"by_itself": "on"}, follow=True).text
    sent.append(re.findall(r'name="by_itself" value="(\w+)"', client.get(AUTOMATE).text))

    off = client.post(AUTOMATE, {"by_itself": "off"}, follow=True)

    assert sent == [["on"], ["off"]]
    assert "From now on the months of West London IPS close by themselves." in twice
    assert "From now on the months of West London IPS are closed by people." in off.text
    assert off.redirect_chain == [(MONTHS, 302)]
    changes = AuditEvent.objects.filter(action__startswith="programme.close", actor=cast.administrator)
    assert list(changes.order_by("pk").values_list("action", "subject")) == [
        ("programme.closes_by_itself", "WL-IPS"),
        ("programme.closed_by_people", "WL-IPS"),
    ]


def test_an_open_month_shows_what_each_party_would_be_charged(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)
    before = text_of(client.get(APRIL).text)
    price(cast.programme, "2026-04")

    text = text_of(client.get(APRIL).text)

    assert "This month is open and not priced yet. Price it" in before
    assert "Job start 3 0 0" in text
    assert "London Borough of Ealing EALING-1 £1,000.00 – – £1,000.00 0" in text
    # The balance of two tariffs and one whole: 500.00 + 1,000.00 + 1,250.00; the fee's first instalment.
    assert "Example Foundation FOUND-1 £2,750.00 – £333.34 £3,083.34 0" in text
    assert "All funders £3,750.00 – £333.34 £4,083.34 0" in text
    assert "All providers £2,700.00 – – £2,700.00 0" in text
    assert "Funders would be charged £4,083.34" in text


def test_the_sides_add_up_to_the_charges_of_the_month(cast: Cast, db: None) -> None:
    price(cast.programme, "2026-04")

    page = month_page(cast.programme, Month(2026, 4), TODAY)

    stored = sum(Charge.objects.values_list("amount_minor", flat=True))
    assert page.receivable.net_minor + page.payable.net_minor == stored
    for side in (page.receivable, page.payable):
        assert side.charges_minor + side.credits_minor + side.fees_minor == side.net_minor
        assert sum(line.net_minor for line in side.lines) == side.net_minor


def test_what_needs_a_look_is_said(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)
    price(cast.programme, "2026-04")
    april = text_of(client.get(APRIL).text)
    close(cast.programme, "2026-04")
    price(cast.programme, "2026-05")

    may = text_of(client.get(f"{MONTHS}2026-05/").text)

    assert "London Borough of Ealing EALING-1 1 0 0" in april.split("Where caps held something back")[1]
    assert (
        "1 verified outcome of this month is covered by no funder’s terms, so nobody is charged for it."
        in may
    )
    assert "Engagement 1 0 1" in may  # one more waits to be verified


def test_a_month_priced_before_the_facts_changed_says_so(cast: Cast, db: None) -> None:
    price(cast.programme, "2026-04")
    month = Month(2026, 4)
    row = month_page(cast.programme, month, TODAY).row
    assert row is not None

    row.priced_at = timezone.now() + timedelta(hours=1)
    row.save(update_fields=["priced_at"])
    fresh = month_page(cast.programme, month, TODAY)
    Programme.objects.update(terms_changed=True)
    cast.programme.refresh_from_db()
    changed = month_page(cast.programme, month, TODAY)
    Programme.objects.update(terms_changed=False)
    cast.programme.refresh_from_db()
    row.priced_at = AT - timedelta(days=1)
    row.save(update_fields=["priced_at"])
    overtaken = month_page(cast.programme, month, TODAY)

    assert (fresh.is_stale, changed.is_stale, overtaken.is_stale) == (False, True, True)


def test_what_the_close_would_issue_is_what_it_issues(cast: Cast, db: None) -> None:
    for month in ("2026-04", "2026-05", "2026-06"):
        price(cast.programme, month)
        row = month_page(cast.programme, Month.parse(month), TODAY).row
        assert row is not None
        drafts = draft_documents(cast.programme, row)
        close(cast.programme, month)
        issued = Document.objects.filter(month=row)

        assert sorted(
            (d.kind, d.ref, d.lines, d.net_minor, d.vat_minor)
            for d in (*drafts.receivable.documents, *drafts.payable.documents)
        ) == sorted(issued.values_list("kind", "agreement__ref", "line_count", "net_minor", "vat_minor"))
        cast.programme.refresh_from_db()
    assert Document.objects.filter(agreement__ref="FOUND-1").count() == 1


def test_the_confirmation_says_what_is_issued_and_that_there_is_no_way_back(
    cast: Cast, client: Client
) -> None:
    client.force_login(cast.finance)
    price(cast.programme, "2026-04")

    text = text_of(client.get(f"{APRIL}confirm-close/").text)

    assert "This cannot be undone." in text
    assert "London Borough of Ealing EALING-1 Invoice 2 £1,000.00 £200.00 £1,200.00" in text
    assert "In all, less credit notes £1,000.00 £200.00 £1,200.00" in text
    assert "Example Provider CIO TWN-1 Remittance statement 3 £2,700.00 £0.00 £2,700.00" in text
    assert "4 lines wait for a later document of their agreements." in text


def test_a_month_that_is_not_priced_or_closed_already_is_not_offered_for_closing(
    cast: Cast, client: Client
) -> None:
    client.force_login(cast.finance)
    unpriced = client.get(f"{APRIL}confirm-close/", follow=True)
    close(cast.programme, "2026-04")
    closed = client.get(f"{APRIL}confirm-close/", follow=True)

    for answer in (unpriced, closed):
        assert answer.redirect_chain == [(APRIL, 302)]
        assert "Only a priced month that is still open can be closed." in answer.text


def test_a_double_click_makes_one_job(cast: Cast, client: Client) -> None:
    client.force_login(cast.finance)

    first = client.post(f"{APRIL}price/")
    second = client.post(f"{APRIL}price/")

    assert first.headers["Location"] == second.headers["Location"]
    job = Job.objects.get()
    assert (job.subject, job.requested_by) == ("WL-IPS 2026-04", cast.finance)
    assert f"/jobs/{job.pk}/" in client.get(APRIL).text


@pytest.mark.django_db(transaction=True)
def test_from_the_button_to_the_closed_month(client: Client, cast: Cast) -> None:
    client.force_login(cast.finance)
    client.post(f"{APRIL}price/")
    price_task(job_id=str(Job.objects.get().pk))
    to_close = client.post(f"{APRIL}close/").headers["Location"]
    close_task(job_id=to_close.split("/")[2])

    job_page = client.get(to_close).text
    month = text_of(client.get(APRIL).text)

    assert "Closing April 2026: Done" in job_page
    assert f'href="{APRIL}"' in job_page
    assert "Closed" in month
    assert "INV-000001" in month
    assert "£1,200.00" in month


def test_a_job_is_seen_by_the_operators_people_only(cast: Cast, client: Client) -> None:
    client.force_login(cast.finance)
    address = client.post(f"{APRIL}price/").headers["Location"]

    seen = {}
    for who in ("analyst", "auditor", "commissioner", "outsider"):
        client.force_login(person(cast, who))
        seen[who] = client.get(address).status_code

    assert seen == {"analyst": 200, "auditor": 200, "commissioner": 403, "outsider": 404}
    assert client.get(f"/jobs/{uuid4()}/").status_code == 404


def test_a_job_is_followed_with_and_without_javascript(cast: Cast, client: Client) -> None:
    client.force_login(cast.finance)
    address = client.post(f"{APRIL}price/").headers["Location"]
    Job.objects.update(state=JobState.RUNNING, done=3, total=12, message="Typesetting")

    page = client.get(address).text
    part = client.get(address, headers={"HX-Request": "true"}).text

    assert '<noscript><meta http-equiv="refresh"' in page
    assert f'hx-get="{address}"' in page
    assert '<progress class="mhep-progress" max="12" value="3"' in part
    assert "Typesetting: 3 of 12" in part
    assert "<html" not in part


def test_a_job_that_failed_says_why_and_what_to_do(cast: Cast, client: Client) -> None:
    client.force_login(cast.finance)
    address = client.post(f"{APRIL}price/").headers["Location"]
    Job.objects.update(state=JobState.FAILED, message="April is closed.", finished_at=timezone.now())

    page = client.get(address).text

    assert "April is closed." in page
    assert "start it again from the month’s page" in page
    assert 'hx-get="/jobs' not in page
    assert "http-equiv" not in page


def test_each_decision_of_an_agreement_leads_to_its_explanation(cast: Cast, client: Client) -> None:
    client.force_login(cast.auditor)
    price(cast.programme, "2026-04")

    html = client.get(f"{APRIL}receivable/FOUND-1/").text

    links = re.findall(r'href="/programmes/WL-IPS/charges/([0-9a-f-]+)/"', html)
    charges = Charge.objects.filter(agreement__ref="FOUND-1")
    assert [opened_id(Kind.CHARGE, link) for link in links] == list(
        charges.order_by("pk").values_list("pk", flat=True)
    )
    assert "£333.34" in html


def test_how_often_nothing_was_charged_leads_to_just_those_decisions(cast: Cast, client: Client) -> None:
    client.force_login(cast.auditor)
    Term.objects.filter(agreement__ref="EALING-1").update(max_count=1)
    price(cast.programme, "2026-04")

    month = client.get(APRIL).text
    (address,) = re.findall(rf'href="({APRIL}receivable/EALING-1/\?kind=nil)"', month)
    nothing, everything = client.get(address).text, client.get(address.partition("?")[0]).text
    none = client.get(f"{APRIL}receivable/FOUND-1/?kind=nil").text

    assert "1 decision about EALING-1 that charges nothing" in text_of(month)
    assert "<title>Decisions in April 2026, EALING-1" in nothing
    assert "Decisions in April 2026</h1>" in nothing
    assert ("E-002" in nothing, "E-001" in nothing) == (True, False)
    assert ("E-002" in everything, "E-001" in everything) == (True, True)
    assert "Show all decisions" in nothing
    assert "no such decision about this agreement" in none


def test_the_month_costs_the_same_queries_however_much_is_in_it(
    cast: Cast, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(cast.finance)
    price(cast.programme, "2026-04")

    with django_assert_max_num_queries(32):
        assert client.get(APRIL).status_code == 200
    close(cast.programme, "2026-04")
    with django_assert_max_num_queries(32):
        assert client.get(APRIL).status_code == 200
    with django_assert_max_num_queries(15):
        assert client.get(MONTHS).status_code == 200


def test_the_month_costs_the_same_queries_however_many_agreements_say_how_they_are_taxed(
    cast: Cast, client: Client
) -> None:
    """With purchase orders, by which every invoice to come is looked at."""
    client.force_login(cast.finance)
    client.get(MONTHS)  # the first request begins the sign-in
    said = b"    vat: [{category: standard}]\n    purchase_orders: [{number: P1}]\n"
    one = PROGRAMME.replace(b"    po_number: PO-7781\n", said).replace(
        b"billing: quarterly", b"billing: monthly"
    )
    two = one.replace(b"    billing: monthly\n", b"    billing: monthly\n" + said)
    assert two != one != PROGRAMME
    counts = []
    for content in (one, two):
        load_programme(content, actor=cast.administrator, at=AT)
        price(cast.programme, "2026-04")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(APRIL).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 50
