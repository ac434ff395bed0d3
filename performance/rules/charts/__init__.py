"""
Geometry of charts: what stands where, as data that the templates in ``templates/components/charts`` draw.

Across, places are percentages of the width, so that a chart is as readable at 320 pixels as at 1,280 and its
texts keep their size; down, they are pixels. Nothing here knows more than it is given: who draws for a role
under disclosure control passes what that role may see (``performance/rules/disclosure.py``).
"""

from performance.rules.charts.bars import BarChart, BarMonth, bar_chart
from performance.rules.charts.caps import CapChart, CapUse, Forecast, cap_chart
from performance.rules.charts.frame import HIDDEN, DataTable, Row, Words, in_hundreds, in_percent, in_units
from performance.rules.charts.funnel import FunnelChart, Stage, funnel_chart
from performance.rules.charts.maps import Area, AreaMap, area_map
from performance.rules.charts.run import Reading, RunChart, Series, run_chart
from performance.rules.charts.stacked import StackedChart, StackMonth, stacked_chart

__all__ = [
    "HIDDEN",
    "Area",
    "AreaMap",
    "BarChart",
    "BarMonth",
    "CapChart",
    "CapUse",
    "DataTable",
    "Forecast",
    "FunnelChart",
    "Reading",
    "Row",
    "RunChart",
    "Series",
    "StackMonth",
    "StackedChart",
    "Stage",
    "Words",
    "area_map",
    "bar_chart",
    "cap_chart",
    "funnel_chart",
    "in_hundreds",
    "in_percent",
    "in_units",
    "run_chart",
    "stacked_chart",
]
