"""The page of what waits, the number in the header, and when somebody is told by email."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.enums import Rhythm
from accounts.models import DigestWish, User
from accounts.rules.digests import Whereabouts
from accounts.rules.reminders import Kind, Reminder
from accounts.services import reminding
from accounts.services.digests import wish_of
from tests.cast import Cast

pytestmark = pytest.mark.django_db

THINGS = Kind("Things", "1 thing to do", "{count} things to do")
WISH = {"rhythm": "WEEKLY", "weekday": "2", "hour": "7", "timezone": "Europe/Copenhagen"}


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """What waits for everybody, as a count that a test may change."""
    found = {"count": 2, "asked": 0}

    def source(_user: User, _at: datetime) -> Iterator[Reminder]:
        found["asked"] += 1
        if found["count"]:
            yield Reminder(THINGS, found["count"], "/things/", date(2026, 7, 1), date(2026, 7, 4), "WL-IPS")

    monkeypatch.setattr(reminding, "_sources", {"things": source})
    cache.clear()
    yield found
    cache.clear()


@pytest.fixture
def signed_in(cast: Cast, client: Client) -> Client:
    client.force_login(cast.analyst)
    return client


def test_the_page_lists_what_waits_with_a_link_and_says_since_when(
    signed_in: Client, waiting: dict[str, int]
) -> None:
    page = signed_in.get("/todo/")
    assert '<a class="govuk-link" href="/things/">2 things to do (WL-IPS)</a>' in page.text
    assert "The oldest since 1 July 2026, 3 days ago" in page.text
    assert "<title>To do (2)" in page.text


def test_the_list_is_a_file_too_with_the_rows_of_the_page(
    signed_in: Client, waiting: dict[str, int], time_machine: Any
) -> None:
    time_machine.move_to("2026-07-04T08:00:00+00:00")
    answer = signed_in.get("/todo.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="to-do-20260704-0900.csv"'
    assert answer.content.decode("utf-8-sig").splitlines() == [
        "Heading,What waits,How many,Programme,Oldest due,Days overdue,Page",
        "Things,2 things to do (WL-IPS),2,WL-IPS,2026-07-01,3,https://mhep.example.org/things/",
    ]
    assert signed_in.get("/todo.xlsx").content.startswith(b"PK")
    assert signed_in.get("/todo.pdf").status_code == 404
    assert "/todo.xlsx" in signed_in.get("/todo/").text
    waiting["count"] = 0
    assert "/todo.csv" not in signed_in.get("/todo/").text


def test_in_a_demo_whose_programme_has_ended_days_are_counted_from_its_last_one(
    cast: Cast, client: Client, settings: Any, time_machine: Any
) -> None:
    """As the caseload does: nobody reads that something has waited for years."""
    settings.ENDED_PROGRAMMES_STAND_STILL = True
    time_machine.move_to("2031-01-01T08:00:00+00:00")
    client.force_login(cast.analyst)
    page = client.get("/todo/").text
    ended = cast.programme.ends_on
    found = reminding.reminders_of(cast.analyst, datetime(2031, 1, 1, 8, tzinfo=UTC))
    assert {each.today for each in found} == {ended}
    assert f"{found[0].days} days ago" in page


def test_a_page_with_nothing_on_it_says_so(signed_in: Client, waiting: dict[str, int]) -> None:
    waiting["count"] = 0
    assert "Nothing waits for you" in signed_in.get("/todo/").text


def test_the_number_in_the_header_is_worked_out_once_a_minute_at_most(
    signed_in: Client, waiting: dict[str, int]
) -> None:
    assert ">2<" in signed_in.get("/todo/count/").text
    assert ">2<" in signed_in.get("/todo/count/").text
    assert waiting["asked"] == 1


def test_the_number_follows_the_page_at_once(signed_in: Client, waiting: dict[str, int]) -> None:
    signed_in.get("/todo/count/")
    waiting["count"] = 0
    signed_in.get("/todo/")
    assert signed_in.get("/todo/count/").text.strip() == ""


def test_one_persons_number_is_not_anothers(cast: Cast, signed_in: Client, waiting: dict[str, int]) -> None:
    signed_in.get("/todo/count/")
    waiting["count"] = 7
    other = Client()
    other.force_login(cast.finance)
    assert ">7<" in other.get("/todo/count/").text


def test_no_other_page_works_out_what_waits(signed_in: Client, waiting: dict[str, int]) -> None:
    for address in ("/", "/account/", "/programmes/WL-IPS/months/"):
        page = signed_in.get(address)
        assert 'hx-get="/todo/count/"' in page.text
    assert waiting["asked"] == 0


def test_the_number_asks_the_database_no_more_than_the_frame_of_every_page(
    signed_in: Client, waiting: dict[str, int]
) -> None:
    signed_in.get("/todo/count/")
    with CaptureQueriesContext(connection) as asked:
        signed_in.get("/todo/count/")
    assert len(asked) <= 4


def test_without_a_second_step_the_number_is_no_page_of_setting_one_up(
    cast: Cast, client: Client, waiting: dict[str, int], settings: Any
) -> None:
    settings.DEMO = False
    client.force_login(cast.analyst)
    assert client.get("/todo/").headers["Location"] == "/account/second-step/"
    assert client.get("/todo/count/").status_code == 200


def test_without_a_choice_the_email_comes_on_working_days_at_eight(cast: Cast, signed_in: Client) -> None:
    page = signed_in.get("/account/reminders/").text
    assert 'value="DAILY" checked' in page
    assert '<option value="8" selected>8am' in page
    assert "That of your programmes: London (Europe)" in page
    assert not DigestWish.objects.exists()


def test_a_choice_is_kept_and_shown(cast: Cast, signed_in: Client) -> None:
    page = signed_in.post("/account/reminders/", WISH, follow=True).text
    wish = wish_of(cast.analyst)
    assert (wish.rhythm, wish.weekday, wish.hour) == (Rhythm.WEEKLY, 2, 7)
    assert wish.timezone == "Europe/Copenhagen"
    assert 'value="WEEKLY" checked' in page
    assert "were changed" in page
    signed_in.post("/account/reminders/", {**WISH, "timezone": ""})
    assert DigestWish.objects.get().timezone == ""


@pytest.mark.parametrize(
    ("field", "value", "advice"),
    [
        ("rhythm", "", "Choose how often you want the email"),
        ("rhythm", "HOURLY", "Choose how often you want the email"),
        ("weekday", "7", "Choose a day of the week"),
        ("hour", "4", "Choose an hour"),
        ("hour", "21", "Choose an hour"),
        ("timezone", "Mars/Olympus", "Choose a time zone from the list"),
    ],
)
def test_a_wrong_choice_is_refused_with_its_cure(
    field: str, value: str, advice: str, cast: Cast, signed_in: Client
) -> None:
    page = signed_in.post("/account/reminders/", {**WISH, field: value}).text
    assert advice in page
    assert page.count("<title>Error: ") == 1
    assert not DigestWish.objects.exists()


def test_the_link_of_a_letter_stops_at_one_click_and_not_by_being_opened(
    cast: Cast, signed_in: Client
) -> None:
    signed_in.post("/account/reminders/", WISH)
    assert "Stop these emails" in signed_in.get("/account/reminders/stop/").text
    assert wish_of(cast.analyst).rhythm == Rhythm.WEEKLY

    page = signed_in.post("/account/reminders/stop/", follow=True).text

    assert wish_of(cast.analyst).rhythm == Rhythm.OFF
    assert 'value="OFF" checked' in page
    assert "You get none now" in page


def test_the_link_of_a_letter_asks_for_a_sign_in(client: Client) -> None:
    for method in (client.get, client.post):
        assert method("/account/reminders/stop/").headers["Location"].startswith("/sign-in/?next=/account/")


@pytest.mark.parametrize("change", ["rhythm = 'HOURLY'", "weekday = 7", "hour = 4", "hour = 21"])
def test_the_database_takes_no_wish_that_no_form_offers(change: str, cast: Cast) -> None:
    wish = DigestWish.objects.create(user=cast.analyst)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE accounts_digestwish SET {change} WHERE id = %s", [wish.pk])  # noqa: S608


def test_a_weekly_wish_is_for_its_weekday_and_none_for_none() -> None:
    london = Whereabouts("Europe/London", "GB")
    wish = DigestWish(rhythm=Rhythm.WEEKLY, weekday=3)
    assert wish.wish(london).weekdays == {3}
    assert DigestWish(rhythm=Rhythm.OFF).wish(london).weekdays == set()
    elsewhere = DigestWish(timezone="Europe/Paris").wish(london)
    assert (elsewhere.zone, elsewhere.country) == ("Europe/Paris", "GB")
