"""Charts on pages: ``{% load charts %}{% chart page.job_starts %}``."""

from __future__ import annotations

from fractions import Fraction

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from performance.rules.charts import AreaMap, BarChart, CapChart, FunnelChart, RunChart, StackedChart
from performance.rules.spc import ControlChart, Variation

register = template.Library()

Chart = AreaMap | BarChart | CapChart | FunnelChart | RunChart | StackedChart
TEMPLATES: dict[type[Chart], str] = {
    AreaMap: "components/charts/area_map.html",
    BarChart: "components/charts/bar_chart.html",
    CapChart: "components/charts/cap_chart.html",
    FunnelChart: "components/charts/funnel_chart.html",
    RunChart: "components/charts/run_chart.html",
    StackedChart: "components/charts/stacked_chart.html",
}


@register.simple_tag
def chart(drawn: Chart) -> SafeString:
    """Draw a chart with its key and the table of its figures."""
    return render_to_string(TEMPLATES[type(drawn)], {"chart": drawn})


@register.inclusion_tag("components/charts/icons.html")
def spc_icons(control: ControlChart, target: int | Fraction | None = None) -> dict[str, object]:
    """Show what a control chart says of its newest month and of its target, in shape and words."""
    variation = control.variation
    meaning, _, side = variation.name.partition("_")
    return {
        "variation": variation,
        "shape": "common" if variation is Variation.COMMON else meaning.lower(),
        "is_high": side == "HIGH",
        "assurance": control.assurance(target),
    }
