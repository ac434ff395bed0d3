"""Areas shaded by a rate. Each class has a number that stands in its areas, so that no colour is needed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from performance.rules.charts.frame import HIDDEN, DataTable, Number, Row, Words, Write, axis_for, pixels

WIDTH = 400  # of the picture, in its own units
TALLEST = 520
MARGIN = 4
CLASSES = 5
NOTHING = "–"  # an area of which nothing is known

Ring = Sequence[tuple[float, float]]  # longitude and latitude, in degrees


@dataclass(frozen=True, slots=True)
class Area:
    """
    One area: its outlines, and its rate.

    :param value: ``None`` where there is none or none that may be shown; ``said`` then stands for it.
    :param more: further cells of the table, for the headings that the chart is given.
    """

    name: str
    rings: Sequence[Ring]
    value: Number | None
    said: str = NOTHING
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shade:
    """An area as it is drawn; ``level`` is its class from 1, ``hidden`` or ``none``."""

    name: str
    path: str
    level: str
    sign: str
    x: str
    y: str
    text: str


@dataclass(frozen=True, slots=True)
class AreaMap:
    """A map ready to be drawn; ``key`` pairs each class with what it spans."""

    words: Words
    width: int
    height: int
    shades: tuple[Shade, ...]
    key: tuple[tuple[str, str, str], ...]  # level, sign and words
    table: DataTable


def area_map(
    words: Words, areas: Sequence[Area], *, write: Write, heading: str, more: tuple[str, ...] = ()
) -> AreaMap:
    """
    Lay out a map.

    :param heading: what the rate is called in the table; ``more`` are the headings of further cells.
    """
    frame = _frame([point for area in areas for ring in area.rings for point in ring])
    known = [area.value for area in areas if area.value is not None]
    axis = axis_for(known, most_ticks=CLASSES)
    bounds = [axis.low + axis.step * place for place in range(1, int((axis.high - axis.low) / axis.step) + 1)]
    shades = tuple(_shade(area, frame, bounds, write) for area in areas if area.rings)
    used = {shade.level for shade in shades}
    lowest = [axis.low, *bounds]
    key = [
        (str(place), str(place), f"{write(lowest[place - 1])} to {write(bound)}")
        for place, bound in enumerate(bounds, 1)
        if str(place) in used
    ]
    key += [(level, sign, said) for level, sign, said in OTHERS if level in used]
    return AreaMap(
        words=words,
        width=WIDTH,
        height=frame.height,
        shades=shades,
        key=tuple(key),
        table=DataTable(
            ("Area", heading, *more),
            tuple(
                Row(area.name, (area.said if area.value is None else write(area.value), *area.more))
                for area in areas
            ),
        ),
    )


OTHERS = (("hidden", HIDDEN, "Not shown"), ("none", NOTHING, "Nothing known"))


@dataclass(frozen=True, slots=True)
class _Frame:
    """How degrees become places: distances are true at the middle of the map, as small maps are drawn."""

    west: float
    north: float
    across: float  # units for a degree of longitude
    down: float  # units for a degree of latitude
    left: float
    height: int

    def place(self, point: tuple[float, float]) -> tuple[float, float]:
        return (
            self.left + (point[0] - self.west) * self.across,
            MARGIN + (self.north - point[1]) * self.down,
        )


def _frame(points: Sequence[tuple[float, float]]) -> _Frame:
    if not points:
        return _Frame(0, 0, 1, 1, MARGIN, 2 * MARGIN)
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    narrowing = max(math.cos(math.radians((south + north) / 2)), 0.05)
    wide, tall = max((east - west) * narrowing, 1e-9), max(north - south, 1e-9)
    scale = min((WIDTH - 2 * MARGIN) / wide, (TALLEST - 2 * MARGIN) / tall)
    left = (WIDTH - wide * scale) / 2
    return _Frame(west, north, narrowing * scale, scale, left, math.ceil(tall * scale + 2 * MARGIN))


def _shade(area: Area, frame: _Frame, bounds: Sequence[Number], write: Write) -> Shade:
    rings = [[frame.place(point) for point in ring] for ring in area.rings]
    largest = max(rings, key=lambda ring: abs(_twice_the_area(ring)))
    x, y = _inside(largest)
    if area.value is None:
        level, sign, said = next(each for each in OTHERS if (each[0] == "none") == (area.said == NOTHING))
    else:
        value = area.value
        place = next((number for number, bound in enumerate(bounds, 1) if value <= bound), len(bounds))
        level, sign, said = str(place), str(place), write(value)
    path = " ".join(_drawn(ring) for ring in rings)
    return Shade(area.name, path, level, sign, pixels(x), pixels(y), f"{area.name}: {said}")


def _drawn(ring: Ring) -> str:
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in ring) + "Z"


def _twice_the_area(ring: Ring) -> float:
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True))


def _inside(ring: Ring) -> tuple[float, float]:
    """Return a point well inside: the middle of the widest stretch of the line across the ring's middle."""
    middle = (min(y for _, y in ring) + max(y for _, y in ring)) / 2
    crossings = sorted(
        x1 + (middle - y1) * (x2 - x1) / (y2 - y1)
        for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True)
        if (y1 > middle) != (y2 > middle)
    )
    stretches = list(zip(crossings[::2], crossings[1::2], strict=True))
    if not stretches:
        return ring[0]
    start, end = max(stretches, key=lambda stretch: stretch[1] - stretch[0])
    return (start + end) / 2, middle
