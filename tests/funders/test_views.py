"""The list of programmes: one's own, and what to do when there is none."""

from __future__ import annotations

import pytest
from django.test import Client

from funders.access import may_load
from providers.models import Operator
from tests.cast import Cast


@pytest.mark.parametrize("who", ["analyst", "finance", "administrator", "auditor", "commissioner"])
def test_people_see_their_programmes_once_each(cast: Cast, client: Client, who: str) -> None:
    client.force_login(getattr(cast, who))

    page = client.get("/").text

    assert page.count('href="/programmes/WL-IPS/rate-card/"') == 1
    assert "Health and Employment Partnership Ltd" in page
    assert "1 April 2026 to 31 March 2029" in page
    assert ("Load a programme file" in page) == (who == "administrator")


@pytest.mark.parametrize(
    ("who", "may_open"),
    [("analyst", True), ("auditor", True), ("commissioner", False), ("specialist", False)],
)
def test_the_open_month_leads_to_its_page_for_those_who_may_see_it(
    cast: Cast, client: Client, who: str, *, may_open: bool
) -> None:
    client.force_login(getattr(cast, who))

    page = client.get("/").text

    assert "April 2026" in page
    assert ('href="/programmes/WL-IPS/months/2026-04/"' in page) == may_open


def test_an_outsider_sees_none_and_is_told_what_to_do(cast: Cast, client: Client) -> None:
    client.force_login(cast.outsider)

    page = client.get("/").text

    assert "WL-IPS" not in page
    assert "There is no programme yet. Load its file here" in page


def test_a_file_may_be_loaded_only_by_an_administrator_of_both_operators(cast: Cast) -> None:
    Operator.objects.create(code="THIRD", name="A third operator")

    assert may_load(cast.administrator, code="WL-IPS", operator="MHEP")
    assert may_load(cast.administrator, code="NEW", operator="MHEP")
    assert not may_load(cast.analyst, code="WL-IPS", operator="MHEP")
    assert not may_load(cast.administrator, code="NEW", operator="THIRD")
    assert not may_load(cast.administrator, code="NEW", operator="UNKNOWN")
    assert not may_load(cast.outsider, code="WL-IPS", operator="OTHER")


@pytest.mark.parametrize(
    ("who", "leads_to"),
    [
        ("specialist", "/caseload/"),
        ("manager", "/caseload/"),
        ("analyst", "/programmes/WL-IPS/verification/"),
        ("finance", "/"),
        ("commissioner", "/performance/WL-IPS/"),
        ("investor", "/investments/"),
        ("outsider", "/"),
    ],
)
def test_everyones_day_begins_where_their_work_is(
    cast: Cast, client: Client, who: str, leads_to: str
) -> None:
    client.force_login(getattr(cast, who))
    assert client.get("/start/").headers["Location"] == leads_to
