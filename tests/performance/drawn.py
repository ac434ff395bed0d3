"""Charts as the templates draw them, taken apart for tests."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from performance.templatetags.charts import Chart, chart


def drawn(chart_of: Chart) -> Element:
    """Return the figure as a tree; it must be well-formed XML."""
    return fromstring(chart(chart_of))


def of_class(figure: Element, name: str) -> list[Element]:
    """Return every element of the figure that has the class."""
    return [each for each in figure.iter() if name in each.get("class", "").split()]


def pictures(figure: Element) -> list[Element]:
    """Return the pictures of the figure: one, but for caps, of which each has its own."""
    return [each for each in figure.iter("svg") if each.get("role") == "img"]


def cells(figure: Element) -> list[list[str]]:
    """Return the table behind the chart, its headings first."""
    return [["".join(cell.itertext()) for cell in row] for row in figure.iter("tr")]
