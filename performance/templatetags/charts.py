"""Charts on pages: ``{% load charts %}{% chart page.job_starts %}``."""

from __future__ import annotations

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from performance.rules.charts import BarChart, RunChart

register = template.Library()

Chart = BarChart | RunChart
TEMPLATES: dict[type[Chart], str] = {
    BarChart: "components/charts/bar_chart.html",
    RunChart: "components/charts/run_chart.html",
}


@register.simple_tag
def chart(drawn: Chart) -> SafeString:
    """Draw a chart with its key and, folded away, the table of its figures."""
    return render_to_string(TEMPLATES[type(drawn)], {"chart": drawn})
