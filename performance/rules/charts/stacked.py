"""Amounts by month in parts on top of each other, each part told by a pattern as well as by a colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from performance.rules.charts.bars import Missing
from performance.rules.charts.frame import (
    HIDDEN,
    Axis,
    DataTable,
    Label,
    Number,
    Row,
    Tick,
    Words,
    Write,
    axis_for,
    column_width,
    labels,
    percent,
    pixels,
    places,
)

PATTERNS = ("solid", "hatched", "dotted", "crossed", "plain")  # from the foot of a column upwards


@dataclass(frozen=True, slots=True)
class StackMonth:
    """One month with a value for each part, none below zero; ``None`` where it may not be shown."""

    label: str
    short: str
    values: tuple[Number | None, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One part of a column."""

    x: str
    y: str
    width: str
    height: str
    pattern: str
    text: str


@dataclass(frozen=True, slots=True)
class StackedChart:
    """Columns ready to be drawn; ``parts`` pairs each pattern with its name."""

    words: Words
    parts: tuple[tuple[str, str], ...]
    ticks: tuple[Tick, ...]
    labels: tuple[Label, ...]
    blocks: tuple[Block, ...]
    missing: tuple[Missing, ...]
    table: DataTable


def stacked_chart(
    words: Words, names: Sequence[str], months: Sequence[StackMonth], *, write: Write, exact: Write
) -> StackedChart:
    """
    Lay out columns of parts, the first at the foot.

    A month with a hidden part is not drawn, and its total is not told: what is left would tell the part.

    :param names: of the parts, five at most.
    :raises ValueError: for more parts than there are patterns, or a month with other parts than those named.
    """
    if len(names) > len(PATTERNS):
        raise ValueError(f"At most {len(PATTERNS)} parts can be told apart.")
    parts = tuple(zip(PATTERNS, names, strict=False))
    totals = [_total(each) for each in months]
    axis = axis_for([total for total in totals if total is not None])
    xs = places(len(months))
    return StackedChart(
        words=words,
        parts=parts,
        ticks=axis.ticks(write),
        labels=labels([each.short for each in months]),
        blocks=tuple(
            block
            for place, month in enumerate(months)
            for block in _column(xs[place], column_width(len(months)), month, axis, parts, exact)
        ),
        missing=tuple(
            Missing(percent(x), HIDDEN) for x, total in zip(xs, totals, strict=True) if total is None
        ),
        table=DataTable(
            ("Month", *names, "Total"),
            tuple(
                Row(each.label, (*(_said(value, exact) for value in each.values), _said(total, exact)))
                for each, total in zip(months, totals, strict=True)
            ),
        ),
    )


def _total(month: StackMonth) -> Number | None:
    known = [value for value in month.values if value is not None]
    return sum(known) if len(known) == len(month.values) else None


def _said(value: Number | None, write: Write) -> str:
    return HIDDEN if value is None else write(value)


def _column(
    x: float, width: float, month: StackMonth, axis: Axis, parts: Sequence[tuple[str, str]], write: Write
) -> Iterator[Block]:
    if _total(month) is None:
        return
    below: Number = 0
    for (pattern, name), value in zip(parts, month.values, strict=True):
        if value:
            top, foot = axis.y(below + value), axis.y(below)
            text = f"{month.label}, {name}: {write(value)}"
            yield Block(
                percent(x - width / 2), pixels(top), percent(width), pixels(foot - top), pattern, text
            )
            below += value
