"""Small numbers: the rules, and attacks on what is shown (C1 to C5 and C7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from performance.rules.disclosure import (
    EXACT,
    PRESETS,
    Count,
    DisclosureRule,
    Grid,
    Months,
    Percentages,
    Shown,
    protect,
)
from performance.rules.disclosure.freedom import Flow, Network
from performance.rules.disclosure.rule import check
from tests.performance.attacker import Known, Sum, pinned

HES = PRESETS["HES"][1]
MHSDS = PRESETS["MHSDS"][1]
TEN = PRESETS["TEN"][1]
RULES = [HES, MHSDS, TEN]
SETTINGS = settings(
    deadline=None, derandomize=True, max_examples=100, suppress_health_check=list(HealthCheck)
)
COUNTS = st.one_of(st.integers(0, 12), st.integers(0, 40))
ALL = Grid.TOTAL


# How one figure is written


@pytest.mark.parametrize(
    ("rule", "written"),
    [
        (HES, {0: "0", 1: "*", 7: "*", 8: "10", 12: "10", 13: "15", 1_002: "1,000", 1_003: "1,005"}),
        (MHSDS, {0: "0", 1: "*", 4: "*", 5: "5", 7: "5", 8: "10"}),
        (TEN, {0: "0", 9: "*", 10: "10", 11: "11"}),
        (EXACT, {0: "0", 1: "1", 7: "7", 1_003: "1,003"}),
        (replace(HES, shows_zeros=False, symbol="–"), {0: "–", 7: "–", 8: "10"}),
    ],
)
def test_a_count_is_written_by_the_rule_of_the_contract(
    rule: DisclosureRule, written: dict[int, str]
) -> None:
    assert {count: rule.count(count).text for count in written} == written


@SETTINGS
@given(
    st.sampled_from(
        [*RULES, EXACT, DisclosureRule(6, 10), DisclosureRule(8, 4), replace(HES, shows_zeros=False)]
    ),
    COUNTS,
)
def test_what_a_reader_can_tell_of_a_count_is_exactly_what_gives_the_same_text(
    rule: DisclosureRule, count: int
) -> None:
    shown = rule.count(count)
    same = [each for each in range(200) if rule.count(each).text == shown.text]
    if shown.is_hidden:
        assert shown.low <= min(same)
        assert shown.high is None
    else:
        assert (shown.low, shown.high) == (min(same), max(same))


@SETTINGS
@given(st.sampled_from(RULES), st.integers(1, 99))
def test_c1_no_small_count_is_shown(rule: DisclosureRule, count: int) -> None:
    shown = rule.count(count)
    assert shown.is_hidden == (count < rule.threshold)
    assert shown.value is None or shown.value >= rule.threshold - rule.base // 2


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (9, 21, "50%"),  # of the rounded figures: 10 of 20
        (3, 21, "*"),
        (0, 21, "0%"),
        (21, 21, "100%"),
        (8, 8, "100%"),
        (7, 7, "*"),
        (0, 5, "*"),
        (0, 0, "*"),
        (9, 8, "100%"),
    ],
)
def test_a_share_is_of_rounded_figures_and_hidden_where_they_are(part: int, whole: int, text: str) -> None:
    assert HES.share(part, whole).text == text


@SETTINGS
@given(st.sampled_from(RULES), st.integers(0, 30))
def test_c7_a_small_group_whose_members_share_an_outcome_is_not_shown(
    rule: DisclosureRule, whole: int
) -> None:
    for part in (0, whole):
        assert rule.share(part, whole).is_hidden == (whole < rule.threshold)


def test_shares_are_not_shown_where_the_contract_says_so_and_exact_without_a_rule() -> None:
    assert replace(HES, percentages=Percentages.NONE).share(10, 20).is_hidden
    assert EXACT.share(1, 3).text == "33%"
    assert EXACT.share(0, 0).text == ""


@SETTINGS
@given(st.sampled_from(RULES), st.integers(0, 60), st.integers(0, 60))
def test_c5_a_share_tells_no_more_than_the_figures_that_it_is_worked_out_from(
    rule: DisclosureRule, part: int, more: int
) -> None:
    whole = part + more
    top, bottom = rule.count(part), rule.count(whole)
    again = {
        rule.share(other, total).text
        for total in range(whole, whole + 10)
        if rule.count(total) == bottom
        for other in range(min(part + 10, total + 1))
        if rule.count(other) == top
    }
    assert again == {rule.share(part, whole).text}


def test_c5_a_mean_of_few_people_is_hidden() -> None:
    assert HES.of_people(Fraction(61, 2), 7).is_hidden
    assert HES.of_people(Fraction(61, 2), 8) == Shown("31", 31)
    assert EXACT.of_people(30, 1).text == "30"


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        (DisclosureRule(3, 5), "threshold"),
        (DisclosureRule(101, 5), "threshold"),
        (DisclosureRule(8, 0), "rounding base"),
        (DisclosureRule(8, 17), "twice the threshold"),
        (DisclosureRule(8, 5, symbol="7"), "symbol"),
        (DisclosureRule(8, 5, symbol=""), "symbol"),
    ],
)
def test_a_rule_that_hides_too_little_or_reads_as_a_number_is_refused(
    rule: DisclosureRule, fault: str
) -> None:
    (message,) = check(rule)
    assert fault in message


def test_the_rules_that_are_offered_can_be_used() -> None:
    assert [check(rule) for _, rule in PRESETS.values()] == [[]] * len(PRESETS)


# Attacks on tables


def grids(most: int = 4) -> st.SearchStrategy[Grid]:
    def grid(size: tuple[int, int]) -> st.SearchStrategy[Grid]:
        rows, columns = tuple(f"r{n}" for n in range(size[0])), tuple(f"c{n}" for n in range(size[1]))
        values = st.fixed_dictionaries({(row, column): COUNTS for row in rows for column in columns})
        return values.map(lambda given: Grid(rows, columns, given))

    return st.tuples(st.integers(1, most), st.integers(1, most)).flatmap(grid)


def sums_of(grid: Grid) -> list[Sum]:
    rows = [Sum((row, ALL), tuple((row, column) for column in grid.columns)) for row in grid.rows]
    columns = [Sum((ALL, column), tuple((row, column) for row in grid.rows)) for column in grid.columns]
    whole = (ALL, ALL)
    return [
        *rows,
        *columns,
        Sum(whole, tuple((row, ALL) for row in grid.rows)),
        Sum(whole, tuple((ALL, column) for column in grid.columns)),
    ]


def attack(
    counts: Iterable[Count], shown: dict[tuple[str, ...], Shown], sums: list[Sum], rule: DisclosureRule
) -> dict[tuple[str, ...], tuple[int, int]]:
    listed = list(counts)
    return dict(
        pinned(
            {each.key: each.value for each in listed},
            {key: each.text for key, each in shown.items()},
            sums,
            [each.key for each in listed if each.is_total],
            Known(rule.threshold, rule.base, rule.symbol),
        )
    )


def a_grid(*rows: tuple[int, ...]) -> Grid:
    names, columns = [f"r{n}" for n in range(len(rows))], [f"c{n}" for n in range(len(rows[0]))]
    values = {
        (name, column): value
        for name, row in zip(names, rows, strict=True)
        for column, value in zip(columns, row, strict=True)
    }
    return Grid(tuple(names), tuple(columns), values)


@pytest.mark.parametrize("rule", [replace(TEN, further=False), replace(HES, further=False)])
def test_c2_hiding_small_cells_alone_can_be_undone_by_subtraction(rule: DisclosureRule) -> None:
    grid = a_grid((12, 7), (30, 40))
    shown = protect(grid.counts(), rule)
    assert shown["r0", "c1"].is_hidden
    assert attack(grid.counts(), shown, sums_of(grid), rule)


@pytest.mark.parametrize("rule", [TEN, HES])
def test_c2_further_cells_are_hidden_so_that_subtraction_fails(rule: DisclosureRule) -> None:
    grid = a_grid((12, 7), (30, 40))
    shown = protect(grid.counts(), rule)
    assert attack(grid.counts(), shown, sums_of(grid), rule) == {}
    assert not shown[ALL, ALL].is_hidden


def test_a_table_without_small_cells_is_shown_whole_and_zeros_stay() -> None:
    grid = a_grid((12, 0), (30, 40))
    assert [each.text for each in protect(grid.counts(), TEN).values() if each.is_hidden] == []


@SETTINGS
@given(grids(), st.sampled_from(RULES))
def test_c2_no_small_count_of_a_month_can_be_worked_out(grid: Grid, rule: DisclosureRule) -> None:
    shown = protect(grid.counts(), rule)
    assert attack(grid.counts(), shown, sums_of(grid), rule) == {}
    for each in grid.counts():
        assert shown[each.key] in {rule.count(each.value), rule.hidden}
        assert not (each.value == 0 and shown[each.key].is_hidden)


def month_sums(table: Months) -> list[Sum]:
    sums = []
    for number, month in enumerate(table.months):
        sums.append(Sum((ALL, month), tuple((place, month) for place in table.places)))
        sums.append(Sum((ALL, "to", month), tuple((place, "to", month) for place in table.places)))
        for place in (*table.places, ALL):
            before = ((place, "to", table.months[number - 1]),) if number else ()
            sums.append(Sum((place, "to", month), (*before, (place, month))))
    return sums


@SETTINGS
@given(
    st.integers(1, 3).flatmap(
        lambda places: st.lists(st.lists(COUNTS, min_size=places, max_size=places), min_size=1, max_size=3)
    ),
    st.sampled_from(RULES),
)
def test_c3_nor_can_one_from_this_month_less_last_month_or_from_sums_to_date(
    months: list[list[int]], rule: DisclosureRule
) -> None:
    places = tuple(f"p{n}" for n in range(len(months[0])))
    shown: dict[tuple[str, ...], Shown] = {}
    for end in range(1, len(months) + 1):
        names = tuple(f"m{n}" for n in range(end))
        values = {
            (place, month): count
            for month, counts in zip(names, months, strict=False)
            for place, count in zip(places, counts, strict=True)
        }
        table = Months(places, names, values)
        before, shown = shown, protect(table.counts(), rule, shown)
        assert {key: shown[key] for key in before} == before, "what was shown never changes"
        assert attack(table.counts(), shown, month_sums(table), rule) == {}


def test_c3_showing_each_month_on_its_own_would_tell_by_the_difference() -> None:
    table = Months(("p0",), ("m0", "m1"), {("p0", "m0"): 16, ("p0", "m1"): 7})
    alone = {each.key: replace(TEN, further=False).count(each.value) for each in table.counts()}
    assert attack(table.counts(), alone, month_sums(table), TEN)
    assert attack(table.counts(), protect(table.counts(), TEN), month_sums(table), TEN) == {}


# The arithmetic underneath


def test_counts_that_do_not_add_up_or_lie_outside_their_bounds_are_refused() -> None:
    with pytest.raises(ValueError, match="add up"):
        Network([Flow("a", "b", 1, 0, 2), Flow("b", "a", 2, 0, 2)])
    with pytest.raises(ValueError, match="between"):
        Network([Flow("a", "b", 3, 0, 2), Flow("b", "a", 3, 0, 3)])


def test_freedom_is_what_the_others_leave_and_asking_changes_nothing() -> None:
    network = Network(
        [Flow("a", "b", 5, 0, 9), Flow("b", "a", 3, 2, 4), Flow("b", "a", 2, 2, 2)],
    )
    for _ in range(2):
        freedom = network.freedom(0, 10)
        assert (freedom.down, freedom.up) == (1, 1)
        assert {hold.number for hold in freedom.holds} == {1, 2}
