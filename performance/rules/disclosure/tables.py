"""Figures that add up, shown so that no small one can be worked out from the others or over the months."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from performance.rules.disclosure.freedom import Flow, Hold, Network, Point
from performance.rules.disclosure.rule import UNCERTAIN, DisclosureRule, Shown

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """
    One true count of a table, not below zero, and the two sums that it stands in.

    :param start: the sum of which it is a part, ``end`` the sum of which it is the other side.
    """

    key: Key
    start: Point
    end: Point
    value: int
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """
    A table of rows by columns with totals of both. Keys are ``(row, column)``; ``TOTAL`` stands for either.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: Mapping[tuple[str, str], int]

    TOTAL = ""

    def counts(self) -> Iterator[Count]:
        """Give every count of the table, totals included."""
        for row in self.rows:
            yield Count(
                (row, self.TOTAL), "rows", ("row", row), self._sum([row], self.columns), is_total=True
            )
            for column in self.columns:
                yield Count((row, column), ("row", row), ("column", column), self.values[row, column])
        for column in self.columns:
            total = self._sum(self.rows, [column])
            yield Count((self.TOTAL, column), ("column", column), "columns", total, is_total=True)
        whole = self._sum(self.rows, self.columns)
        yield Count((self.TOTAL, self.TOTAL), "columns", "rows", whole, is_total=True)

    def _sum(self, rows: Iterable[str], columns: Sequence[str]) -> int:
        return sum(self.values[row, column] for row in rows for column in columns)


@dataclass(frozen=True, slots=True)
class Months:
    """
    Places by months, each month with its total, and every place and the whole with its sum to date.

    Keys are ``(place, month)`` and ``(place, "to", month)``; ``TOTAL`` stands for all places. A key means the
    same count whatever months have come since, so what was shown of it can be held on to.
    """

    places: tuple[str, ...]
    months: tuple[str, ...]
    values: Mapping[tuple[str, str], int]

    TOTAL = ""

    def counts(self) -> Iterator[Count]:
        """Give every count of the table, totals and sums to date included."""
        to_date = dict.fromkeys((*self.places, self.TOTAL), 0)
        for number, month in enumerate(self.months):
            is_last = number == len(self.months) - 1
            total = sum(self.values[place, month] for place in self.places)
            yield Count((self.TOTAL, month), ("so far", month), ("month", month), total, is_total=True)
            to_date[self.TOTAL] += total
            later: Point = "all" if is_last else ("so far", self.months[number + 1])
            key = (self.TOTAL, "to", month)
            yield Count(key, later, ("so far", month), to_date[self.TOTAL], is_total=True)
            for place in self.places:
                value = self.values[place, month]
                yield Count((place, month), ("month", month), (place, month), value)
                to_date[place] += value
                after: Point = "all" if is_last else (place, self.months[number + 1])
                key = (place, "to", month)
                yield Count(key, (place, month), after, to_date[place], is_total=True)


def protect(
    counts: Iterable[Count], rule: DisclosureRule, already: Mapping[Key, Shown] | None = None
) -> dict[Key, Shown]:
    """
    Return how every count is shown.

    No small count can be worked out to within fewer than three people from everything that is shown, not even
    by somebody who knows which of the hidden parts are small; of a hidden total they know only that it is not
    nought. What was shown ``already`` stays as it is, so what is new gives way.

    What is hidden beyond the small counts is what in fact holds one of them, the smallest first, and parts
    before totals. A count of nobody is never hidden for the sake of another.
    """
    held = already or {}
    listed = list(counts)
    shown = {each.key: held.get(each.key) or rule.count(each.value) for each in listed}
    if rule.further and rule.threshold:
        network = Network([_flow(each, shown[each.key], rule) for each in listed])
        for number, each in enumerate(listed):
            if 0 < each.value < rule.threshold:
                _loosen(number, listed, network, shown, rule, held)
    return shown


def _flow(count: Count, shown: Shown, rule: DisclosureRule) -> Flow:
    """Return a count with what is known of it: from what is shown, or from its being hidden."""
    low, high = shown.low, shown.high
    if shown.is_hidden and not count.is_total:
        if count.value < rule.threshold:
            high = rule.threshold - 1
        else:
            low = rule.threshold
    return Flow(count.start, count.end, count.value, low, high)


def _loosen(
    number: int,
    counts: Sequence[Count],
    network: Network,
    shown: dict[Key, Shown],
    rule: DisclosureRule,
    held: Mapping[Key, Shown],
) -> None:
    """Hide what holds a small count, one after the other, until it is uncertain enough."""
    while True:
        freedom = network.freedom(number, UNCERTAIN)
        if freedom.down + freedom.up >= UNCERTAIN:
            return
        open_to_hiding = [
            hold.number
            for hold in freedom.holds
            if counts[hold.number].key not in held and _gives(hold, counts[hold.number], shown, rule)
        ]
        if not open_to_hiding:
            return
        chosen = min(open_to_hiding, key=lambda each: (counts[each].is_total, counts[each].value, each))
        shown[counts[chosen].key] = rule.hidden
        network.flows[chosen] = _flow(counts[chosen], rule.hidden, rule)


def _gives(hold: Hold, count: Count, shown: Mapping[Key, Shown], rule: DisclosureRule) -> bool:
    """Tell whether hiding a count lets it give way."""
    if count.value == 0 or shown[count.key].is_hidden:
        return False
    return hold.way == 1 or count.value > _flow(count, rule.hidden, rule).low
