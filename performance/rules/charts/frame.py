"""What all charts share: words, the table behind them, and the axes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

HIDDEN = "*"  # stands for a figure that is not shown; a contract may set another symbol
TOP = 18  # pixels above the plot
PLOT = 200  # pixels from the plot's top to its floor
FLOOR = TOP + PLOT
HEIGHT = FLOOR + 30  # with room for the labels below
LEFT, RIGHT = 13, 98  # per cent of the width between which data stand
LABELS = 4  # at most, below the plot: what fits on a telephone

Number = int | Fraction
Write = Callable[[Number], str]


@dataclass(frozen=True, slots=True)
class Words:
    """
    What a chart is called and says.

    :param key: unlike that of any other chart on the page; letters, digits and hyphens.
    :param title: what is shown, such as "Job starts by month".
    :param says: the finding in a sentence, which a screen reader gets instead of the picture.
    """

    key: str
    title: str
    says: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table behind a chart: what it is about, and its cells."""

    label: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DataTable:
    """The same figures as a chart in words: headings (the first is that of the labels) and rows."""

    headings: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across the plot with the value that it stands for."""

    y: str
    text: str


@dataclass(frozen=True, slots=True)
class Label:
    """A text below the plot."""

    x: str
    text: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A straight line from one place to another."""

    x1: str
    y1: str
    x2: str
    y2: str


@dataclass(frozen=True, slots=True)
class Axis:
    """The values that the plot's height stands for; ``low`` is its floor."""

    low: Fraction
    high: Fraction
    step: Fraction

    def y(self, value: Number) -> float:
        """Return how many pixels below the top of the picture the value stands."""
        return FLOOR - float((value - self.low) / (self.high - self.low)) * PLOT

    def at(self, value: Number) -> str:
        return pixels(self.y(value))

    def ticks(self, write: Write) -> tuple[Tick, ...]:
        """Return the lines across, from the floor upwards."""
        count = int((self.high - self.low) / self.step)
        values = [self.low + self.step * place for place in range(count + 1)]
        return tuple(Tick(self.at(value), write(value)) for value in values)


def axis_for(values: Sequence[Number], *, most_ticks: int = 5) -> Axis:
    """
    Return an axis of round steps (1, 2 or 5 times a power of ten) that holds all values and zero.

    Zero always belongs to it, so that a bar's length and a point's height are never exaggerated. Where all
    values are whole the steps are too.
    """
    low, high = min([0, *values]), max([0, *values])
    if low == high:
        high = low + 1
    step = _round_step(Fraction(high - low, most_ticks))
    if all(isinstance(value, int) for value in values):
        step = max(step, Fraction(1))
    return Axis(low // step * step, -(-high // step) * step, step)


def _round_step(least: Fraction) -> Fraction:
    """Return the smallest round step that is not below ``least``."""
    power = Fraction(1)
    while power * 10 <= least:
        power *= 10
    while power > least:
        power /= 10
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least)


def places(count: int) -> list[float]:
    """Return where ``count`` things stand beside each other: the middle of a column each, in per cent."""
    width = (RIGHT - LEFT) / count if count else 0
    return [LEFT + width * (place + 0.5) for place in range(count)]


def column_width(count: int) -> float:
    """Return how wide a bar of ``count`` is, in per cent: seven tenths of its column, 8 per cent at most."""
    return min(0.7 * (RIGHT - LEFT) / count, 8.0)


def labels(texts: Sequence[str]) -> tuple[Label, ...]:
    """Return a label for so many of the columns as there is room for, the last one always."""
    every = max(-(-len(texts) // LABELS), 1)
    middle = places(len(texts))
    shown = range(len(texts) - 1, -1, -every)
    return tuple(Label(percent(middle[place]), texts[place]) for place in sorted(shown))


def segments(xs: Sequence[float], ys: Sequence[float]) -> Iterator[Segment]:
    """Give the lines that join points in order."""
    for (x1, y1), (x2, y2) in pairwise(zip(xs, ys, strict=True)):
        yield Segment(percent(x1), pixels(y1), percent(x2), pixels(y2))


def percent(value: float) -> str:
    return f"{value:.2f}%"


def pixels(value: float) -> str:
    return f"{value:.1f}"


def in_units(value: Number) -> str:
    """Write a count, or a value between counts with one decimal: ``7``, ``7.5``, ``1,250``."""
    return f"{int(value):,}" if Fraction(value).denominator == 1 else f"{float(value):,.1f}"


def in_percent(value: Number) -> str:
    """Write a share as a percentage with at most one decimal: ``0.385`` is ``38.5%``."""
    return f"{in_units(Fraction(value) * 100)}%"


def in_hundreds(currency: str) -> Write:
    """
    Return what writes minor units shortly, in major ones: ``£950``, ``£12.5k``, ``1.2m DKK``.

    It rounds for the eye, on an axis or beside a bar; the table behind a chart has the exact amount.
    """
    symbol = {"GBP": "£", "EUR": "€"}.get(currency, "")

    def write(minor: Number) -> str:
        major = abs(Fraction(minor)) / 100
        sign = "-" if minor < 0 else ""
        for size, letter in ((1_000_000, "m"), (1_000, "k"), (1, "")):
            if major >= size or size == 1:
                figure = f"{float(major / size):,.1f}".removesuffix(".0") + letter
                break
        return f"{sign}{symbol}{figure}" if symbol else f"{sign}{figure} {currency}"

    return write
