"""The digest: at most once for a person and a day, never of what is done, and nobody's data in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from accounts.enums import DigestState, Rhythm
from accounts.models import Digest, DigestWish, User
from accounts.rules.reminders import Kind, Reminder
from accounts.services import digests, reminding
from accounts.services.digests import (
    SEND_DIGESTS,
    ask_for_digests,
    change_wish,
    forget_digests,
    people_due,
    send_digest,
    send_digests,
    stop,
)
from accounts.tasks import ask_for_due_digests, send_due_digests
from mhep.shared.jobs import TryLater
from mhep.shared.models import Job, JobState
from tests.accounts.letters import html_of
from tests.cast import Cast, a_cast
from tests.shared.post_offices import NotificationService, notification_service
from tests.shared.sessions import at_once

FRIDAY = date(2026, 7, 3)
EIGHT = datetime(2026, 7, 3, 7, 0, tzinfo=UTC)  # eight in London in summer
THINGS = Kind("Things", "1 thing to do", "{count} things to do")


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """What waits, by the address of the person: the only source there is, and open to change."""
    found: dict[str, int] = {}

    def source(user: User, _at: datetime) -> Iterator[Reminder]:
        if found.get(user.email):
            yield Reminder(THINGS, found[user.email], "/things/", FRIDAY, FRIDAY)

    monkeypatch.setattr(reminding, "_sources", {"things": source})
    return found


@pytest.fixture
def people(db: None) -> list[User]:
    return [User.objects.create_user(f"p{n}@example.org", None, name=f"Person {n}") for n in range(3)]


@pytest.fixture
def service(settings: Settings) -> Iterator[NotificationService]:
    with notification_service() as running:
        settings.MAIL_BY = "notify"
        settings.NOTIFY_BASE_URL = running.address
        settings.NOTIFY_SERVICE_ID = "service"
        settings.NOTIFY_KEY = "k" * 36
        settings.NOTIFY_TEMPLATE_ID = "template"
        yield running


def send(at: datetime = EIGHT) -> str:
    return send_digests(now=lambda: at)


def states() -> dict[str, str]:
    return dict(Digest.objects.values_list("user__email", "state"))


# What is in it


def test_a_letter_says_how_much_waits_and_where_and_how_to_stop_it(
    people: list[User], waiting: dict[str, int]
) -> None:
    waiting["p1@example.org"] = 2

    assert send() == "Digests: 1 sent, 2 with nothing that waits."

    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == (["p1@example.org"], "MHEP: 2 things wait for you")
    assert str(letter.body).strip() == (
        "This waits for you in MHEP. Nothing in this letter names anybody; "
        "the pages show it after you sign in.\n\n"
        "Things\n"
        "* 2 things to do: https://mhep.example.org/things/\n\n"
        "All of it, the oldest first: https://mhep.example.org/todo/\n\n"
        "How often this comes: https://mhep.example.org/account/reminders/\n"
        "To get none of it any more: https://mhep.example.org/account/reminders/stop/"
    )
    assert '<a href="https://mhep.example.org/things/">2 things to do</a>' in html_of(letter)
    assert letter.extra_headers["List-Unsubscribe"] == "<https://mhep.example.org/account/reminders/stop/>"
    assert letter.extra_headers["Auto-Submitted"] == "auto-generated"
    row = Digest.objects.get(user=people[1])
    assert (row.day, row.state, row.things) == (FRIDAY, DigestState.SENT, 2)


def test_one_thing_waits_in_the_singular(people: list[User], waiting: dict[str, int]) -> None:
    waiting["p1@example.org"] = 1
    send()
    assert mail.outbox[0].subject == "MHEP: 1 thing waits for you"
    assert "* 1 thing to do: " in str(mail.outbox[0].body)


# Whom, and when


def test_a_person_for_whom_nothing_waits_gets_nothing_and_later_that_day_neither(
    people: list[User], waiting: dict[str, int]
) -> None:
    send()
    waiting["p0@example.org"] = 5

    assert send(EIGHT + timedelta(hours=3)) == "Digests: none were due."

    assert mail.outbox == []
    assert set(states().values()) == {DigestState.NOTHING}


def test_what_was_done_between_asking_and_sending_is_not_reminded_of(
    people: list[User], waiting: dict[str, int]
) -> None:
    waiting.update({"p0@example.org": 1, "p1@example.org": 1})
    assert ask_for_digests(at=EIGHT) is not None
    waiting["p0@example.org"] = 0

    send()

    assert [letter.to for letter in mail.outbox] == [["p1@example.org"]]


def test_what_was_done_before_another_try_is_not_reminded_of(
    people: list[User], waiting: dict[str, int], service: NotificationService
) -> None:
    waiting["p0@example.org"] = 1
    service.answers = [(503, "Unavailable")]
    with pytest.raises(TryLater):
        send()
    waiting["p0@example.org"] = 0

    send()

    assert len(service.received) == 1
    assert states()["p0@example.org"] == DigestState.NOTHING


def test_a_closed_account_gets_nothing_even_if_it_was_closed_a_moment_ago(
    people: list[User], waiting: dict[str, int]
) -> None:
    waiting.update({"p0@example.org": 1, "p1@example.org": 1})
    User.objects.filter(pk=people[0].pk).update(is_active=False)
    due = dict(people_due(EIGHT))
    User.objects.filter(pk=people[1].pk).update(is_active=False)

    states = [send_digest(user, day, at=EIGHT) for user, day in due.items()]

    assert set(due) == {people[1].pk, people[2].pk}
    assert states == [DigestState.NOTHING, DigestState.NOTHING]
    assert mail.outbox == []


def test_whoever_comes_in_through_their_organisation_alone_gets_it_as_everybody_does(
    people: list[User], waiting: dict[str, int]
) -> None:
    waiting["p0@example.org"] = 1
    assert not people[0].has_usable_password()
    send()
    assert len(mail.outbox) == 1


def test_nothing_is_asked_for_before_the_hour_at_a_weekend_or_at_night(
    people: list[User], waiting: dict[str, int]
) -> None:
    moments = [
        datetime(2026, 7, 3, 6, 59, tzinfo=UTC),
        datetime(2026, 7, 3, 20, 0, tzinfo=UTC),
        datetime(2026, 7, 4, 9, 0, tzinfo=UTC),
    ]
    assert [ask_for_digests(at=at) for at in moments] == [None, None, None]
    assert ask_for_digests(at=EIGHT) is not None


def test_each_person_is_asked_in_their_own_time_zone_and_as_they_wished(
    people: list[User], waiting: dict[str, int]
) -> None:
    friday = {"weekday": 4, "hour": 8}
    change_wish(people[0], rhythm=Rhythm.DAILY, timezone="Europe/Copenhagen", **friday)
    change_wish(people[1], rhythm=Rhythm.WEEKLY, timezone="", **friday)
    change_wish(people[2], rhythm=Rhythm.WEEKLY, timezone="", weekday=0, hour=8)

    assert dict(people_due(EIGHT - timedelta(hours=1))) == {people[0].pk: FRIDAY}
    assert dict(people_due(EIGHT)) == {people[0].pk: FRIDAY, people[1].pk: FRIDAY}
    stop(people[0])
    assert dict(people_due(EIGHT)) == {people[1].pk: FRIDAY}
    assert DigestWish.objects.get(user=people[0]).timezone == "Europe/Copenhagen"


@pytest.mark.django_db
def test_without_a_wish_the_time_zone_is_that_of_the_persons_programmes(cast: Cast) -> None:
    cast.programme.timezone = "Europe/Copenhagen"
    cast.programme.save(update_fields=["timezone"])

    due = dict(people_due(EIGHT - timedelta(hours=1)))

    everybody = {
        cast.analyst,
        cast.finance,
        cast.administrator,
        cast.auditor,
        cast.specialist,
        cast.manager,
        cast.commissioner,
        cast.other_commissioner,
    }
    assert {user.pk for user in everybody} <= set(due)
    assert cast.outsider.pk not in due


def test_who_is_due_is_found_in_as_many_queries_for_many_people_as_for_few(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    for n in range(30):
        User.objects.create_user(f"more{n}@example.org", None, name="More")
    with django_assert_max_num_queries(7):
        assert len(list(people_due(EIGHT))) > 30


def test_nobody_gets_one_on_a_public_holiday_of_the_country_of_their_programmes(cast: Cast) -> None:
    easter_monday = datetime(2026, 4, 6, 12, tzinfo=UTC)
    assert cast.analyst.pk not in dict(people_due(easter_monday))
    cast.programme.operator.country = "US"
    cast.programme.operator.save()
    assert cast.analyst.pk in dict(people_due(easter_monday))


def test_what_says_how_an_old_digest_ended_is_forgotten_after_three_months(people: list[User]) -> None:
    old, young = FRIDAY - timedelta(days=93), FRIDAY - timedelta(days=91)
    for day in (old, young):
        Digest.objects.create(
            user=people[0], day=day, state=DigestState.NOTHING, begun_at=EIGHT, ended_at=EIGHT
        )
    Digest.objects.create(user=people[1], day=old, begun_at=EIGHT)  # cut off while it was sent
    assert forget_digests(at=EIGHT) == 2
    assert list(Digest.objects.values_list("user", "day")) == [(people[0].pk, young)]


def test_the_database_lets_nobody_forget_a_digest_of_this_quarter(people: list[User]) -> None:
    recent = timezone.localdate() - timedelta(days=80)
    Digest.objects.create(
        user=people[0], day=recent, state=DigestState.NOTHING, begun_at=EIGHT, ended_at=EIGHT
    )
    with pytest.raises(DatabaseError, match="not begun again"), transaction.atomic():
        Digest.objects.all().delete()


# At most once


def test_a_second_run_sends_nothing_again(people: list[User], waiting: dict[str, int]) -> None:
    waiting["p0@example.org"] = 1
    send()
    send(EIGHT + timedelta(hours=2))
    assert len(mail.outbox) == 1


def test_a_changed_wish_sends_nothing_twice_on_one_day(people: list[User], waiting: dict[str, int]) -> None:
    waiting["p0@example.org"] = 1
    send()
    change_wish(people[0], rhythm=Rhythm.DAILY, weekday=0, hour=11, timezone="Europe/Copenhagen")
    send(EIGHT + timedelta(hours=5))
    assert len(mail.outbox) == 1


def test_what_was_cut_off_while_it_was_sent_is_not_sent_again(
    people: list[User], waiting: dict[str, int]
) -> None:
    waiting["p0@example.org"] = 1
    Digest.objects.create(user=people[0], day=FRIDAY, begun_at=EIGHT)
    send()
    assert mail.outbox == []
    assert states()["p0@example.org"] == DigestState.SENDING


def test_the_next_day_is_another_digest(people: list[User], waiting: dict[str, int]) -> None:
    waiting["p0@example.org"] = 1
    send()
    send(EIGHT + timedelta(days=3))
    assert len(mail.outbox) == 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_letter_once(waiting: dict[str, int]) -> None:
    for n in range(12):
        User.objects.create_user(f"w{n}@example.org", None, name="Worker")
        waiting[f"w{n}@example.org"] = 1

    at_once([send, send, send, send])

    assert sorted(letter.to[0] for letter in mail.outbox) == sorted(waiting)
    assert set(states().values()) == {DigestState.SENT}


@pytest.mark.django_db(transaction=True)
def test_the_database_lets_no_digest_begin_again_and_none_be_there_twice(
    people: list[User], waiting: dict[str, int]
) -> None:
    waiting["p0@example.org"] = 1
    send()
    row = Digest.objects.get(user=people[0])
    attacks = [
        "UPDATE accounts_digest SET state = 'AWAY', ended_at = NULL WHERE id = %s",
        "INSERT INTO accounts_digest (user_id, day, state, things, attempts, begun_at)"
        " SELECT user_id, day, 'SENDING', 0, 1, now() FROM accounts_digest WHERE id = %s",
    ]
    for attack in attacks:
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(attack, [row.pk])


# When something is wrong


def test_a_refusal_stops_one_letter_and_no_other_and_is_not_tried_again_that_day(
    people: list[User],
    waiting: dict[str, int],
    service: NotificationService,
    caplog: pytest.LogCaptureFixture,
) -> None:
    waiting.update({"p0@example.org": 1, "p1@example.org": 1})
    service.answers = [(400, "BadRequestError")]

    assert send() == "Digests: 1 sent, 1 with nothing that waits, 1 refused."
    assert send() == "Digests: none were due."

    assert states()["p0@example.org"] == DigestState.REFUSED
    assert "400 BadRequestError" in caplog.text
    assert "p0@example.org" not in caplog.text
    send(EIGHT + timedelta(days=3))
    assert Digest.objects.filter(user=people[0], state=DigestState.SENT).count() == 1


def test_when_the_post_is_away_the_job_is_left_to_the_sweeper_and_each_letter_leaves_once(
    people: list[User], waiting: dict[str, int], service: NotificationService
) -> None:
    waiting.update({"p0@example.org": 1, "p1@example.org": 1})
    service.answers = [(503, "Unavailable")]
    job = ask_for_digests(at=EIGHT)
    assert job is not None

    with time_machine.travel(EIGHT):
        with pytest.raises(TryLater, match=r"1 sent, 1 with nothing that waits, 1 to be tried again"):
            send_due_digests(job_id=str(job.pk))
        assert Job.objects.get().state == JobState.RUNNING
        send_due_digests(job_id=str(job.pk))
        send_due_digests(job_id=str(job.pk))

    assert Job.objects.get().state == JobState.DONE
    assert Job.objects.get().message == "Digests: 1 sent."
    sent = [each.body["email_address"] for each in service.received]
    assert sent == ["p0@example.org", "p1@example.org", "p0@example.org"]
    assert Digest.objects.get(user=people[0]).attempts == 2


def test_after_three_letters_in_a_row_that_could_not_leave_the_others_are_left_for_later(
    waiting: dict[str, int], service: NotificationService, db: None
) -> None:
    for n in range(9):
        User.objects.create_user(f"w{n}@example.org", None, name="Worker")
        waiting[f"w{n}@example.org"] = 1
    service.answers = [(503, "Unavailable")] * 9

    with pytest.raises(TryLater):
        send()

    assert len(service.received) == digests.MOST_AWAY


def test_a_fault_for_one_person_keeps_nobody_else_from_theirs(
    people: list[User], waiting: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting.update({"p1@example.org": 1})

    def broken(user: User, _at: datetime) -> Iterator[Reminder]:
        if user == people[0]:
            raise RuntimeError("on purpose")
        yield from ()

    monkeypatch.setitem(reminding._sources, "broken", broken)

    assert send() == "Digests: 1 sent, 1 with nothing that waits, 1 failed."


def test_the_schedule_asks_and_a_worker_sends(people: list[User], waiting: dict[str, int]) -> None:
    waiting["p2@example.org"] = 3
    with time_machine.travel(EIGHT, tick=False):
        ask_for_due_digests()
        ask_for_due_digests()
        (job,) = Job.objects.filter(task=SEND_DIGESTS)
        send_due_digests(job_id=str(job.pk))
        ask_for_due_digests()
        assert timezone.now() == EIGHT
    assert Job.objects.count() == 1
    assert [letter.to for letter in mail.outbox] == [["p2@example.org"]]


@pytest.mark.django_db
def test_everybody_in_the_cast_gets_one_letter_at_most_and_only_those_who_can_do_something() -> None:
    a_cast()
    send()
    told = {letter.to[0] for letter in mail.outbox}
    assert told == {"analyst@example.org", "finance@example.org", "administrator@example.org"}
    assert len(mail.outbox) == len(told)
