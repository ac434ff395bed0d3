"""A forecast as a table."""

from __future__ import annotations

from investment.rules.forecast_file import HEADINGS, read_forecast
from investment.rules.projection import Ahead
from mhep.kernel.periods import Month
from mhep.shared.tables import read_table

HEAD = ",".join(HEADINGS)


def read(*lines: str) -> tuple[tuple[Ahead, ...], list[tuple[int, str]]]:
    table = read_table("\n".join([HEAD, *lines]).encode(), HEADINGS)
    forecast = read_forecast(table.rows)
    return forecast.months, [(each.row, each.code) for each in forecast.rejections]


def test_months_come_in_order_and_an_absent_amount_is_nothing() -> None:
    months, problems = read("2026-09,1250.00,,300,", "2026-08,,10.5,,1000")
    assert not problems
    assert months == (
        Ahead(Month(2026, 8), costs=10_50, drawn=1_000_00),
        Ahead(Month(2026, 9), received=1_250_00, providers=300_00),
    )


def test_every_fault_has_its_line_and_no_month_counts() -> None:
    months, problems = read(
        "2026-13,1,,,", "2026-08,-1,,,", "2026-09,1,,,", "2026-09,1,,,", "2026-10,1,2,3,4,5"
    )
    assert not months
    assert problems == [
        (2, "bad_value"),
        (3, "bad_value"),
        (5, "duplicate_month"),
        (6, "bad_value"),
    ]


def test_a_forecast_without_months_is_refused() -> None:
    assert read() == ((), [(1, "empty")])
