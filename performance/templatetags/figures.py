"""How the figures of metrics are written on pages."""

from __future__ import annotations

from django import template

from mhep.shared.templatetags.mhep import money, number
from performance.rules.metrics import Figure, Metric, Unit

register = template.Library()
NOTHING = "–"


@register.filter
def figure(value: Figure, currency: str) -> str:
    """Write a figure with its unit: ``31.4%``, ``12.5 days``, ``£1,234.00``; a dash where there is none."""
    if value.value is None:
        return NOTHING
    if value.unit is Unit.AMOUNT:
        return money(int(value.value), currency)
    ending = {Unit.PER_CENT: "%", Unit.DAYS: " days"}.get(value.unit, "")
    return f"{number(value.value)}{ending}"


@register.filter
def parts(value: Figure, measure: Metric) -> str:
    """Write what a share of people or outcomes was worked out from, as in ``12 of 40``; else nothing."""
    is_of_money = measure.top.endswith("_minor")
    if value.unit is not Unit.PER_CENT or is_of_money or value.top is None or not value.bottom:
        return ""
    return f"{value.top:,} of {value.bottom:,}"


@register.filter
def tenths(value: int) -> str:
    """Write tenths of a per cent: ``31.4%``."""
    return f"{value // 10}.{value % 10}%"
