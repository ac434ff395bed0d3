"""Charts as they are drawn: readable without colour, without the picture, and without an inline style."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from performance.rules.charts import BarMonth, Reading, Series, Words, bar_chart, run_chart
from performance.rules.spc import Better, Method, judge
from performance.templatetags.charts import Chart
from tests.performance.drawn import cells, drawn, of_class, picture

WORDS = Words("starts", "Job starts", "Job starts rose & fell.")
VALUES = [*[9, 11] * 6, 16, 4]
STYLES = Path(__file__).resolve().parents[2] / "styles" / "_charts.scss"
CHARTS: list[Chart] = [
    run_chart(
        WORDS,
        Series(
            [Reading(f"Month {place}", f"M{place}", value) for place, value in enumerate(VALUES)],
            judge(VALUES, Method(Better.HIGHER)),
            target=12,
        ),
    ),
    bar_chart(WORDS, [BarMonth("April", "Apr", 5, 10), BarMonth("May", "May", None, 10)]),
]
every_chart = pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: type(chart).__name__)


@every_chart
def test_a_chart_has_a_name_a_description_and_a_table(chart: Chart) -> None:
    figure = drawn(chart)
    named = {each.get("id"): "".join(each.itertext()) for each in figure.iter() if each.get("id")}
    title, description = (picture(figure).get("aria-labelledby") or "").split()
    assert named[title] == "Job starts"
    assert named[description].startswith("Job starts rose & fell.")
    assert cells(figure)[0] == list(chart.table.headings)
    assert cells(figure)[1:] == [[row.label, *row.cells] for row in chart.table.rows]


@every_chart
def test_a_chart_has_nothing_inline_that_the_policy_forbids(chart: Chart) -> None:
    for each in drawn(chart).iter():
        assert each.tag not in {"style", "script"}
        assert not [name for name in each.attrib if name == "style" or name.startswith("on")]


@every_chart
def test_a_chart_is_as_wide_as_its_place_and_its_texts_keep_their_size(chart: Chart) -> None:
    image = picture(drawn(chart))
    assert image.get("width") == "100%"
    assert image.get("viewBox") is None


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
