"""Bars by month, each against the profile or target of its month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
    in_units,
    labels,
    percent,
    pixels,
    places,
)

FEW = 13  # so many bars have room for their values above them
SHORT = 3  # signs that have room above a bar on a telephone too
CLEARANCE = 20  # pixels above a bar that its value takes


@dataclass(frozen=True, slots=True)
class BarMonth:
    """
    One month: what came and what was planned.

    :param value: ``None`` where there is none, or none that may be shown; ``said`` then stands for it.
    :param planned: ``None`` where nothing was planned for the month.
    """

    label: str
    short: str
    value: Number | None
    planned: Number | None = None
    said: str = HIDDEN


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar from the floor; ``text`` says all about it, ``figure`` stands above it where there is room."""

    x: str
    y: str
    width: str
    height: str
    middle: str
    figure_y: str
    figure: str
    text: str

    @property
    def is_wide(self) -> bool:
        """Tell whether the figure would run into its neighbours on a telephone."""
        return len(self.figure) > SHORT


@dataclass(frozen=True, slots=True)
class PlanMark:
    """The short line across a column that says what was planned."""

    x1: str
    x2: str
    y: str


@dataclass(frozen=True, slots=True)
class Missing:
    """What stands on the floor in place of a bar that may not be shown."""

    x: str
    text: str


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars ready to be drawn."""

    words: Words
    actual: str
    planned: str
    ticks: tuple[Tick, ...]
    labels: tuple[Label, ...]
    bars: tuple[Bar, ...]
    plans: tuple[PlanMark, ...]
    missing: tuple[Missing, ...]
    table: DataTable


def bar_chart(
    words: Words,
    months: Sequence[BarMonth],
    *,
    write: Write = in_units,
    exact: Write | None = None,
    names: tuple[str, str] = ("Actual", "Profile"),
) -> BarChart:
    """
    Lay out bars against what was planned.

    :param write: how values stand in the picture; ``exact`` is how they stand in the table, if otherwise.
    :param names: what the bars and the marks across them are called.
    """
    given = [each.value for each in months] + [each.planned for each in months]
    axis = axis_for([value for value in given if value is not None])
    xs = places(len(months))
    width = column_width(len(months)) if months else 0.0
    columns = list(zip(xs, months, strict=True))
    has_room = len(months) <= FEW
    return BarChart(
        words=words,
        actual=names[0],
        planned=names[1] if any(each.planned is not None for each in months) else "",
        ticks=axis.ticks(write),
        labels=labels([each.short for each in months]),
        bars=tuple(
            _bar((x, width), each, axis, write, has_room=has_room)
            for x, each in columns
            if each.value is not None
        ),
        plans=tuple(
            PlanMark(percent(x - 0.62 * width), percent(x + 0.62 * width), axis.at(each.planned))
            for x, each in columns
            if each.planned is not None
        ),
        missing=tuple(Missing(percent(x), each.said) for x, each in columns if each.value is None),
        table=_table(months, exact or write, names),
    )


def _bar(column: tuple[float, float], month: BarMonth, axis: Axis, write: Write, *, has_room: bool) -> Bar:
    x, width = column
    value = month.value if month.value is not None else 0
    top, bottom = sorted((axis.y(value), axis.y(0)))
    text = f"{month.label}: {write(value)}"
    if month.planned is not None:
        text += f", planned {write(month.planned)}"
    return Bar(
        x=percent(x - width / 2),
        y=pixels(top),
        width=percent(width),
        height=pixels(bottom - top),
        middle=percent(x),
        figure_y=pixels(_above(top, None if month.planned is None else axis.y(month.planned)) - 5),
        figure=write(value) if has_room else "",
        text=text,
    )


def _above(bar: float, plan: float | None) -> float:
    """Return what the value has to stand above: its bar, or the mark of the plan if it lies in the way."""
    return plan if plan is not None and 0 <= bar - plan < CLEARANCE else bar


def _table(months: Sequence[BarMonth], write: Write, names: tuple[str, str]) -> DataTable:
    has_plan = any(each.planned is not None for each in months)
    headings = ("Month", names[0], names[1], "Difference") if has_plan else ("Month", names[0])
    rows = []
    for each in months:
        cells = [each.said if each.value is None else write(each.value)]
        if has_plan:
            cells.append("" if each.planned is None else write(each.planned))
            cells.append(
                ""
                if each.value is None or each.planned is None
                else _signed(each.value - each.planned, write)
            )
        rows.append(Row(each.label, tuple(cells)))
    return DataTable(headings, tuple(rows))


def _signed(value: Number, write: Write) -> str:
    return f"+{write(value)}" if value > 0 else write(value)
