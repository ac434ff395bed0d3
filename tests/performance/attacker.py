"""
Somebody who wants to know: works out of what is shown what each count can be, by trying.

Written apart from the product's own arithmetic, and by another method: intervals are narrowed through the
sums, and what is left is searched for a table that fits. It reads texts and knows the rule, as anybody may.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Key = tuple[str, ...]
Bounds = dict[Key, tuple[int, int]]
MOST = 400  # people whom a hidden count may be at the most


@dataclass(frozen=True, slots=True)
class Sum:
    """A total and its parts."""

    total: Key
    parts: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What a reader knows of the rule."""

    threshold: int
    base: int
    symbol: str = "*"

    def bounds(self, text: str, *, is_total: bool, is_small: bool) -> tuple[int, int]:
        """Return what a text leaves open; of a hidden part it is known whether it is small."""
        if text == self.symbol:
            if is_total:
                return 1, MOST
            return (1, self.threshold - 1) if is_small else (self.threshold, MOST)
        figure = int(text.replace(",", ""))
        fitting = [
            count
            for count in range(max(figure - self.base, 0), figure + self.base + 1)
            if (count == 0 or count >= self.threshold)
            and (2 * count + self.base) // (2 * self.base) * self.base == figure
        ]
        return min(fitting), max(fitting)


def narrowed(bounds: Bounds, sums: Sequence[Sum]) -> Bounds | None:
    """Narrow what each count can be until nothing changes; None if nothing fits."""
    known = dict(bounds)
    changed = True
    while changed:
        changed = False
        for each in sums:
            lows = [known[part][0] for part in each.parts]
            highs = [known[part][1] for part in each.parts]
            total = known[each.total]
            news: dict[Key, tuple[int, int]] = {each.total: (sum(lows), sum(highs))}
            for part, low, high in zip(each.parts, lows, highs, strict=True):
                news[part] = (total[0] - (sum(highs) - high), total[1] - (sum(lows) - low))
            for key, (low, high) in news.items():
                new = (max(known[key][0], low), min(known[key][1], high))
                if new[0] > new[1]:
                    return None
                changed = changed or new != known[key]
                known[key] = new
    return known


def fits(bounds: Bounds, sums: Sequence[Sum]) -> bool:
    """Tell whether some table lies between the bounds: narrow, fix the tightest open count, try again."""
    known = narrowed(bounds, sums)
    if known is None:
        return False
    open_counts = [key for key, (low, high) in known.items() if low < high]
    if not open_counts:
        return True
    key = min(open_counts, key=lambda each: known[each][1] - known[each][0])
    return any(
        fits({**known, key: (value, value)}, sums) for value in range(known[key][0], known[key][1] + 1)
    )


def reach(key: Key, bounds: Bounds, sums: Sequence[Sum]) -> tuple[int, int]:
    """Return the least and the most that a count can be."""
    known = narrowed(bounds, sums)
    assert known is not None, "what is shown contradicts itself"
    low, high = known[key]
    while not fits({**known, key: (low, low)}, sums):
        low += 1
    while not fits({**known, key: (high, high)}, sums):
        high -= 1
    return low, high


def pinned(
    truth: Mapping[Key, int],
    texts: Mapping[Key, str],
    sums: Sequence[Sum],
    totals: Iterable[Key],
    known: Known,
) -> dict[Key, tuple[int, int]]:
    """Return the small counts that can be worked out to within fewer than three people, and to what."""
    are_totals = set(totals)
    bounds = {
        key: known.bounds(text, is_total=key in are_totals, is_small=truth[key] < known.threshold)
        for key, text in texts.items()
    }
    found = {}
    for key, value in truth.items():
        if 0 < value < known.threshold:
            low, high = reach(key, bounds, sums)
            if high - low < 3:
                found[key] = (low, high)
    return found
