"""From referral to sustained work: how many reach each stage, and what share of those before them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from performance.rules.charts.frame import HIDDEN, DataTable, Row, Words, in_units, percent, pixels

STAGE = 46  # pixels from one stage to the next
TEXT = 16  # pixels from a stage's top to the foot of its words


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage and how many reached it; ``value`` is ``None`` where that may not be shown."""

    label: str
    value: int | None
    said: str = HIDDEN


@dataclass(frozen=True, slots=True)
class FunnelBar:
    """One stage as words over a bar."""

    text: str
    text_y: str
    y: str
    width: str


@dataclass(frozen=True, slots=True)
class FunnelChart:
    """A funnel ready to be drawn; ``height`` is that of the picture in pixels."""

    words: Words
    bars: tuple[FunnelBar, ...]
    height: int
    table: DataTable


def funnel_chart(words: Words, stages: Sequence[Stage]) -> FunnelChart:
    """
    Lay out a funnel.

    Shares are worked out from the values as they are given, so where those are rounded they are too. Where
    one of the two may not be shown, neither may their share.
    """
    most = max((each.value for each in stages if each.value is not None), default=0)
    return FunnelChart(
        words=words,
        bars=tuple(_bar(stages, place, most) for place in range(len(stages))),
        height=len(stages) * STAGE,
        table=DataTable(
            ("Stage", "People", "Of the stage before", "Of the first stage"),
            tuple(
                Row(
                    stage.label,
                    (_said(stage), _share(stage, stages[place - 1]), _share(stage, stages[0]))
                    if place
                    else (_said(stage), "", ""),
                )
                for place, stage in enumerate(stages)
            ),
        ),
    )


def _bar(stages: Sequence[Stage], place: int, most: int) -> FunnelBar:
    stage = stages[place]
    share = _share(stage, stages[place - 1]) if place else ""
    text = f"{stage.label}: {_said(stage)}"
    if share:
        text += f" ({share})"
    return FunnelBar(
        text=text,
        text_y=pixels(place * STAGE + TEXT),
        y=pixels(place * STAGE + TEXT + 6),
        width=percent(float(Fraction(100 * (stage.value or 0), most or 1))),
    )


def _said(stage: Stage) -> str:
    return stage.said if stage.value is None else in_units(stage.value)


def _share(part: Stage, whole: Stage) -> str:
    """Write a share in whole per cent, half up; nothing where either is hidden or the whole is nobody."""
    if part.value is None or not whole.value:
        return ""
    return f"{(200 * part.value + whole.value) // (2 * whole.value)}%"
