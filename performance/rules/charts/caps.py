"""How much of each cap is used: charged, expected, and the forecast with how far it may be out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from performance.rules.charts.frame import HIDDEN, DataTable, Row, Words, Write, percent

CAP_AT = 80  # per cent of the width: what lies beyond is over the cap
EDGE = 100  # per cent: what is further out ends here, and is said in words


@dataclass(frozen=True, slots=True)
class Forecast:
    """What will have been charged in the end: the likely amount, and what it most probably lies between."""

    low: int
    likely: int
    high: int


@dataclass(frozen=True, slots=True)
class CapUse:
    """
    One cap, in minor units of one currency.

    :param charged: ``None`` where it may not be shown, and then nothing else of the cap's use is either.
    :param expected: what has been logged or is in the pipeline and would be charged on top.
    :param says: when the cap binds and how sure that is, in a sentence.
    """

    label: str
    cap: int
    charged: int | None
    expected: int = 0
    forecast: Forecast | None = None
    says: str = ""


@dataclass(frozen=True, slots=True)
class CapBar:
    """One cap as a bar; the cap itself stands at the same place in every row."""

    label: str
    charged: str
    expected: str  # the width of what comes after the charged part
    low: str
    likely: str
    high: str
    figure: str
    says: str


@dataclass(frozen=True, slots=True)
class CapChart:
    """Caps ready to be drawn."""

    words: Words
    bars: tuple[CapBar, ...]
    cap_at: str
    has_forecast: bool
    table: DataTable


def cap_chart(words: Words, caps: Sequence[CapUse], *, write: Write, exact: Write) -> CapChart:
    """
    Lay out the use of caps, each on a scale of its own.

    :param write: how amounts stand beside a bar; ``exact`` is how they stand in the table.
    """
    return CapChart(
        words=words,
        bars=tuple(_bar(each, write) for each in caps),
        cap_at=percent(CAP_AT),
        has_forecast=any(each.forecast for each in caps if each.charged is not None),
        table=DataTable(
            ("Cap", "Amount", "Charged", "Expected", "Forecast", "Low", "High", "Used"),
            tuple(Row(each.label, _cells(each, exact)) for each in caps),
        ),
    )


def _bar(use: CapUse, write: Write) -> CapBar:
    if use.charged is None:
        return CapBar(use.label, "", "", "", "", "", f"{HIDDEN} of {write(use.cap)}", use.says)
    charged, used = _place(use.charged, use.cap), _place(use.charged + use.expected, use.cap)
    ahead = use.forecast
    return CapBar(
        label=use.label,
        charged=percent(charged),
        expected=percent(used - charged),
        low=percent(_place(ahead.low, use.cap)) if ahead else "",
        likely=percent(_place(ahead.likely, use.cap)) if ahead else "",
        high=percent(_place(ahead.high, use.cap)) if ahead else "",
        figure=f"{write(use.charged)} of {write(use.cap)} charged ({_share(use)})",
        says=use.says,
    )


def _place(amount: int, cap: int) -> float:
    """Return where an amount stands across; nothing is left of the start or beyond the edge."""
    whole = Fraction(amount, cap) if cap > 0 else Fraction(amount > 0) * 2
    return min(max(float(whole * CAP_AT), 0.0), float(EDGE))


def _share(use: CapUse) -> str:
    if use.cap <= 0:
        return "no room"
    return f"{float(Fraction(use.charged or 0, use.cap) * 100):.0f}%"


def _cells(use: CapUse, write: Write) -> tuple[str, ...]:
    if use.charged is None:
        return (write(use.cap), *[HIDDEN] * 6)
    ahead = use.forecast
    forecast = (write(ahead.likely), write(ahead.low), write(ahead.high)) if ahead else ("", "", "")
    return (write(use.cap), write(use.charged), write(use.expected), *forecast, _share(use))
