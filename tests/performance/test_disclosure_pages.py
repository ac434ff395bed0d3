"""A contract under disclosure control: what is published stays, and no page or file tells more (C1, C6)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from performance.models import AreaFile, AreaOutline, DisclosureRuling, PublishedMonth
from performance.rules.agenda import Point
from performance.rules.disclosure import EXACT, PRESETS, DisclosureRule
from performance.rules.warnings import OF_PEOPLE, WarningKind
from performance.selectors.disclosure import is_ruled, rule_for
from performance.selectors.profiles import planned
from performance.selectors.publications import PUBLISHED, published_table
from performance.services.disclosure import CannotRule
from performance.services.profiles import draw_anew
from performance.services.publishing import publish_closed_months
from performance.services.reviews import hold_review
from tests.cast import AT, Cast, close
from tests.performance import reviewing
from tests.performance.planning import counted, outlines, plan, ruled

HES = PRESETS["HES"][1]
pytestmark = pytest.mark.django_db


@pytest.fixture
def april(cast: Cast) -> Cast:
    """The programme with April closed: three starts and three job starts, two of each in Ealing."""
    close(cast.programme, "2026-04")
    counted(cast.programme)
    return cast


def address(cast: Cast, page: str, *arguments: object) -> str:
    return reverse(f"performance:{page}", args=[cast.programme.code, *arguments])


def publish(cast: Cast) -> int:
    return publish_closed_months(programme_id=cast.programme.pk, at=AT)


def test_without_a_ruling_everybody_sees_exact_figures_and_nothing_is_published(april: Cast) -> None:
    assert rule_for(april.commissioner, april.programme) == EXACT
    assert publish(april) == 0


def test_the_ruling_is_for_funders_and_investors_and_never_for_operator_or_provider(cast: Cast) -> None:
    ruled(cast)
    people = {
        name: is_ruled(getattr(cast, name), cast.programme)
        for name in ("commissioner", "approver", "investor")
    }
    assert people == {"commissioner": True, "approver": True, "investor": True}
    for name in ("analyst", "administrator", "auditor", "specialist", "manager"):
        assert rule_for(getattr(cast, name), cast.programme) == EXACT
    assert rule_for(cast.commissioner, cast.programme) == HES


def test_closed_months_are_published_once_and_stay(april: Cast) -> None:
    ruled(april)
    assert publish(april) == len(PUBLISHED)
    assert publish(april) == 0
    table = published_table(april.programme, "AREA", "starts")
    assert [table.of_month(place, "2026-04").text for place in ("EAL", "HRW")] == ["*", "*"]  # type: ignore[union-attr]
    ruled(april, rule=replace(HES, symbol="–"))
    assert published_table(april.programme, "AREA", "starts") == table


@pytest.mark.parametrize("table", ["performance_publishedmonth", "performance_disclosureruling"])
def test_the_database_keeps_what_was_published_and_by_which_rule(april: Cast, table: str) -> None:
    ruled(april)
    publish(april)
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET programme_id = 1"):  # noqa: S608
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_rule_that_hides_too_little_is_refused_and_so_are_tables_of_other_places(april: Cast) -> None:
    with pytest.raises(CannotRule, match="threshold"):
        ruled(april, rule=DisclosureRule(3, 5))
    ruled(april)
    publish(april)
    with pytest.raises(CannotRule, match="would tell what they hide"):
        ruled(april, by="SERVICE")


@pytest.mark.parametrize("measure", ["rate", "starts", "job-starts"])
def test_c1_c6_a_map_and_its_file_tell_a_funder_no_small_count(
    april: Cast, client: Client, measure: str
) -> None:
    client.force_login(april.analyst)
    client.post(address(april, "outlines-new"), {"file": SimpleUploadedFile("areas.json", outlines(april))})
    ruled(april)
    publish(april)
    page, file = address(april, "area-map"), address(april, "area-map-file", "csv")
    exact = client.get(file, {"by": measure}).content.decode("utf-8-sig").splitlines()
    assert exact[1].startswith(
        {"rate": "Ealing,100,2,2", "starts": "Ealing,2", "job-starts": "Ealing,2"}[measure]
    )
    client.force_login(april.commissioner)
    hidden = client.get(file, {"by": measure}).content.decode("utf-8-sig").splitlines()
    assert {cell for line in hidden[1:] for cell in line.split(",")[1:]} == {"*"}
    shown = client.get(page, {"by": measure}).content.decode()
    assert "<title>Ealing: Not shown</title>" in shown
    assert "<title>Ealing: 2</title>" not in shown


def test_tables_by_service_leave_a_funder_without_a_map(april: Cast, client: Client) -> None:
    ruled(april, by="SERVICE")
    publish(april)
    client.force_login(april.commissioner)
    assert "so there is no map" in client.get(address(april, "area-map")).content.decode()
    assert client.get(address(april, "area-map-file", "csv")).content.decode("utf-8-sig").strip() == "Area"


def test_c5_results_beside_a_profile_are_what_was_published(april: Cast, client: Client) -> None:
    ruled(april, by="SERVICE")
    publish(april)
    profile = plan(april)
    client.force_login(april.commissioner)
    rows = (
        client.get(address(april, "profile-file", profile.pk, "csv")).content.decode("utf-8-sig").splitlines()
    )
    assert rows[1] == "2026-04-01,2,*,"
    page = client.get(address(april, "profile-detail", profile.pk)).content.decode()
    assert "disclosure rule of the contract" in page
    assert "+1" not in page
    client.force_login(april.analyst)
    assert "+1" in client.get(address(april, "profile-detail", profile.pk)).content.decode()


def test_the_administrator_records_what_the_contract_says_and_the_months_are_published(
    april: Cast, client: Client
) -> None:
    client.force_login(april.administrator)
    given = {
        "threshold": "5",
        "base": "5",
        "symbol": "*",
        "zeros": "yes",
        "percentages": "FROM_ROUNDED",
        "published_by": "SERVICE",
        "roles": ["FUNDERS"],
        "reason": "Schedule 7, 3.1",
    }
    refused = client.post(address(april, "disclosure-new"), {**given, "threshold": "2"})
    assert "hides too little" in refused.content.decode()
    client.post(address(april, "disclosure-new"), given)
    ruling = DisclosureRuling.objects.get()
    assert (ruling.rule, ruling.for_investors) == (PRESETS["MHSDS"][1], False)
    assert PublishedMonth.objects.count() == len(PUBLISHED)
    client.force_login(april.commissioner)
    assert "Counts below 5" in client.get(address(april, "disclosure-detail")).content.decode()
    listed = client.get(address(april, "disclosure-file", "csv")).content.decode("utf-8-sig")
    assert "Schedule 7, 3.1" in listed


def test_an_area_file_is_stored_or_refused_and_the_newest_counts(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)
    where = address(cast, "outlines-new")
    refused = client.post(where, {"file": SimpleUploadedFile("areas.json", b"<script>")})
    assert "The file is no JSON text" in refused.content.decode()
    for _ in range(2):
        assert (
            client.post(where, {"file": SimpleUploadedFile("areas.json", outlines(cast))}).status_code == 302
        )
    newest = AreaFile.objects.first()
    assert AreaOutline.objects.filter(file=newest).count() == 2
    page = client.get(address(cast, "area-map")).content.decode()
    assert page.count("mhep-map__area mhep-map__area--") > 2


def test_the_database_refuses_an_outline_of_another_programme_and_a_change(
    cast: Cast, client: Client
) -> None:
    client.force_login(cast.analyst)
    client.post(address(cast, "outlines-new"), {"file": SimpleUploadedFile("a.json", outlines(cast))})
    for statement in (
        "UPDATE performance_areaoutline SET rings = '[]'",
        "DELETE FROM performance_areafile",
        "INSERT INTO performance_areaoutline (file_id, area_id, rings) SELECT file_id, -1, rings"
        " FROM performance_areaoutline",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.parametrize("name", ["commissioner", "approver"])
def test_c1_c6_how_it_goes_is_the_published_tables_whatever_is_chosen(
    april: Cast, client: Client, name: str
) -> None:
    where, file = address(april, "programme-detail"), address(april, "programme-file", "csv")
    client.force_login(getattr(april, name))
    assert "Are we on track?" in client.get(where).content.decode()
    ruled(april)
    assert "No month is published yet" in client.get(where).content.decode()
    publish(april)
    for query in ({}, {"area": "EAL"}):
        page = client.get(where, query).content.decode()
        assert "Published to the end of April 2026" in page
        assert "Are we on track?" not in page
    rows = client.get(file).content.decode("utf-8-sig").splitlines()
    assert rows[0] == "Area,2026-04,To date"
    assert {cell for row in rows[1:] for cell in row.split(",")[1:]} == {"*", "0"}
    client.force_login(april.analyst)
    assert "Are we on track?" in client.get(where).content.decode()


def test_a_plan_that_was_spread_from_results_is_no_mark_on_a_published_chart(april: Cast) -> None:
    first = plan(april, subject="starts")
    months = (first.plan.first, first.plan.first)
    assert planned(april.programme, "starts", months, as_set=True) == 2
    draw_anew(profile_id=first.pk, results=[3], cap=30, reason="Late", actor=april.analyst, at=AT)
    assert planned(april.programme, "starts", months, as_set=True) is None


def test_c1_no_agenda_counts_people_for_funders_under_a_rule(april: Cast, client: Client) -> None:
    meeting = reviewing.planned(april.programme, april.analyst)
    agenda = [Point(kind.value, "Something to look at.") for kind in WarningKind]
    hold_review(meeting_id=meeting.pk, on=reviewing.HELD_ON, agenda=agenda, actor=april.analyst, at=AT)
    where = address(april, "review-detail", meeting.pk)
    ruled(april)
    for name, wanted in (("commissioner", set(WarningKind) - OF_PEOPLE), ("analyst", set(WarningKind))):
        client.force_login(getattr(april, name))
        page = client.get(where).content.decode()
        assert {kind for kind in WarningKind if f"<strong>{kind.value}.</strong>" in page} == wanted
