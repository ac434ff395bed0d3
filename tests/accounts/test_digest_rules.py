"""When a digest is due: each wanted day once, also when the clocks change (T2), and never at night."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.rules.digests import FIRST_HOUR, LAST_HOUR, QUIET_FROM, WORKING_DAYS, Wish, day_due
from accounts.rules.reminders import Kind, Reminder, grouped, how_many

LONDON, COPENHAGEN = "Europe/London", "Europe/Copenhagen"
EVERY = timedelta(minutes=10)
zones = st.sampled_from([LONDON, COPENHAGEN, "Europe/Paris", "Atlantic/Azores", "Pacific/Auckland"])
wishes = st.builds(
    Wish,
    weekdays=st.frozensets(st.integers(0, 6)),
    hour=st.integers(FIRST_HOUR, LAST_HOUR),
    zone=zones,
)


def ticks(first: datetime, days: int) -> Iterator[datetime]:
    at = first
    while at < first + timedelta(days):
        yield at
        at += EVERY


def sent(wish: Wish, moments: Iterator[datetime]) -> dict[date, datetime]:
    """Return the first moment at which each day was due: the rows of the database keep the later ones out."""
    first: dict[date, datetime] = {}
    for at in moments:
        day = day_due(wish, at)
        if day is not None:
            first.setdefault(day, at)
    return first


# Easter of 2026: Good Friday is 3 April, Easter Monday 6 April.
MONDAY, EVERY_DAY = frozenset({0}), WORKING_DAYS


@pytest.mark.parametrize(
    ("country", "weekdays", "days"),
    [
        ("GB", EVERY_DAY, ["2026-04-02", "2026-04-07", "2026-04-08"]),
        ("DK", EVERY_DAY, ["2026-04-01", "2026-04-07", "2026-04-08"]),
        ("", EVERY_DAY, ["2026-04-02", "2026-04-03", "2026-04-06", "2026-04-07", "2026-04-08"]),
        ("GB", MONDAY, ["2026-04-07"]),  # put off to the next working day
        ("GB", frozenset({0, 1}), ["2026-04-07"]),  # and not sent twice
        ("GB", frozenset({4}), ["2026-04-07"]),  # over the weekend and the Monday
        ("GB", frozenset({6}), ["2026-04-05"]),  # whoever wants it on Sundays has Sundays
        ("DK", frozenset({6}), ["2026-04-07"]),  # Easter Sunday is a holiday there
    ],
)
def test_t6_none_is_sent_on_a_public_holiday_of_the_persons_country(
    country: str, weekdays: frozenset[int], days: list[str]
) -> None:
    first = datetime(2026, 4, 2 if country != "DK" else 1, tzinfo=UTC)
    if country == "DK":  # 2 April, Maundy Thursday, is one there too
        assert day_due(Wish(EVERY_DAY, 8, LONDON, "DK"), datetime(2026, 4, 2, 12, tzinfo=UTC)) is None
    found = sent(Wish(weekdays, 8, LONDON, country), ticks(first, 9 - first.day))
    assert [day.isoformat() for day in found] == days


@pytest.mark.parametrize("zone", [LONDON, COPENHAGEN])
@pytest.mark.parametrize("change", [date(2026, 3, 29), date(2026, 10, 25)])
def test_t2_every_day_around_a_change_of_the_clocks_has_its_digest_at_its_own_hour(
    change: date, zone: str
) -> None:
    start = datetime(change.year, change.month, change.day, tzinfo=UTC) - timedelta(days=3)
    wish = Wish(frozenset(range(7)), 8, zone)

    found = sent(wish, ticks(start, 6))

    days = [start.date() + timedelta(n) for n in range(6)]
    assert list(found) == days
    assert {at.astimezone(ZoneInfo(zone)).strftime("%H:%M") for at in found.values()} == {"08:00"}


def test_t2_two_years_of_working_days_have_one_digest_each() -> None:
    found = sent(Wish(WORKING_DAYS, 8, LONDON), ticks(datetime(2026, 1, 1, tzinfo=UTC), 730))

    every = [date(2026, 1, 1) + timedelta(n) for n in range(730)]
    assert list(found) == [day for day in every if day.weekday() < 5]


@given(wish=wishes, start=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_t2_a_wanted_day_is_due_from_its_hour_on_and_never_at_night(wish: Wish, start: datetime) -> None:
    for at in ticks(start, 2):
        local = at.astimezone(ZoneInfo(wish.zone))
        day = day_due(wish, at)
        if day is None:
            is_wanted = local.weekday() in wish.weekdays
            assert not is_wanted or local.hour < wish.hour or local.hour >= QUIET_FROM
        else:
            assert day == local.date()
            assert day.weekday() in wish.weekdays
            assert wish.hour <= local.hour < QUIET_FROM


def test_t2_after_three_days_down_only_today_is_due() -> None:
    wish = Wish(WORKING_DAYS, 8, LONDON)
    assert day_due(wish, datetime(2026, 7, 3, 15, 7, tzinfo=UTC)) == date(2026, 7, 3)


def test_nothing_is_due_to_somebody_who_wants_none() -> None:
    assert sent(Wish(frozenset(), 8, LONDON), ticks(datetime(2026, 7, 1, tzinfo=UTC), 8)) == {}


# Reminders

CALLS = Kind("Calls", "1 call to make", "{count} calls to make")
LETTERS = Kind("Letters", "1 letter to write", "{count} letters to write")
DAY = date(2026, 7, 1)


def test_a_reminder_says_how_many_and_where() -> None:
    assert Reminder(CALLS, 1, "/calls/", DAY, DAY).text == "1 call to make"
    assert Reminder(CALLS, 1_200, "/calls/", DAY, DAY, "WL-IPS").text == "1,200 calls to make (WL-IPS)"


@pytest.mark.parametrize("url", ["https://elsewhere.example/", "//elsewhere.example/", "calls/", ""])
def test_a_reminder_leads_nowhere_else(url: str) -> None:
    with pytest.raises(ValueError, match="this site"):
        Reminder(CALLS, 1, url, DAY, DAY)


def test_nothing_is_no_reminder() -> None:
    with pytest.raises(ValueError, match="nothing waits"):
        Reminder(CALLS, 0, "/calls/", DAY, DAY)


def test_the_heading_with_the_oldest_comes_first_and_the_oldest_first_beneath_it() -> None:
    older = [
        Reminder(CALLS, 2, "/calls/", DAY, DAY, "B"),
        Reminder(LETTERS, 3, "/letters/", DAY - timedelta(2), DAY),
        Reminder(CALLS, 1, "/calls/", DAY - timedelta(1), DAY, "C"),
    ]

    groups = grouped(older)

    assert [(group.name, [each.where for each in group.reminders]) for group in groups] == [
        ("Letters", [""]),
        ("Calls", ["C", "B"]),
    ]
    assert how_many(older) == 6
    assert grouped([]) == []
