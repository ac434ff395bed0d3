"""Targets and profiles: versions that stay, what came of them, and drawing one anew."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from mhep.kernel.periods import Month
from performance.models import Profile
from performance.rules.profiles import CannotReprofile, Plan, Rhythm
from performance.selectors.profiles import planned, profile_page
from performance.services.profiles import CannotSetProfile, Planned, draw_anew, set_profile
from tests.cast import AT, Cast, close
from tests.performance.planning import APRIL, PLAN, counted, plan

JULY = Month(2026, 7)
pytestmark = pytest.mark.django_db


def address(cast: Cast, page: str, *arguments: object) -> str:
    return reverse(f"performance:profile-{page}", args=[cast.programme.code, *arguments])


def test_a_new_version_takes_the_place_of_the_last_and_both_stay(cast: Cast) -> None:
    first, second = plan(cast), plan(cast, values=Plan(APRIL, Rhythm.MONTH, (9, 9)))
    other = plan(cast, scenario="HIGH")
    assert [first.version, second.version, other.version] == [1, 2, 1]
    assert set(Profile.objects.newest()) == {second, other}
    assert Profile.objects.get(pk=first.pk).plan == PLAN


COPY = """
    INSERT INTO performance_profile (programme_id, subject, scenario, version, rhythm, first_day, figures,
        locked, cap, reason, made_by_id, made_at)
    SELECT programme_id, subject, scenario, {version}, rhythm, first_day, '{figures}', 0, {cap}, reason,
        made_by_id, made_at FROM performance_profile
"""


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE performance_profile SET reason = 'other'",
        "UPDATE performance_profile SET figures = '{1}'",
        "DELETE FROM performance_profile",
        COPY.format(version=3, figures="{1}", cap="NULL"),
        COPY.format(version=2, figures="{-1}", cap="NULL"),
        COPY.format(version=2, figures="{1,2}", cap=4),
    ],
)
def test_the_database_refuses_what_would_change_a_version_or_does_not_add_up(
    cast: Cast, statement: str
) -> None:
    plan(cast)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_results_of_periods_that_are_over_stand_beside_the_plan(cast: Cast) -> None:
    counted(cast.programme)
    page = profile_page(cast.analyst, plan(cast), JULY)
    assert [line.result.text for line in page.lines] == ["3", "0", "0", "", "", ""]
    assert [line.difference for line in page.lines] == ["+1", "-3", "-4", "", "", ""]
    assert page.chart.bars[0].text == "April 2026: 3, planned 2"


def test_a_profile_of_a_service_has_the_results_of_the_service(cast: Cast) -> None:
    counted(cast.programme)
    page = profile_page(cast.analyst, plan(cast, service="WL-1"), JULY)
    assert page.lines[0].result.text == "3"


def test_what_changed_after_a_close_stands_with_both_values(cast: Cast) -> None:
    close(cast.programme, "2026-04")
    counted(cast.programme)
    profile = plan(cast)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE performance_outcomefact SET voided = 1 WHERE verified = 1 AND frozen_id IS NULL"
        )
    (line, *_) = profile_page(cast.analyst, profile, JULY).lines
    assert line.result.is_restated
    assert (line.result.at_close, line.at_close) == (3, "3")
    assert line.result.text != "3"


def test_drawing_anew_locks_results_and_spreads_what_is_left_to_the_unit(cast: Cast) -> None:
    counted(cast.programme)
    first = plan(cast)
    anew = draw_anew(
        profile_id=first.pk, results=[3, 0], cap=30, reason="Late start", actor=cast.analyst, at=AT
    )
    assert (anew.version, anew.locked, anew.cap) == (2, 2, 30)
    assert anew.figures[:2] == [3, 0]
    assert sum(anew.figures) == 30
    page = profile_page(cast.analyst, anew, JULY)
    assert [line.is_locked for line in page.lines[:3]] == [True, True, False]
    assert page.lines[0].planned == ("3", "2")


def test_only_the_newest_version_of_what_adds_up_is_drawn_anew(cast: Cast) -> None:
    first = plan(cast)
    plan(cast)
    share = plan(cast, subject="job-start-rate")
    for profile, words in ((first, "newer version"), (share, "not spread")):
        with pytest.raises(CannotSetProfile, match=words):
            draw_anew(profile_id=profile.pk, results=[1], cap=30, reason="r", actor=cast.analyst, at=AT)
    with pytest.raises(CannotReprofile):
        draw_anew(
            profile_id=Profile.objects.newest().get(subject="job-starts").pk,
            results=[99],
            cap=30,
            reason="r",
            actor=cast.analyst,
            at=AT,
        )


def test_what_cannot_be_planned_is_refused(cast: Cast) -> None:
    for wrong in (Planned(None, "nothing", "LOW", PLAN, "r"), Planned(-1, "starts", "LOW", PLAN, "r")):
        with pytest.raises(CannotSetProfile):
            set_profile(programme_id=cast.programme.pk, planned=wrong, actor=cast.analyst, at=AT)


def test_what_is_planned_can_be_asked_for_months_and_services_add_up(cast: Cast) -> None:
    service = cast.programme.services.get(code="WL-1")
    months = (APRIL, Month(2026, 5))
    assert planned(cast.programme, "starts", months) is None
    plan(cast, subject="starts", service="WL-1")
    assert planned(cast.programme, "starts", months) == 5
    assert planned(cast.programme, "starts", months, service=service) == 5
    plan(cast, subject="starts", values=Plan(APRIL, Rhythm.QUARTER, (30,)))
    assert planned(cast.programme, "starts", months) == 20


def test_a_profile_is_set_from_a_table_and_from_a_file(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)
    given = {
        "subject": "starts",
        "service": "WL-1",
        "scenario": "LOW",
        "rhythm": "QUARTER",
        "reason": "The bid",
    }
    typed = client.post(address(cast, "new"), {**given, "table": "period,value\n2026-04,5\n2026-07,10\n"})
    file = SimpleUploadedFile("profile.csv", b"period,value\n2026-04,6\n2026-07,12\n")
    sent = client.post(address(cast, "new"), {**given, "file": file})
    assert (typed.status_code, sent.status_code) == (302, 302)
    assert [each.figures for each in Profile.objects.order_by("version")] == [[5, 10], [6, 12]]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("period,value\n2026-04,5\n2026-05,x\n", "Line 3"),
        ("period,value\n2026-04,5\n2026-06,6\n", "should follow"),
        ("month,value\n2026-04,5\n", "period"),
        ("", "empty"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_in_words(
    cast: Cast, client: Client, table: str, words: str
) -> None:
    client.force_login(cast.analyst)
    given = {"subject": "starts", "service": "-", "scenario": "LOW", "rhythm": "MONTH", "reason": "The bid"}
    answer = client.post(address(cast, "new"), {**given, "table": table})
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert "There is a problem" in answer.content.decode()
    assert not Profile.objects.exists()


def test_what_would_be_is_shown_before_it_is_stored(cast: Cast, client: Client) -> None:
    counted(cast.programme)
    profile = plan(cast)
    client.force_login(cast.analyst)
    where = address(cast, "draw-anew", profile.pk)
    given = {"periods": "1", "cap": "33", "reason": "Late start"}
    shown = client.post(where, given).content.decode()
    assert "What it would be" in shown
    assert Profile.objects.count() == 1
    assert client.post(where, {**given, "store": "yes"}).status_code == 302
    assert Profile.objects.newest().get().figures == [3, 4, 5, 6, 7, 8]
    refused = client.post(
        address(cast, "draw-anew", Profile.objects.newest().get().pk), {**given, "cap": "2"}
    )
    assert "Raise what it may come to" in refused.content.decode()


def test_a_funder_sees_what_is_planned_but_not_the_money_of_all_together(cast: Cast, client: Client) -> None:
    seen, hidden = plan(cast), plan(cast, subject="spend")
    client.force_login(cast.commissioner)
    assert client.get(address(cast, "detail", seen.pk)).status_code == 200
    assert client.get(address(cast, "detail", hidden.pk)).status_code == 404
    assert "Charged to funders" not in client.get(address(cast, "list")).content.decode()
    client.force_login(cast.analyst)
    assert "Charged to funders" in client.get(address(cast, "list")).content.decode()


def test_lists_and_profiles_can_be_downloaded(cast: Cast, client: Client) -> None:
    counted(cast.programme)
    profile = plan(cast)
    client.force_login(cast.commissioner)
    listed = client.get(address(cast, "list-file", "csv")).content.decode("utf-8-sig")
    assert listed.splitlines()[1] == "Job starts,The whole programme,Medium,1,Month,2026-04-01,6,0,The bid"
    one = client.get(address(cast, "file", profile.pk, "csv")).content.decode("utf-8-sig")
    assert one.splitlines()[:2] == ["Period,Version 1,Result,At close", "2026-04-01,2,3,"]
    workbook = client.get(address(cast, "file", profile.pk, "xlsx"))
    assert BytesIO(workbook.content).read(2) == b"PK"
