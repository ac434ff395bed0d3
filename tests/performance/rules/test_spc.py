"""Control limits and signals by the rules of Making Data Count."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from performance.rules.metrics import Wanted
from performance.rules.spc import (
    Assurance,
    ControlChart,
    Meaning,
    Method,
    Rebase,
    SpecialCause,
    Variation,
    judge,
    limits_of,
)

GOLDEN = [1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]
LEVEL = [9, 11] * 6  # mean 10, average range 2, limits 4.68 and 15.32, near limits 6.45 and 13.55
SERIES = st.lists(st.integers(-1_000, 1_000), min_size=1, max_size=40)
SETTINGS = settings(deadline=None)  # the machine may be busy
METHODS = st.builds(Method, st.sampled_from(Wanted), st.sampled_from([12, None]), st.booleans())


def marked(chart: ControlChart, rule: SpecialCause) -> str:
    """Write the points after the level as a line: ``H`` and ``L`` where the rule marks, ``.`` elsewhere."""
    signs = []
    for point in chart.points[len(LEVEL) :]:
        found = [signal.high for signal in point.signals if signal.rule is rule]
        signs.append({True: "H", False: "L"}[found[0]] if found else ".")
    return "".join(signs)


def four(value: Fraction) -> str:
    return f"{float(value):.4f}"


def test_the_golden_vector_by_the_excel_tool_is_met() -> None:
    limits = limits_of(GOLDEN)
    found = [four(each) for each in (limits.mean, limits.average_range, limits.lower, limits.upper)]
    assert found == ["1.9444", "1.8824", "-3.0626", "6.9515"]


def test_the_golden_vector_with_outliers_screened_is_met() -> None:
    limits = limits_of(GOLDEN, screened=True)
    found = [four(each) for each in (limits.mean, limits.average_range, limits.lower, limits.upper)]
    assert found == ["1.9444", "1.0000", "-0.7156", "4.6044"]


def test_nothing_is_screened_unless_asked_for() -> None:
    whole = judge(GOLDEN, Method(baseline=None))
    assert whole.phases[0].limits == limits_of(GOLDEN)
    assert [place for place, point in enumerate(whole.points) if point.signals] == [4]


# (series after the level, rule, marks). The level's last point is 11, above its mean.
HAND_MADE = [
    # a: outside a limit
    ([16], SpecialCause.OUTSIDE, "H"),
    ([4], SpecialCause.OUTSIDE, "L"),
    ([Fraction("15.32")], SpecialCause.OUTSIDE, "."),
    ([Fraction("4.68")], SpecialCause.OUTSIDE, "."),
    ([Fraction("15.33")], SpecialCause.OUTSIDE, "H"),
    ([10, 16, 10, 4, 10], SpecialCause.OUTSIDE, ".H.L."),
    ([20, 20, 20], SpecialCause.OUTSIDE, "HHH"),
    ([15, 5], SpecialCause.OUTSIDE, ".."),
    # b: 7 or more in a row on one side of the mean
    ([9, *[11] * 7], SpecialCause.ONE_SIDE, ".HHHHHHH"),
    ([9, *[11] * 6], SpecialCause.ONE_SIDE, "......."),
    ([9] * 7, SpecialCause.ONE_SIDE, "LLLLLLL"),
    ([9] * 6, SpecialCause.ONE_SIDE, "......"),
    ([9, *[11] * 9, 9], SpecialCause.ONE_SIDE, ".HHHHHHHHH."),
    ([*[11] * 6], SpecialCause.ONE_SIDE, "HHHHHH"),  # with the level's last point it is seven
    ([9, 11, 11, 11, 10, 11, 11, 11, 11], SpecialCause.ONE_SIDE, "........."),  # on the mean breaks it
    ([*[9] * 7, *[11] * 7], SpecialCause.ONE_SIDE, "LLLLLLLHHHHHHH"),
    ([9, 11, 12, 11, 15, 16, 11, 12], SpecialCause.ONE_SIDE, ".HHHHHHH"),
    # c: 7 points all rising or all falling
    ([6, 7, 8, 9, 10, 11, 12], SpecialCause.TREND, "HHHHHHH"),
    ([6, 7, 8, 9, 10, 11], SpecialCause.TREND, "......"),
    ([12, 11, 10, 9, 8, 7, 6], SpecialCause.TREND, "LLLLLLL"),  # up from 11, then six steps down
    ([6, 7, 8, 9, 9, 10, 11, 12], SpecialCause.TREND, "........"),  # equal breaks it
    ([5, 6, 7, 8, 9, 10, 11, 12, 13], SpecialCause.TREND, "HHHHHHHHH"),
    (
        [6, 7, 8, 9, 10, 11, 12, 11, 10, 9, 8, 7, 6],
        SpecialCause.TREND,
        "HHHHHHLLLLLLL",
    ),  # the turn goes with the later
    ([10, 9, 8, 7, 6, 5], SpecialCause.TREND, "LLLLLL"),  # the level's 11 is the first of seven
    ([6, 7, 8, 9, 8, 9, 10, 11, 12, 13], SpecialCause.TREND, ".........."),
    # d: 2 of 3 between the near limit and the limit, all three on one side of the mean
    ([9, 14, 11, 14], SpecialCause.NEAR_LIMIT, ".H.H"),
    ([9, 14, 14, 9], SpecialCause.NEAR_LIMIT, "...."),  # no third on that side
    ([9, 14, 14, 11], SpecialCause.NEAR_LIMIT, ".HH."),
    ([6, 9, 6], SpecialCause.NEAR_LIMIT, "L.L"),
    ([9, 14, 9, 14], SpecialCause.NEAR_LIMIT, "...."),  # the one between lies on the other side
    ([9, 14, 16, 11], SpecialCause.NEAR_LIMIT, "...."),  # outside counts under (a), not here
    ([9, 14, 14, 14], SpecialCause.NEAR_LIMIT, ".HHH"),
    ([9, 13, 13, 13], SpecialCause.NEAR_LIMIT, "...."),  # short of the near limit
    ([9, 14, 11, 11, 14], SpecialCause.NEAR_LIMIT, "....."),
    ([9, 14, 16, 14], SpecialCause.NEAR_LIMIT, ".H.H"),  # two of these three, with one outside between them
]


@pytest.mark.parametrize(("after", "rule", "marks"), HAND_MADE)
def test_a_rule_marks_the_points_of_a_hand_made_series(
    after: list[int | Fraction], rule: SpecialCause, marks: str
) -> None:
    assert marked(judge([*LEVEL, *after]), rule) == marks


def test_each_rule_has_series_that_it_marks_and_series_that_it_does_not() -> None:
    for rule in SpecialCause:
        marks = [marks for _, of, marks in HAND_MADE if of is rule]
        assert len(marks) >= 7
        assert any(set(each) == {"."} for each in marks)
        assert any(set(each) != {"."} for each in marks)


@pytest.mark.parametrize(
    ("wanted", "last", "meaning", "variation"),
    [
        (Wanted.HIGHER, 16, Meaning.IMPROVEMENT, Variation.IMPROVEMENT_HIGH),
        (Wanted.HIGHER, 4, Meaning.CONCERN, Variation.CONCERN_LOW),
        (Wanted.LOWER, 16, Meaning.CONCERN, Variation.CONCERN_HIGH),
        (Wanted.LOWER, 4, Meaning.IMPROVEMENT, Variation.IMPROVEMENT_LOW),
        (Wanted.NEITHER, 16, Meaning.NEUTRAL, Variation.NEUTRAL_HIGH),
        (Wanted.NEITHER, 4, Meaning.NEUTRAL, Variation.NEUTRAL_LOW),
        (Wanted.HIGHER, 10, Meaning.COMMON, Variation.COMMON),
    ],
)
def test_a_signal_is_good_or_bad_by_the_direction_of_the_metric(
    wanted: Wanted, last: int, meaning: Meaning, variation: Variation
) -> None:
    chart = judge([*LEVEL, last], Method(wanted))
    assert chart.points[-1].meaning is meaning
    assert chart.variation is variation


def test_a_rising_trend_below_the_mean_is_an_improvement_where_higher_is_better() -> None:
    chart = judge([*LEVEL, 5, 6, 7, 8, Fraction("8.5"), 9, Fraction("9.5")], Method(Wanted.HIGHER))
    assert [signal.rule for signal in chart.points[-1].signals] == [SpecialCause.ONE_SIDE, SpecialCause.TREND]
    assert chart.variation is Variation.CONCERN_LOW  # the run below the mean is the weightier of the two


@pytest.mark.parametrize(
    ("wanted", "target", "assurance"),
    [
        (Wanted.HIGHER, 4, Assurance.MEETS),
        (Wanted.HIGHER, 16, Assurance.MISSES),
        (Wanted.HIGHER, 10, Assurance.INCONSISTENT),
        (Wanted.LOWER, 16, Assurance.MEETS),
        (Wanted.LOWER, 4, Assurance.MISSES),
        (Wanted.LOWER, Fraction("15.32"), Assurance.INCONSISTENT),
        (Wanted.NEITHER, 4, None),
        (Wanted.HIGHER, None, None),
    ],
)
def test_assurance_holds_the_limits_against_the_target(
    wanted: Wanted, target: int | Fraction | None, assurance: Assurance | None
) -> None:
    assert judge(LEVEL, Method(wanted)).assurance(target) is assurance


def test_limits_are_locked_on_the_first_twelve_points() -> None:
    chart = judge([*LEVEL, *[14] * 20])
    assert chart.phases[0].limits == limits_of(LEVEL)
    assert not chart.phases[0].is_trial


def test_fewer_than_twelve_points_give_trial_limits() -> None:
    assert judge(LEVEL[:11]).phases[0].is_trial
    assert not judge(LEVEL).phases[0].is_trial


def test_a_long_run_after_the_baseline_suggests_a_rebase_at_its_first_point() -> None:
    assert judge([*LEVEL, 9, *[12] * 7]).rebase_suggested == 13
    assert judge([*LEVEL, 9, *[12] * 6]).rebase_suggested is None
    assert judge([11] * 12).rebase_suggested is None


def test_a_rebase_begins_a_phase_with_limits_of_its_own() -> None:
    chart = judge([*LEVEL, *[19, 21] * 6], rebases=[Rebase(12, "Second team began")])
    assert [phase.limits.mean for phase in chart.phases] == [10, 20]
    assert [phase.reason for phase in chart.phases] == ["", "Second team began"]
    assert [point.meaning for point in chart.points] == [Meaning.COMMON] * 24


def test_runs_do_not_reach_over_a_rebase() -> None:
    series = [*LEVEL, *[12] * 7]
    assert marked(judge(series), SpecialCause.ONE_SIDE) == "HHHHHHH"
    assert marked(judge(series, rebases=[Rebase(15, "New hours")]), SpecialCause.ONE_SIDE) == "..." + "...."


@pytest.mark.parametrize("rebase", [Rebase(3, " "), Rebase(0, "why"), Rebase(12, "why"), Rebase(-1, "why")])
def test_a_rebase_without_a_reason_or_a_point_is_refused(rebase: Rebase) -> None:
    with pytest.raises(ValueError, match="rebase"):
        judge(LEVEL, rebases=[rebase])


def test_an_empty_series_is_refused() -> None:
    with pytest.raises(ValueError, match="one point"):
        judge([])


@SETTINGS
@given(SERIES, METHODS, st.fractions(-50, 50, max_denominator=1_000))
def test_shifting_a_series_shifts_its_limits_and_changes_no_signal(
    series: list[int], method: Method, shift: Fraction
) -> None:
    before, after = judge(series, method), judge([each + shift for each in series], method)
    for old, new in zip(before.phases, after.phases, strict=True):
        assert (new.limits.lower, new.limits.upper) == (old.limits.lower + shift, old.limits.upper + shift)
    assert [each.signals for each in after.points] == [each.signals for each in before.points]


@SETTINGS
@given(SERIES, METHODS, st.fractions(Fraction(1, 100), 50, max_denominator=1_000))
def test_scaling_a_series_scales_its_limits_and_changes_no_signal(
    series: list[int], method: Method, scale: Fraction
) -> None:
    before, after = judge(series, method), judge([each * scale for each in series], method)
    for old, new in zip(before.phases, after.phases, strict=True):
        assert (new.limits.lower, new.limits.upper) == (old.limits.lower * scale, old.limits.upper * scale)
    assert [each.signals for each in after.points] == [each.signals for each in before.points]


@SETTINGS
@given(SERIES)
def test_turning_a_series_upside_down_turns_its_signals(series: list[int]) -> None:
    up, down = judge(series), judge([-each for each in series])
    turned = [[(signal.rule, not signal.high) for signal in each.signals] for each in down.points]
    assert [[(signal.rule, signal.high) for signal in each.signals] for each in up.points] == turned
