"""Tables that were published: how a month of one is kept, and what can be read off it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from performance.rules.disclosure.rule import DisclosureRule, Shown
from performance.rules.disclosure.tables import Key, Months, protect

TO_DATE = "to"


@dataclass(frozen=True, slots=True)
class Published:
    """Months of a table in order with what stands for each of its counts."""

    places: tuple[str, ...]
    months: tuple[str, ...]
    shown: Mapping[Key, Shown]

    def of_month(self, place: str, month: str) -> Shown | None:
        """Return what is shown of a place (of all: ``Months.TOTAL``) in a month; None if nothing is."""
        return self.shown.get((place, month))

    def to_date(self, place: str) -> Shown | None:
        """Return what is shown of a place from the beginning to the last month; None before the first."""
        return self.shown.get((place, TO_DATE, self.months[-1])) if self.months else None


def next_month(
    before: Published, counts: Mapping[tuple[str, str], int], month: str, rule: DisclosureRule
) -> dict[Key, Shown]:
    """
    Return what is to be shown of the month that follows; what was shown before stays.

    :param counts: exact, by place and month, of the months before too, as these were published.
    """
    places = tuple(sorted({place for place, _ in counts}))
    months = (*before.months, month)
    values = {(place, each): counts.get((place, each), 0) for place in places for each in months}
    held = {**dict.fromkeys(_not_yet(before, places), Shown("0", 0, 0, 0)), **before.shown}
    shown = protect(Months(places, months, values).counts(), rule, held)
    return {key: each for key, each in shown.items() if key[-1] == month}


def _not_yet(before: Published, places: Iterable[str]) -> Iterable[Key]:
    """Give the keys of places in months before they were there: nobody was."""
    for place in set(places) - set(before.places):
        for month in before.months:
            yield (place, month)
            yield (place, TO_DATE, month)


def kept(shown: Mapping[Key, Shown]) -> list[list[Any]]:
    """Return what is shown as lists that a database can keep."""
    return [[list(key), each.text, each.value, each.low, each.high] for key, each in shown.items()]


def read(months: Sequence[tuple[str, Sequence[Sequence[Any]]]]) -> Published:
    """Return the table that was kept, month by month."""
    shown: dict[Key, Shown] = {}
    for _, rows in months:
        for key, text, value, low, high in rows:
            shown[tuple(key)] = Shown(text, value, low, high)
    places = {key[0] for key in shown if key[0] != Months.TOTAL}
    return Published(tuple(sorted(places)), tuple(month for month, _ in months), shown)
