"""The record of what was done and changed, and whether it holds."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import signed_in
from accounts.rules.matrix import Action, Object
from audit.selectors.checks import last_checks
from funders.access import needs
from mhep.shared.downloads import sheet_file
from payments.selectors.audit_trail import (
    TrailFilter,
    changes_sheet,
    changes_to_see,
    events_sheet,
    events_to_see,
)

PAGE = 50


@require_safe
@needs(Object.AUDIT_TRAIL, Action.SEE)
def audit_events(request: HttpRequest) -> HttpResponse:
    """Show what people and the system said that they did, and what the nightly checks found."""
    wanted = TrailFilter.of(request.GET)
    events = Paginator(events_to_see(signed_in(request), wanted), PAGE)
    return render(
        request,
        "payments/audit_events.html",
        {
            "wanted": wanted,
            "page": events.get_page(request.GET.get("page")),
            "checks": last_checks(timezone.now()),
        },
    )


@require_safe
@needs(Object.AUDIT_TRAIL, Action.SEE)
def audit_changes(request: HttpRequest) -> HttpResponse:
    """Show what the database wrote down of each changed row."""
    wanted = TrailFilter.of(request.GET)
    changes = Paginator(changes_to_see(signed_in(request), wanted), PAGE)
    context = {"wanted": wanted, "page": changes.get_page(request.GET.get("page"))}
    return render(request, "payments/audit_changes.html", context)


@require_safe
@needs(Object.AUDIT_TRAIL, Action.SEE)
def audit_events_file(request: HttpRequest, form: str) -> HttpResponse:
    events = events_to_see(signed_in(request), TrailFilter.of(request.GET))
    return sheet_file(events_sheet(events), f"audit-trail-{timezone.now():%Y%m%d-%H%M}", form)


@require_safe
@needs(Object.AUDIT_TRAIL, Action.SEE)
def audit_changes_file(request: HttpRequest, form: str) -> HttpResponse:
    changes = changes_to_see(signed_in(request), TrailFilter.of(request.GET))
    return sheet_file(changes_sheet(changes), f"audit-changes-{timezone.now():%Y%m%d-%H%M}", form)
