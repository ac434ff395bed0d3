"""The worked tables of control charts and of disclosure are what the rules give."""

from __future__ import annotations

from dataclasses import replace

import pytest

from performance.rules.disclosure import PRESETS, Grid, Months, Shown, protect
from performance.rules.metrics import Wanted
from performance.rules.spc import Method, SpecialCause, judge, limits_of
from tests.docs.pages import DOCS, Row, code_spans, read, section

CHARTS = read(DOCS / "algorithms" / "control-charts.md")
DISCLOSURE = read(DOCS / "algorithms" / "disclosure.md")
LIMITS, SIGNALS, MEANING = (section(CHARTS, title) for title in ("Limits", "Signals", "What it means"))
RULES = dict(zip("abcd", SpecialCause, strict=True))
HES = PRESETS["HES"][1]


def numbers(text: str) -> list[int]:
    return [int(each) for each in text.split()]


LEVEL = next(numbers(each) for each in code_spans(SIGNALS.text) if len(each.split()) == 12)


@pytest.mark.parametrize("row", LIMITS.table("AMR").rows, ids=lambda row: row["screened"])
def test_the_limits_of_the_series_are_those_of_the_page(row: Row) -> None:
    series = next(numbers(each) for each in code_spans(LIMITS.text) if len(each.split()) == 18)
    limits = limits_of(series, screened=row["screened"] == "yes")
    found = (limits.mean, limits.average_range, limits.lower, limits.upper)
    assert [f"{float(each):.4f}" for each in found] == [
        row[column] for column in ("mean", "AMR", "lower limit", "upper limit")
    ]


@pytest.mark.parametrize("row", SIGNALS.table("marks").rows, ids=lambda row: f"{row['rule']}: {row['then']}")
def test_each_rule_marks_what_the_page_says(row: Row) -> None:
    points = judge([*LEVEL, *numbers(row["then"])]).points[len(LEVEL) :]
    marks = []
    for point in points:
        found = [signal.high for signal in point.signals if signal.rule is RULES[row["rule"]]]
        marks.append("HL"[not found[0]] if found else ".")
    assert "".join(marks) == row["marks"]


@pytest.mark.parametrize(
    "row", MEANING.table("says").rows, ids=lambda row: f"{row['wanted']} {row['target']}"
)
def test_the_target_is_within_reach_as_the_page_says(row: Row) -> None:
    chart = judge(LEVEL, Method(Wanted[row["wanted"]]))
    limits = chart.phases[0].limits
    assert f"{float(limits.lower):.2f} to {float(limits.upper):.2f}" == row["limits"]
    assurance = chart.assurance(int(row["target"]))
    assert assurance is not None
    assert assurance.value == row["says"]


@pytest.mark.parametrize(
    "row", section(DISCLOSURE, "One figure").table("rule").rows, ids=lambda row: row["rule"]
)
def test_each_rule_writes_counts_as_the_page_says(row: Row) -> None:
    rule = PRESETS[row["rule"]][1]
    assert (row["threshold"], row["base"]) == (str(rule.threshold), str(rule.base))
    counts = [column for column in row if column.isdigit()]
    assert [rule.count(int(count)).text for count in counts] == [row[count] for count in counts]


@pytest.mark.parametrize("row", section(DISCLOSURE, "One figure").table("part").rows, ids=str)
def test_shares_are_what_the_page_says(row: Row) -> None:
    assert HES.share(int(row["part"]), int(row["of"])).text == row["shown"]


def test_the_table_is_shown_as_the_page_says() -> None:
    true, alone, shown = section(DISCLOSURE, "A table").table("north").rows
    grid = Grid(
        ("all",), ("north", "south"), {("all", place): int(true[place]) for place in ("north", "south")}
    )
    for row, rule in ((alone, replace(HES, further=False)), (shown, HES)):
        found = protect(grid.counts(), rule)
        columns = {"north": ("all", "north"), "south": ("all", "south"), "total": ("all", Grid.TOTAL)}
        assert {name: found[key].text for name, key in columns.items()} == {
            name: row[name] for name in columns
        }


def test_the_months_are_shown_as_the_page_says() -> None:
    values = {("north", "April"): 16, ("north", "May"): 7}
    shown: dict[tuple[str, ...], Shown] = {}
    for row in section(DISCLOSURE, "Month after month").table("shown in").rows:
        months = tuple(month for month in ("April", "May") if row[month])
        table = Months(("north",), months, {key: values[key] for key in values if key[1] in months})
        shown = protect(table.counts(), PRESETS["TEN"][1], shown)
        for month in months:
            assert shown["north", month].text == row[month]
            assert shown["north", "to", month].text == row[f"to date in {month}"]
