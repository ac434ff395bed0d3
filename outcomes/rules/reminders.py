"""What of the needs on a caseload, and of the days of a queue, is worth a reminder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from outcomes.rules.caseload import Need, NeedKind

REMIND_AHEAD = timedelta(days=7)  # of what is not due yet; the caseload shows it long before
LONG_WAIT = timedelta(days=5)  # after which an event has waited too long to be verified
AFTER_THE_END = frozenset({NeedKind.QUERY, NeedKind.CLAIM})  # still possible then


@dataclass(frozen=True, slots=True)
class Due:
    """
    How many of one kind are due, and the day on which the oldest fell due, or falls.

    ``today`` is the day at which the programme of the oldest stands.
    """

    count: int
    oldest: date
    today: date


@dataclass(frozen=True, slots=True)
class PersonsNeeds:
    """What one person needs, on the day at which their programme stands."""

    needs: Sequence[Need]
    today: date
    is_over: bool


def worth_reminding(person: PersonsNeeds) -> list[Need]:
    """Return the person's needs that are due, or fall due within a week, and can still be met."""
    return [
        need
        for need in person.needs
        if need.due_on <= person.today + REMIND_AHEAD and (need.kind in AFTER_THE_END or not person.is_over)
    ]


def due_needs(people: Iterable[PersonsNeeds]) -> dict[NeedKind, Due]:
    """Return what is worth a reminder, by kind; kinds of which there is nothing are absent."""
    days: dict[NeedKind, list[tuple[date, date]]] = {}
    for person in people:
        for need in worth_reminding(person):
            days.setdefault(need.kind, []).append((need.due_on, person.today))
    return {kind: Due(len(found), *min(found)) for kind, found in days.items()}


def split_by_wait(by_day: Mapping[date, int], today: date) -> tuple[Due | None, Due | None]:
    """Return the events that have waited too long, and the others; ``by_day`` counts them by submission."""
    long = {day: count for day, count in by_day.items() if today - day > LONG_WAIT}
    others = {day: count for day, count in by_day.items() if day not in long}
    return _due(long, today), _due(others, today)


def _due(by_day: Mapping[date, int], today: date) -> Due | None:
    return Due(sum(by_day.values()), min(by_day), today) if by_day else None
