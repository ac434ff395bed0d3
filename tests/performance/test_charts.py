"""Charts as they are drawn: readable without colour, without the picture, and without an inline style."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring
from django.template.loader import render_to_string

from performance.rules.charts import (
    Area,
    AreaMap,
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
    in_units,
    run_chart,
    stacked_chart,
)
from performance.rules.metrics import Wanted
from performance.rules.spc import Method, judge
from performance.templatetags.charts import TEMPLATES, Chart, spc_icons
from tests.performance.drawn import cells, drawn, of_class, pictures

WORDS = Words("starts", "Job starts", "Job starts rose & fell.")
VALUES = [*[9, 11] * 6, 16, 4]
STYLES = Path(__file__).resolve().parents[2] / "styles" / "_charts.scss"
CHARTS: list[Chart] = [
    run_chart(
        WORDS,
        Series(
            [Reading(f"Month {place}", f"M{place}", value) for place, value in enumerate(VALUES)],
            judge(VALUES, Method(Wanted.HIGHER)),
            target=12,
        ),
    ),
    bar_chart(WORDS, [BarMonth("April", "Apr", 5, 10), BarMonth("May", "May", None, 10)]),
    cap_chart(
        WORDS,
        [CapUse("Ealing", 1000, 400, 300, Forecast(800, 900, 1500)), CapUse("Brent", 1000, None)],
        write=in_hundreds("GBP"),
        exact=str,
    ),
    funnel_chart(WORDS, [Stage("Referred", 40), Stage("Started", 30), Stage("Job start", None)]),
    stacked_chart(
        WORDS,
        ["Verified", "Waiting", "Later"],
        [StackMonth("April", "Apr", (3, 2, 1)), StackMonth("May", "May", (3, None, 1))],
        write=in_units,
        exact=in_units,
    ),
    area_map(
        WORDS,
        [
            Area("Ealing", [[(0, 51), (1, 51), (1, 52), (0, 52)]], 40),
            Area("Brent", [[(1, 51), (2, 51), (2, 52), (1, 52)]], None, "*"),
        ],
        write=in_units,
        heading="Rate",
    ),
]
every_chart = pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: type(chart).__name__)


def test_every_kind_of_chart_is_tried() -> None:
    assert {type(chart) for chart in CHARTS} == set(TEMPLATES)


@every_chart
def test_a_chart_has_a_name_a_description_and_a_table(chart: Chart) -> None:
    figure = drawn(chart)
    ids = [each.get("id") for each in figure.iter() if each.get("id")]
    named = {each.get("id"): "".join(each.itertext()) for each in figure.iter() if each.get("id")}
    assert len(ids) == len(set(ids))
    assert pictures(figure)
    for image in pictures(figure):
        title, description = (image.get("aria-labelledby") or "").split()
        assert named[title]
        assert named[description].endswith("has every figure.")
    assert "Job starts rose & fell." in "".join(figure.itertext())
    assert cells(figure)[0] == list(chart.table.headings)
    assert cells(figure)[1:] == [[row.label, *row.cells] for row in chart.table.rows]


@every_chart
def test_a_chart_has_nothing_inline_that_the_policy_forbids(chart: Chart) -> None:
    for each in drawn(chart).iter():
        assert each.tag not in {"style", "script"}
        assert not [name for name in each.attrib if name == "style" or name.startswith("on")]


@every_chart
def test_a_chart_is_as_wide_as_its_place_and_its_texts_keep_their_size(chart: Chart) -> None:
    for image in pictures(drawn(chart)):
        assert (image.get("width") == "100%") != isinstance(chart, AreaMap)  # a map keeps its proportions


def test_c6_nothing_of_a_figure_that_is_hidden_can_be_read_off_a_chart() -> None:
    stacked = drawn(CHARTS[4])
    assert len(of_class(stacked, "mhep-chart__part")) == 3 + 3  # April's, and those of the key
    assert cells(stacked)[2] == ["May", "3", "*", "1", "*"]
    assert cells(drawn(CHARTS[2]))[2] == ["Brent", "1000", *["*"] * 6]
    assert cells(drawn(CHARTS[3]))[3] == ["Job start", "*", "", ""]


def test_parts_and_areas_are_told_apart_by_a_pattern_or_a_sign() -> None:
    patterns = {each.get("fill") for each in of_class(drawn(CHARTS[4]), "mhep-chart__part")}
    assert patterns == {f"url(#starts-{name})" for name in ("solid", "hatched", "dotted")}
    signs = {each.text for each in of_class(drawn(CHARTS[5]), "mhep-map__sign")}
    assert signs == {"4", "*"}


@pytest.mark.parametrize(
    ("wanted", "last", "target", "words"),
    [
        (Wanted.HIGHER, 16, 4, ["Improving: higher than usual", "Consistently meets the target"]),
        (Wanted.LOWER, 16, 4, ["Of concern: higher than usual", "Consistently misses the target"]),
        (Wanted.HIGHER, 10, 10, ["No significant change", "Meets or misses the target by chance"]),
        (Wanted.NEITHER, 4, None, ["Lower than usual"]),
    ],
)
def test_icons_say_in_words_what_they_show(
    wanted: Wanted, last: int, target: int | None, words: list[str]
) -> None:
    shown = render_to_string(
        "components/charts/icons.html", spc_icons(judge([*VALUES[:12], last], Method(wanted)), target)
    )
    figure = fromstring(shown)
    assert ["".join(each.itertext()).strip("? ") for each in figure.iter("li")] == words


def test_a_signal_has_a_shape_of_its_own_and_words_in_the_key() -> None:
    figure = drawn(CHARTS[0])
    (improvement, _), (concern, _) = (
        of_class(figure, f"mhep-chart__point--{kind}") for kind in ("improvement", "concern")
    )
    assert improvement.get("points") != concern.get("points")
    key = " ".join("".join(each.itertext()) for each in of_class(figure, "mhep-chart__key"))
    assert "Unusual: improvement" in key
    assert "Unusual: concern" in key


def test_a_hidden_month_has_no_bar_and_its_symbol_is_explained() -> None:
    figure = drawn(CHARTS[1])
    assert len(of_class(figure, "mhep-chart__bar")) == 2  # the one bar, and the one of the key
    assert "* not shown" in "".join(figure.itertext())


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour as WCAG 2.2 defines it."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_colour_of_the_palette_stands_out_from_the_paper() -> None:
    palette = dict(re.findall(r"^\$([a-z-]+): (#[0-9a-f]{6});", STYLES.read_text(), re.MULTILINE))
    assert {"improvement", "concern", "neutral", "common", "target"} <= set(palette)
    assert {name: colour for name, colour in palette.items() if 1.05 / (luminance(colour) + 0.05) < 3} == {}
