"""What each figure means, defined once."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import for_everyone
from mhep.shared.downloads import sheet_file
from mhep.shared.sheets import Cell, Sheet
from performance.rules.registry import BY_CODE, METRICS

HEADINGS = (
    *("Code", "Metric", "Counted by", "Definition", "Numerator", "Denominator", "Unit", "Direction"),
    *("Source", "Owner"),
)


@for_everyone
@require_safe
def metric_list(request: HttpRequest) -> HttpResponse:
    return render(request, "performance/metric_list.html", {"metrics": METRICS})


@for_everyone
@require_safe
def metric_list_file(_request: HttpRequest, form: str) -> HttpResponse:
    return sheet_file(_sheet(), "mhep-metrics", form)


@for_everyone
@require_safe
def metric_detail(request: HttpRequest, metric: str) -> HttpResponse:
    if metric not in BY_CODE:
        raise Http404
    return render(request, "performance/metric_detail.html", {"metric": BY_CODE[metric]})


def _sheet() -> Sheet:
    """Return every metric, each followed by how other schemes count the same."""
    rows: list[tuple[Cell, ...]] = []
    for each in METRICS:
        of_metric = (each.numerator, each.denominator, each.unit.value, each.wanted.value)
        rows.append(
            (each.code, each.name, "This programme", each.definition, *of_metric, each.source, each.owner)
        )
        rows += [
            (
                *(variant.code, variant.name, variant.scheme, variant.definition),
                *("", "", variant.unit.value, each.wanted.value, variant.source, each.owner),
            )
            for variant in each.variants
        ]
    return Sheet("Metrics", HEADINGS, rows)
