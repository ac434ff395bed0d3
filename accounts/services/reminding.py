"""
What waits for a person, from every app that knows something.

An app that has something to remind of registers a source when it gets ready, in its ``apps.py``::

    class PaymentsConfig(AppConfig):
        name = "payments"

        def ready(self) -> None:
            from payments.selectors.reminders import months_to_close

            register("payments.months", months_to_close)

A source changes nothing, is asked afresh each time, gives only what the person may do something about now,
and nothing that is done. It is asked in the pages of that person and by the worker that sends digests.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.core.cache import cache

from accounts.models import User
from accounts.rules.digests import Whereabouts
from accounts.rules.reminders import Reminder, grouped, how_many
from mhep.shared.sheets import Sheet

Source = Callable[[User, datetime], Iterable[Reminder]]
Places = Callable[[Collection[int]], Mapping[int, Whereabouts]]
Log = Callable[[User, Sequence[Reminder], datetime], None]

COUNT_KEPT_FOR = 60  # seconds
_sources: dict[str, Source] = {}
_places: dict[str, Places] = {}
_logs: dict[str, Log] = {}


def register(name: str, source: Source) -> None:
    """Ask ``source`` from now on; registered again under the same name, the later one counts."""
    _sources[name] = source


def register_places(name: str, places: Places) -> None:
    """Ask ``places`` where people are, given keys of users; it need not know all of them."""
    _places[name] = places


def register_log(name: str, log: Log) -> None:
    """Tell ``log`` from now on what each letter said that was sent: to whom, its reminders, and when."""
    _logs[name] = log


def note_sent(user: User, reminders: Sequence[Reminder], at: datetime) -> None:
    """Tell every app that keeps a log that the person was sent a letter with these reminders."""
    for log in _logs.values():
        log(user, reminders, at)


def reminders_of(user: User, at: datetime) -> list[Reminder]:
    """Return what waits for the person at ``at``, as things stand now, the oldest first."""
    found = [each for source in _sources.values() for each in source(user, at)]
    return sorted(found, key=lambda each: (each.oldest, each.text))


def count_for(user: User, at: datetime) -> int:
    """Return how many things wait for the person; the answer may be a minute old."""
    known = cache.get(_key(user))
    return known if isinstance(known, int) else keep_count(user, reminders_of(user, at))


def keep_count(user: User, reminders: Iterable[Reminder]) -> int:
    """Let :func:`count_for` answer what was just worked out; return it."""
    count = how_many(reminders)
    cache.set(_key(user), count, COUNT_KEPT_FOR)
    return count


def places_of(users: Collection[int]) -> dict[int, Whereabouts]:
    """Return where each person is of whom an app knows it, by the person's key."""
    return {key: place for places in _places.values() for key, place in places(users).items()}


def todo_sheet(reminders: Iterable[Reminder]) -> Sheet:
    """Return what waits as a table, in the order of the page."""
    site = settings.SITE_ADDRESS.rstrip("/")
    return Sheet(
        "To do",
        ("Heading", "What waits", "How many", "Programme", "Oldest due", "Days overdue", "Page"),
        [
            (
                group.name,
                each.text,
                each.count,
                each.where,
                each.oldest,
                max(each.days, 0),
                f"{site}{each.url}",
            )
            for group in grouped(reminders)
            for each in group.reminders
        ],
    )


def _key(user: User) -> str:
    kind, place = user.seat or ("", 0)
    return f"reminders:{user.pk}:{kind}:{place}"
