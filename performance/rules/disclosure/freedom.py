"""
What can be worked out of a count from those beside it: exactly, as flows in a network.

Counts that add up are flows: a total flows into a point, its parts flow out of it. Whoever sees some counts
knows of each only between what it lies. How far one can be changed, with all of the others between their
bounds, is a question of paths. As bounds and flows are whole numbers, what can be moved at all can be moved
in whole people, so the answer is exact and no estimate.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

Point = Hashable
ENDLESS = 1 << 60  # room of a flow that has no end


@dataclass(slots=True)
class Flow:
    """A count as a flow between two points, and between what it is known to lie; ``high`` None has no end."""

    start: Point
    end: Point
    value: int
    low: int
    high: int | None


@dataclass(frozen=True, slots=True)
class Hold:
    """A flow that stops another from moving, and which way it would have to give: 1 is up, -1 is down."""

    number: int
    way: int


@dataclass(frozen=True, slots=True)
class Freedom:
    """By how much a count can be lower and higher, and where it is less than asked for, what holds it."""

    down: int
    up: int
    holds: tuple[Hold, ...]


class Network:
    """
    Counts that add up. Their bounds may be loosened between questions.

    :raises ValueError: if a count lies outside of its own bounds, or the counts at a point do not add up.
    """

    def __init__(self, flows: Sequence[Flow]) -> None:
        self.flows = list(flows)
        self._at: dict[Point, list[int]] = defaultdict(list)
        surplus: dict[Point, int] = defaultdict(int)
        for number, flow in enumerate(self.flows):
            if flow.value < flow.low or (flow.high is not None and flow.value > flow.high):
                raise ValueError(f"{flow.value} is not between {flow.low} and {flow.high}.")
            self._at[flow.start].append(number)
            self._at[flow.end].append(number)
            surplus[flow.start] -= flow.value
            surplus[flow.end] += flow.value
        if any(surplus.values()):
            raise ValueError("The counts do not add up.")

    def freedom(self, number: int, enough: int) -> Freedom:
        """Return how far a count can move either way, no further than ``enough`` each."""
        up, above = self._moved(number, enough, 1)
        down, below = self._moved(number, enough, -1)
        return Freedom(down, up, (*below, *above))

    def _moved(self, number: int, enough: int, way: int) -> tuple[int, tuple[Hold, ...]]:
        """Move a count as far as it goes: what it takes from one of its points comes back by another way."""
        flow = self.flows[number]
        source, sink = (flow.end, flow.start) if way == 1 else (flow.start, flow.end)
        pushed: dict[int, int] = defaultdict(int)
        wanted, moved = min(enough, self._room(Hold(number, way), pushed)), 0
        while moved < wanted:
            came = self._reached(source, sink, number, pushed)
            if sink not in came:
                return moved, self._holds(came, number)
            path = _path(came, sink)
            step = min([wanted - moved, *(self._room(each, pushed) for each in path)])
            for each in path:
                pushed[each.number] += step * each.way
            moved += step
        return moved, ()

    def _reached(
        self, source: Point, sink: Point, apart: int, pushed: Mapping[int, int]
    ) -> dict[Point, tuple[Point, Hold] | None]:
        """Return every point that can be pushed to from the source, and by which step it is reached."""
        came: dict[Point, tuple[Point, Hold] | None] = {source: None}
        waiting = deque([source])
        while waiting and sink not in came:
            point = waiting.popleft()
            for step, other in self._steps(point, apart):
                if other not in came and self._room(step, pushed) > 0:
                    came[other] = (point, step)
                    waiting.append(other)
        return came

    def _steps(self, point: Point, apart: int) -> Iterator[tuple[Hold, Point]]:
        """Give each flow at a point with the way in which it takes something off it, and where to."""
        for number in self._at[point]:
            flow = self.flows[number]
            if number != apart:
                yield (Hold(number, 1), flow.end) if flow.start == point else (Hold(number, -1), flow.start)

    def _holds(self, came: Mapping[Point, object], apart: int) -> tuple[Hold, ...]:
        """Return the flows that lead out of what was reached: every one of them has no room."""
        return tuple(step for point in came for step, other in self._steps(point, apart) if other not in came)

    def _room(self, step: Hold, pushed: Mapping[int, int]) -> int:
        flow = self.flows[step.number]
        value = flow.value + pushed.get(step.number, 0)
        if step.way == -1:
            return value - flow.low
        return ENDLESS if flow.high is None else flow.high - value


def _path(came: Mapping[Point, tuple[Point, Hold] | None], sink: Point) -> list[Hold]:
    path = []
    before = came[sink]
    while before is not None:
        point, step = before
        path.append(step)
        before = came[point]
    return path
