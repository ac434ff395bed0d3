"""Geometry of charts: where things stand, and that nothing is shown that was not given."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from performance.rules.charts import (
    Area,
    BarMonth,
    CapUse,
    Forecast,
    Reading,
    Series,
    StackMonth,
    Stage,
    Words,
    area_map,
    bar_chart,
    cap_chart,
    funnel_chart,
    in_hundreds,
    in_percent,
    in_units,
    run_chart,
    stacked_chart,
)
from performance.rules.charts.frame import FLOOR, TOP, axis_for, labels
from performance.rules.metrics import Wanted
from performance.rules.spc import Method, Rebase, judge

WORDS = Words("starts", "Job starts", "11 job starts in March.")
LEVEL = [9, 11] * 6
SETTINGS = settings(deadline=None)  # the machine may be busy
VALUES = st.fractions(-10_000, 10_000, max_denominator=50)


def readings(values: Sequence[int | None]) -> list[Reading]:
    return [Reading(f"Month {place}", f"M{place}", value) for place, value in enumerate(values)]


@SETTINGS
@given(st.lists(VALUES, max_size=30))
def test_every_value_and_zero_stand_inside_the_plot(values: list[Fraction]) -> None:
    axis = axis_for(values)
    assert all(TOP - 1e-6 <= axis.y(value) <= FLOOR + 1e-6 for value in [Fraction(0), *values])


@SETTINGS
@given(st.lists(VALUES, min_size=1, max_size=30))
def test_an_axis_has_few_round_steps(values: list[Fraction]) -> None:
    axis = axis_for(values)
    digits = f"{float(axis.step):e}"[0]
    assert digits in "125"
    assert 2 <= len(axis.ticks(str)) <= 8


@SETTINGS
@given(st.integers(1, 60))
def test_labels_are_few_and_the_last_is_among_them(count: int) -> None:
    found = labels([f"M{place}" for place in range(count)])
    assert len(found) <= 4
    assert found[-1].text == f"M{count - 1}"


def test_a_bar_is_as_high_as_its_value_and_no_bar_stands_for_a_hidden_one() -> None:
    chart = bar_chart(WORDS, [BarMonth("April", "Apr", 5, 10), BarMonth("May", "May", None, 10)])
    (bar,) = chart.bars
    assert (bar.y, bar.height) == (f"{FLOOR - 100:.1f}", "100.0")
    assert [each.text for each in chart.missing] == ["*"]
    assert [row.cells for row in chart.table.rows] == [("5", "10", "-5"), ("*", "10", "")]


def test_a_figure_stands_above_the_mark_of_the_plan_where_that_is_in_its_way() -> None:
    near = bar_chart(WORDS, [BarMonth("April", "Apr", 95, 100)]).bars[0]
    far = bar_chart(WORDS, [BarMonth("April", "Apr", 40, 100)]).bars[0]
    assert near.figure_y == f"{TOP - 5:.1f}"
    assert far.figure_y == f"{FLOOR - 80 - 5:.1f}"


def test_many_bars_carry_no_figures_and_still_say_what_they_are() -> None:
    chart = bar_chart(WORDS, [BarMonth(f"Month {place}", "M", place + 1) for place in range(14)])
    assert {bar.figure for bar in chart.bars} == {""}
    assert chart.bars[13].text == "Month 13: 14"
    assert chart.planned == ""


def test_a_run_chart_marks_signals_with_shapes_and_names_the_rules_in_its_table() -> None:
    values = [*LEVEL, 16, 4]
    chart = run_chart(WORDS, Series(readings(values), judge(values, Method(Wanted.HIGHER)), target=12))
    assert [mark.shape for mark in chart.marks[-3:]] == ["common", "improvement", "concern"]
    assert chart.table.headings == ("Month", "Value", "Target", "Mean", "Limits", "Reading")
    assert chart.table.rows[12].cells == (
        "16",
        "12",
        "10",
        "4.7 to 15.3",
        "Unusual: improvement (outside a limit)",
    )
    assert [kind for kind, _ in chart.legend] == [
        *("common", "improvement", "concern", "mean", "limit", "target"),
    ]


def test_a_month_without_a_value_leaves_a_gap_and_shifts_nothing() -> None:
    values = [*LEVEL[:6], None, *LEVEL[6:]]
    known = [each for each in values if each is not None]
    chart = run_chart(WORDS, Series(readings(values), judge(known)))
    assert len(chart.lines) == len(values) - 3
    assert chart.table.rows[6].cells == ("*", "", "", "")
    assert chart.marks[6].text == "Month 7: 9"


def test_trial_limits_new_limits_and_a_change_of_level_are_said() -> None:
    short = run_chart(WORDS, Series(readings(LEVEL[:8]), judge(LEVEL[:8])))
    assert "Trial limits: they come from 8 of the 12 months" in short.notes[1]
    values = [*LEVEL, *[20] * 7]
    changed = run_chart(WORDS, Series(readings(values), judge(values)))
    assert changed.notes[-1].startswith("The level seems to have changed from Month 12.")
    based = judge(values, rebases=[Rebase(12, "Second team began.")])
    rebased = run_chart(WORDS, Series(readings(values), based))
    assert "New limits from Month 12: Second team began." in rebased.notes
    assert len([level for level in rebased.levels if level.kind == "mean"]) == 2


def test_a_limit_below_zero_is_not_drawn_where_no_value_is() -> None:
    values = [0, 3] * 6
    chart = run_chart(WORDS, Series(readings(values), judge(values)))
    assert [level.kind for level in chart.levels] == ["mean", "limit"]


def test_a_judgement_of_other_points_is_refused() -> None:
    with pytest.raises(ValueError, match="other points"):
        run_chart(WORDS, Series(readings([1, 2]), judge([1, 2, 3])))


def test_charts_without_any_months_are_drawn_empty() -> None:
    assert run_chart(WORDS, Series([])).marks == ()
    assert bar_chart(WORDS, []).bars == ()


@pytest.mark.parametrize(
    ("value", "written"),
    [(7, "7"), (1250, "1,250"), (Fraction(15, 2), "7.5"), (Fraction(-3062, 1000), "-3.1"), (0, "0")],
)
def test_counts_are_written_with_at_most_one_decimal(value: int | Fraction, written: str) -> None:
    assert in_units(value) == written


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [
        (95_000, "GBP", "£950"),
        (1_250_000, "GBP", "£12.5k"),
        (-123_456_789, "EUR", "-€1.2m"),
        (50_000_000, "DKK", "500k DKK"),
        (0, "GBP", "£0"),
    ],
)
def test_amounts_are_written_shortly(minor: int, currency: str, written: str) -> None:
    assert in_hundreds(currency)(minor) == written


def test_shares_are_written_as_percentages() -> None:
    assert in_percent(Fraction(77, 200)) == "38.5%"


def test_a_cap_stands_at_the_same_place_whatever_it_is() -> None:
    chart = cap_chart(
        WORDS,
        [
            CapUse("Half", 1_000, 500, 250, Forecast(800, 900, 1_000)),
            CapUse("Over", 1_000, 1_000, 5_000, Forecast(0, 100, 9_999)),
            CapUse("None left", 0, 0),
            CapUse("Credited", 1_000, -50),
        ],
        write=in_hundreds("GBP"),
        exact=str,
    )
    half, over, nothing, credited = chart.bars
    assert (half.charged, half.expected, half.high) == ("40.00%", "20.00%", "80.00%")
    assert (over.charged, over.expected, over.low, over.high) == ("80.00%", "20.00%", "0.00%", "100.00%")
    assert nothing.figure == "£0 of £0 charged (no room)"
    assert credited.charged == "0.00%"
    assert chart.table.rows[0].cells == ("1000", "500", "250", "900", "800", "1000", "50%")


def test_a_funnel_tells_shares_of_the_stage_before_and_of_the_first() -> None:
    chart = funnel_chart(WORDS, [Stage("Referred", 40), Stage("Started", 30), Stage("Job start", 11)])
    assert [bar.width for bar in chart.bars] == ["100.00%", "75.00%", "27.50%"]
    assert [row.cells for row in chart.table.rows] == [
        ("40", "", ""),
        ("30", "75%", "75%"),
        ("11", "37%", "28%"),
    ]


def test_c5_a_share_of_a_hidden_stage_is_hidden_too() -> None:
    chart = funnel_chart(WORDS, [Stage("Referred", 40), Stage("Started", None), Stage("Job start", 10)])
    assert [row.cells for row in chart.table.rows] == [("40", "", ""), ("*", "", ""), ("10", "", "25%")]
    assert "%" not in chart.bars[2].text


def test_a_funnel_of_nobody_has_no_shares() -> None:
    chart = funnel_chart(WORDS, [Stage("Referred", 0), Stage("Started", 0)])
    assert [bar.text for bar in chart.bars] == ["Referred: 0", "Started: 0"]
    assert funnel_chart(WORDS, []).bars == ()


@SETTINGS
@given(st.lists(st.tuples(*[st.integers(0, 500)] * 3), min_size=1, max_size=12))
def test_parts_of_a_column_stand_on_each_other_and_reach_its_total(months: list[tuple[int, ...]]) -> None:
    stacks = [StackMonth(f"M{place}", "M", values) for place, values in enumerate(months)]
    chart = stacked_chart(WORDS, ["A", "B", "C"], stacks, write=in_units, exact=in_units)
    axis = axis_for([sum(values) for values in months])
    for place, values in enumerate(months):
        blocks = [block for block in chart.blocks if block.text.startswith(f"M{place},")]
        assert len(blocks) == sum(1 for value in values if value)
        if blocks:
            assert abs(float(blocks[-1].y) - axis.y(sum(values))) < 0.1
            assert abs(sum(float(block.height) for block in blocks) - (FLOOR - axis.y(sum(values)))) < 0.4


def test_a_month_with_a_hidden_part_has_neither_column_nor_total() -> None:
    chart = stacked_chart(
        WORDS, ["A", "B"], [StackMonth("April", "Apr", (5, None))], write=in_units, exact=in_units
    )
    assert chart.blocks == ()
    assert chart.table.rows[0].cells == ("5", "*", "*")


def test_more_parts_than_patterns_are_refused() -> None:
    with pytest.raises(ValueError, match="At most 5"):
        stacked_chart(WORDS, list("ABCDEF"), [], write=in_units, exact=in_units)


def square(x: float, y: float) -> list[list[tuple[float, float]]]:
    return [[(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)]]


def test_areas_fall_into_classes_and_the_key_says_which() -> None:
    chart = area_map(
        WORDS,
        [
            Area("Low", square(0, 0), 0),
            Area("High", square(1, 0), 50),
            Area("Hidden", square(0, 1), None, "*"),
            Area("Unknown", square(1, 1), None),
        ],
        write=in_units,
        heading="Rate",
    )
    assert [shade.sign for shade in chart.shades] == ["1", "5", "*", "–"]
    assert [words for _, _, words in chart.key] == ["0 to 10", "40 to 50", "Not shown", "Nothing known"]
    assert [row.cells for row in chart.table.rows] == [("0",), ("50",), ("*",), ("–",)]


def test_the_sign_of_an_area_stands_inside_it_however_it_is_bent() -> None:
    bent = [[(0.0, 0.0), (3.0, 0.0), (3.0, 3.0), (2.0, 3.0), (2.0, 1.0), (0.0, 1.0)]]
    (shade,) = area_map(WORDS, [Area("Bent", bent, 1)], write=in_units, heading="Rate").shades
    assert 4 + 392 * 2 / 3 < float(shade.x) < 396


def test_north_is_up_and_east_is_right() -> None:
    shades = area_map(
        WORDS,
        [Area("South-west", square(0, 0), 1), Area("North-east", square(1, 1), 1)],
        write=in_units,
        heading="",
    ).shades
    assert float(shades[0].x) < float(shades[1].x)
    assert float(shades[0].y) > float(shades[1].y)


def test_a_map_without_outlines_is_its_table() -> None:
    chart = area_map(WORDS, [Area("Ealing", [], 40)], write=in_units, heading="Rate")
    assert chart.shades == ()
    assert chart.table.rows[0].cells == ("40",)


def test_counts_of_nobody_have_an_axis_of_whole_people() -> None:
    assert [tick.text for tick in axis_for([0, 0]).ticks(in_units)] == ["0", "1"]
    assert [tick.text for tick in axis_for([0, 3]).ticks(in_units)] == ["0", "1", "2", "3"]
    assert [tick.text for tick in axis_for([Fraction(1, 2)]).ticks(in_percent)][:2] == ["0%", "10%"]
