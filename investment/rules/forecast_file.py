"""A forecast as a table: month, and what is expected to come in, to fall due and to be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from investment.rules.projection import Ahead
from mhep.kernel.money import from_major
from mhep.kernel.periods import Month
from mhep.shared.tables import Rejection, Row

HEADINGS = ("month", "received", "costs", "providers", "drawn")


@dataclass(frozen=True, slots=True)
class ForecastFile:
    """The months of a file in order, or what is wrong with it."""

    months: tuple[Ahead, ...]
    rejections: tuple[Rejection, ...]


def read_forecast(rows: Sequence[Row]) -> ForecastFile:
    """
    Read the rows of a forecast; an amount that is absent is nothing.

    Codes: ``bad_value``, ``duplicate_month``; a file without rows is ``empty``. If anything is wrong, no
    month counts.
    """
    months: dict[Month, Ahead] = {}
    rejections = []
    for row in rows:
        try:
            ahead = _read(row)
        except ValueError as error:
            rejections.append(Rejection(row.number, row.cells[0], "bad_value", row.fault or str(error)))
            continue
        if ahead.month in months:
            message = f"{ahead.month} is there twice. Leave one line for it."
            rejections.append(Rejection(row.number, row.cells[0], "duplicate_month", message))
        months[ahead.month] = ahead
    if not rows:
        rejections.append(Rejection(1, "", "empty", "The file has no month. Add a line for each month."))
    if rejections:
        return ForecastFile((), tuple(rejections))
    return ForecastFile(tuple(months[month] for month in sorted(months)), ())


def _read(row: Row) -> Ahead:
    if row.fault:
        raise ValueError(row.fault)
    month, *amounts = row.cells
    given = [_amount(text, name) for text, name in zip(amounts, HEADINGS[1:], strict=True)]
    return Ahead(Month.parse(month), *given)


def _amount(text: str, name: str) -> int:
    try:
        return from_major(text) if text else 0
    except ValueError:
        raise ValueError(f"{name}: {text!r} is no amount like 1250.00") from None
