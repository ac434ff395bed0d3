"""The rate card: the right figures, for the right eyes."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from funders.models import Term
from tests.cast import Cast, close, price

ADDRESS = "/programmes/WL-IPS/rate-card/"


def text_of(html: str) -> str:
    """Return what a page says, without its tags and with single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace(" ,", ",")


@pytest.mark.parametrize("who", ["analyst", "finance", "administrator", "auditor"])
def test_the_operators_people_see_both_sides(cast: Cast, client: Client, who: str) -> None:
    client.force_login(getattr(cast, who))

    page = client.get(ADDRESS)

    assert page.status_code == 200
    assert "Rate card – WL-IPS – MHEP" in page.text
    for ref in ("EALING-1", "FOUND-1", "TWN-1"):
        assert ref in page.text


def test_a_commissioner_sees_the_own_agreement_and_nothing_of_the_others(cast: Cast, client: Client) -> None:
    client.force_login(cast.commissioner)

    page = client.get(ADDRESS)

    assert page.status_code == 200
    assert "EALING-1" in page.text
    for hidden in ("FOUND-1", "Example Foundation", "TWN-1", "900.00", "Months", "Imports"):
        assert hidden not in page.text


def test_an_outsider_finds_no_such_page(cast: Cast, client: Client) -> None:
    client.force_login(cast.outsider)

    assert client.get(ADDRESS).status_code == 404


def test_terms_read_as_people_say_them(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)

    text = text_of(client.get(ADDRESS).text)

    assert "60% of the tariff £750.00 of £1,250.00" in text
    assert "The rest of the tariff is what the other funders are not charged for the same outcome." in text
    assert "From 16 to under 30 hours a week" in text
    assert "up to the 1st: £0.00 up to the 10th: £400.00 every later one: £500.00" in text
    assert "At most 20 outcomes: 0 so far" in text
    assert "Setting up: £1,000.00 in equal monthly instalments, April 2026 to June 2026" in text
    assert "Schedule 4, 2.3" in text
    assert "All areas" in text
    assert "Each quarter of the financial year, due 30 days after issue, no VAT" in text
    assert "Each month, due 30 days after issue, VAT 20%" in text


def test_every_link_to_a_term_or_agreement_leads_to_one_place_on_the_page(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)

    html = client.get(ADDRESS).text

    ids = re.findall(r'id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)
    assert {"agreement-EALING-1", "agreement-EALING-1:job-start", "contract-TWN-1:starts"} <= set(ids)


def grid_of(html: str, name: str) -> list[str]:
    """Return the rows of a grid as text, the headings first."""
    table = re.search(rf'<caption[^>]* id="{name}-caption">.*?</table>', html, re.DOTALL)
    assert table is not None
    return [text_of(row).strip() for row in re.findall(r"<tr.*?</tr>", table[0], re.DOTALL)]


def test_a_grid_says_at_a_glance_who_pays_for_what(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)

    html = client.get(ADDRESS).text

    assert grid_of(html, "payers") == [
        "Funder Engagement Job start Job sustained for 13 weeks Fixed fees",
        "London Borough of Ealing EALING-1 – 60%, term job-start of EALING-1 – –",
        "Example Foundation FOUND-1 – rest, term job-balance of FOUND-1"
        " by number, term sustained-16h of FOUND-1 £1,000.00, fee set-up of FOUND-1",
    ]
    assert grid_of(html, "payees") == [
        "Provider Engagement Job start Job sustained for 13 weeks",
        "Example Provider CIO TWN-1 – £900.00, term starts of TWN-1 –",
    ]
    assert html.count('href="#agreement-EALING-1:job-start"') == 2  # from the grid, and from the agreement


def test_the_grid_holds_what_a_funder_may_see(cast: Cast, client: Client) -> None:
    client.force_login(cast.commissioner)

    html = client.get(ADDRESS).text

    assert len(grid_of(html, "payers")) == 2
    assert "payees-caption" not in html
    assert "The rest of the tariff" not in html


def test_what_the_rest_of_a_tariff_is_stands_on_the_page_once(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)
    term = Term.objects.get(ref="job-balance")
    for number in range(3):
        term.pk, term.ref = None, f"more-{number}"
        term._state.adding = True
        term.save()

    html = client.get(ADDRESS).text

    assert html.count("are not charged for the same outcome") == 1
    assert grid_of(html, "payers")[2].count(" rest, term") == 4


def test_a_cap_shows_what_closed_months_and_the_draft_use_of_it(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)
    price(cast.programme, "2026-04")

    draft = text_of(client.get(ADDRESS).text)
    close(cast.programme, "2026-04")
    closed = text_of(client.get(ADDRESS).text)

    assert "Draft of April 2026" in draft
    assert "In all £2,000.00 £0.00 £1,000.00 £1,000.00" in draft
    assert "Financial year 2026/27 £1,000.00 £0.00 £1,000.00 £0.00 £1,000.00 Used up" in draft
    assert "In all £2,000.00 £1,000.00 £0.00 £1,000.00" in closed
    assert "Financial year 2026/27 £1,000.00 £1,000.00 £0.00 £0.00 £1,000.00 Used up" in closed


def test_more_terms_cost_no_more_queries(
    cast: Cast, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(cast.analyst)
    term = Term.objects.get(ref="starts")
    for number in range(20):
        term.pk = None
        term.ref = f"more-{number}"
        term._state.adding = True
        term.save()
    client.get("/help/")  # the first request begins the sign-in

    with django_assert_max_num_queries(28):
        page = client.get(ADDRESS)

    assert "more-19" in page.text
