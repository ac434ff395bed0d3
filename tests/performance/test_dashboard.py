"""The commissioner's page: what it says, to whom, and that its files say the same."""

from __future__ import annotations

import csv
import io
import re
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts.models import User
from outcomes.services.imports import import_outcomes
from participants.models import Participant
from participants.services import import_participants
from performance.rules.registry import METRICS
from performance.services.facts import refresh_facts
from tests.cast import AT, OUTCOMES, Cast, close
from tests.investment.facilities import lent
from tests.performance.planning import plan

ADDRESS = "/performance/WL-IPS/"


@pytest.fixture
def closed(cast: Cast) -> Cast:
    """The cast after April was closed and counted."""
    close(cast.programme, "2026-04")
    refresh_facts(programme_id=cast.programme.pk)
    return cast


def page(client: Client, person: User, query: str = "") -> str:
    client.force_login(person)
    answer = client.get(ADDRESS + query)
    assert answer.status_code == 200, answer.status_code
    return answer.text


def test_a_commissioner_reads_without_a_click_what_happened_what_comes_and_what_to_ask(
    closed: Cast, client: Client
) -> None:
    text = page(client, closed.commissioner)
    assert "April 2026: 2 people were referred and 2 started." in text
    assert "£1,000.00 was charged, net of VAT." in text
    assert "<strong>London Borough of Ealing, financial year from April 2026:</strong> 100% is used" in text
    assert "London Borough of Ealing, in all" in text


def test_figures_lead_to_their_definitions_in_one_click(closed: Cast, client: Client) -> None:
    text = page(client, closed.analyst)
    for metric in METRICS:
        assert f'href="/metrics/{metric.code}/"' in text


def test_a_funder_sees_its_own_money_and_what_it_covers_and_no_other_funders(
    closed: Cast, client: Client
) -> None:
    own = page(client, closed.commissioner)
    assert "EALING-1" in own
    assert "FOUND-1" not in own
    assert "2 people were referred" in own  # the third lives in Harrow, which Ealing does not cover
    assert client.get(f"{ADDRESS}?funder=FOUND").status_code == 404
    assert client.get(f"{ADDRESS}?area=HRW").status_code == 404
    assert "3 people were referred" in page(client, closed.other_commissioner)


def test_a_manager_sees_the_own_services_and_no_amount(closed: Cast, client: Client) -> None:
    text = page(client, closed.manager)
    assert "3 people were referred" in text
    assert "£" not in text.split("What comparable services achieved")[0]
    client.force_login(closed.specialist)
    assert client.get(ADDRESS).status_code == 403


def test_an_investor_sees_the_whole_and_no_part_of_it(closed: Cast, client: Client) -> None:
    client.force_login(closed.investor)
    assert client.get(ADDRESS).status_code == 404  # nothing was lent for the programme
    lent(closed.programme, closed.finance)
    text = page(client, closed.investor)
    assert "3 people were referred" in text
    assert "Choose a funder" not in text
    assert client.get(f"{ADDRESS}?area=EAL").status_code == 404


def test_filters_are_in_the_address_and_can_be_removed(closed: Cast, client: Client) -> None:
    text = page(client, closed.analyst, "?funder=EALING&area=EAL")
    assert 'href="/performance/WL-IPS/?area=EAL">Remove' in text
    assert 'href="/performance/WL-IPS/?funder=EALING">Remove' in text
    assert '<option value="EALING" selected>' in text
    assert ">Remove" not in page(client, closed.commissioner)  # of one funder there is nothing to choose


def test_before_anything_happened_the_page_says_so(cast: Cast, client: Client) -> None:
    refresh_facts(programme_id=cast.programme.pk)
    text = page(client, cast.analyst)
    assert "No month is closed yet" in text
    assert "None: every closed month stands as it was shown." in text


def test_a_closed_month_stays_as_it_was_shown_and_what_is_known_since_stands_beside_it(
    closed: Cast, client: Client
) -> None:
    Participant.objects.filter(reference="P-003").update(referred_on=date(2026, 3, 30))
    refresh_facts(programme_id=closed.programme.pk)
    text = page(client, closed.analyst)
    assert "April 2026: 3 people were referred" in text
    corrections = text.split('id="corrections-heading"')[1]
    assert re.search(r"Referrals</td>\s*<td[^>]*>3</td><td[^>]*>2</td>", corrections)


def test_the_files_say_what_the_page_says(closed: Cast, client: Client) -> None:
    client.force_login(closed.commissioner)
    rows = list(csv.DictReader(io.StringIO(client.get(f"{ADDRESS}figures.csv").content.decode("utf-8-sig"))))
    april = next(row for row in rows if row["Month"] == "2026-04")
    assert (april["Closed"], april["Job starts"], april["Charged"]) == ("yes", "2", "1000.00")
    book = load_workbook(io.BytesIO(client.get(f"{ADDRESS}figures.xlsx").content))
    assert book.sheetnames == [
        *("By month", "Metrics", "Caps", "Next invoices", "Pipeline", "Services", "Corrections")
    ]
    client.force_login(closed.manager)
    header = client.get(f"{ADDRESS}figures.csv").content.decode("utf-8-sig").splitlines()[0]
    assert "Charged" not in header


def test_the_number_of_queries_does_not_grow_with_people_outcomes_or_months(
    closed: Cast, client: Client
) -> None:
    client.force_login(closed.analyst)
    client.get(ADDRESS)
    with CaptureQueriesContext(connection) as few:
        client.get(ADDRESS)
    people = "".join(f"P-1{n:02},WL-1,EAL,SUD,2026-05-02,2026-05-06,2026-05-06\n" for n in range(30))
    heading = b"participant,service,area,cohort,referred_on,started_on,consented_on\n"
    import_participants(
        programme_id=closed.programme.pk, content=heading + people.encode(), actor=None, at=AT
    )
    jobs = "".join(
        f"E-1{n:02},P-1{n:02},JOB_START,2026-05-10,20,,payslip,2026-05-12,2026-05-14,\n" for n in range(30)
    )
    import_outcomes(
        programme_id=closed.programme.pk,
        content=OUTCOMES.splitlines(keepends=True)[0] + jobs.encode(),
        actor=None,
        at=AT,
    )
    close(closed.programme, "2026-05")
    refresh_facts(programme_id=closed.programme.pk)
    with CaptureQueriesContext(connection) as many:
        client.get(ADDRESS)
    assert len(many) <= len(few)


def test_results_are_held_against_the_profile_of_the_programme(closed: Cast, client: Client) -> None:
    assert "No profile has been agreed" in page(client, closed.analyst)
    plan(closed)
    assert "3 of the 2 that the profile has to date" in page(client, closed.analyst)
    assert "No profile has been agreed" in page(client, closed.commissioner)  # it is not Ealing's own
