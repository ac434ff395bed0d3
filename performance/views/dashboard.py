"""How a programme goes: the page that a commissioner opens first, and its files."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import signed_in
from funders.access import programme_context
from funders.models import Programme
from mhep.shared.downloads import sheet_file
from mhep.shared.templatetags.mhep import money
from performance.access import is_in_programme, needs_dashboard, scope_to_see
from performance.rules.benchmarks import BENCHMARKS, SOURCE
from performance.selectors.dashboard import Dashboard, dashboard
from performance.selectors.dashboard_charts import charts_of
from performance.selectors.dashboard_sheets import sheets_of
from performance.selectors.disclosure import is_ruled
from performance.selectors.filters import filters_of
from performance.selectors.published_page import published_page, published_sheets


@require_safe
@needs_dashboard
def programme_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Say how it goes: without a click whether it is on track, what it costs, and what to ask."""
    user = signed_in(request)
    scope = scope_to_see(user, code, request.GET.dict())
    if is_ruled(user, scope.programme):
        return _published(request, scope.programme)
    page = _page(request, code)
    programme = page.scope.programme
    currency = programme.currency
    frame = programme_context(user, programme, "performance") if is_in_programme(user, code) else {}
    return render(
        request,
        "performance/programme_detail.html",
        {
            **frame,
            "page": page,
            "currency": currency,
            "charts": charts_of(page, currency, partial(money, currency=currency)),
            "filters": filters_of(page.scope),
            "query": urlencode(page.scope.query),
            "benchmarks": BENCHMARKS,
            "benchmark_source": SOURCE,
        },
    )


@require_safe
@needs_dashboard
def programme_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """Give everything on the page as a workbook, or its figures by month as CSV."""
    user = signed_in(request)
    scope = scope_to_see(user, code, request.GET.dict())
    if is_ruled(user, scope.programme):
        first, *beside = published_sheets(published_page(scope.programme))
        return sheet_file(first, f"{code}-published", form, *beside)
    page = _page(request, code)
    programme = page.scope.programme
    name = f"{programme.code}-performance-{programme.file_stamp(timezone.now())}"
    first, *beside = sheets_of(page)
    return sheet_file(first, name, form, *beside)


def _published(request: HttpRequest, programme: Programme) -> HttpResponse:
    """Show a role under disclosure control the published tables, the same whatever it chose."""
    user = signed_in(request)
    frame = programme_context(user, programme, "performance") if is_in_programme(user, programme.code) else {}
    content = published_page(programme)
    return render(request, "performance/programme_published.html", {**frame, "content": content})


def _page(request: HttpRequest, code: str) -> Dashboard:
    scope = scope_to_see(signed_in(request), code, request.GET.dict())
    today = scope.programme.local_date(timezone.now())
    return dashboard(scope, today, partial(money, currency=scope.programme.currency))
