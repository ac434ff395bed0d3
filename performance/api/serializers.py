"""What the API says of how a programme goes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from mhep.kernel.money import to_major
from performance.rules.metrics import Figure, Unit
from performance.selectors.dashboard import Dashboard


class FigureOut(serializers.Serializer[Any]):
    """A figure over one period; null where there is nothing to divide by or something is not recorded."""

    period = serializers.CharField()
    value = serializers.CharField(allow_null=True)


class MetricOut(serializers.Serializer[Any]):
    """A metric, as the registry of metrics defines it."""

    code = serializers.CharField()
    name = serializers.CharField()
    unit = serializers.CharField()
    definition = serializers.CharField()
    figures = FigureOut(many=True)


class MetricsOut(serializers.Serializer[Any]):
    """The metrics of a programme up to its latest month."""

    programme = serializers.CharField()
    latest_month = serializers.CharField()
    is_closed = serializers.BooleanField()
    currency = serializers.CharField()
    metrics = MetricOut(many=True)


def written(page: Dashboard) -> dict[str, Any]:
    """Return the figures of a page."""
    return {
        "programme": page.scope.programme.code,
        "latest_month": str(page.latest),
        "is_closed": page.is_closed,
        "currency": page.scope.programme.currency,
        "metrics": [
            {
                "code": row.metric.code,
                "name": row.metric.name,
                "unit": row.metric.unit.value,
                "definition": row.metric.definition,
                "figures": [
                    {"period": period.name, "value": _value(figure)}
                    for period, figure in zip(page.periods, row.figures, strict=True)
                ],
            }
            for row in page.rows
        ],
    }


def _value(figure: Figure) -> str | None:
    if figure.value is None:
        return None
    return to_major(int(figure.value)) if figure.unit is Unit.AMOUNT else str(figure.value)
