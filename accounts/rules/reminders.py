"""What waits for a person, in words that hold nobody's data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Kind:
    """
    One kind of thing that can wait, declared in code.

    ``group`` is the heading under which it is listed; ``one`` says it of one thing and ``several`` of
    ``{count}`` things. There is no room for anything else, so a reminder can name nobody.
    """

    group: str
    one: str
    several: str


@dataclass(frozen=True, slots=True)
class Reminder:
    """
    How much of one kind waits, where to do it, and the day on which the oldest fell due.

    ``url`` is an address of this site from its root; it names no person and no event. ``today`` is the day at
    which the programme of the oldest stands, from which its days are counted. ``where`` is the code of the
    programme, if a person may have the same kind in several.

    :raises ValueError: if nothing waits, or the address leads elsewhere.
    """

    kind: Kind
    count: int
    url: str
    oldest: date
    today: date
    where: str = ""

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError("nothing waits, so there is no reminder")
        if not self.url.startswith("/") or self.url.startswith("//"):
            raise ValueError("a reminder leads to a page of this site")

    @property
    def text(self) -> str:
        """Return what waits, in words that people read: on the page and in letters."""
        said = self.kind.one if self.count == 1 else self.kind.several.format(count=f"{self.count:,}")
        return f"{said} ({self.where})" if self.where else said

    @property
    def days(self) -> int:
        """Return for how many days the oldest has been due; less than 0 while it is not yet."""
        return (self.today - self.oldest).days


@dataclass(frozen=True, slots=True)
class Group:
    """Reminders under one heading, the oldest first."""

    name: str
    reminders: tuple[Reminder, ...]


def grouped(reminders: Iterable[Reminder]) -> list[Group]:
    """Return reminders by their headings: the heading with the oldest first, and the oldest first in each."""
    oldest: dict[str, date] = {}
    for each in reminders:
        oldest[each.kind.group] = min(each.oldest, oldest.get(each.kind.group, each.oldest))
    ordered = sorted(
        reminders,
        key=lambda each: (oldest[each.kind.group], each.kind.group, each.oldest, each.where, each.text),
    )
    return [Group(name, tuple(found)) for name, found in groupby(ordered, lambda each: each.kind.group)]


def how_many(reminders: Iterable[Reminder]) -> int:
    """Return how many things wait in all."""
    return sum(each.count for each in reminders)
