"""The description of the API: for programs as OpenAPI, for people as a page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from mhep.shared.api.reference import reference
from mhep.shared.api.schema import description


@login_not_required
@require_safe
def openapi(_request: HttpRequest) -> JsonResponse:
    """Send the description; it is the same for everybody and says nothing about anybody."""
    return JsonResponse(description())


@login_not_required
@require_safe
def api_reference(request: HttpRequest) -> HttpResponse:
    """Show every operation with what it takes and answers; the page needs no script."""
    return render(request, "api_reference.html", {"reference": reference(description())})
