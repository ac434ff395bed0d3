"""Is it alive, is it ready: for the supervisor of the processes. And the pages about the pages."""

from __future__ import annotations

import sys

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views import defaults
from django.views.decorators.http import require_safe

from mhep.patience import AGAIN_AFTER
from mhep.shared.api.problems import BUSY, INCIDENT, NOT_FOUND, plain_problem
from mhep.shared.models import Job, JobState

API = "/api/"


@login_not_required
@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """The process answers. Touches nothing else, so a slow database does not get it killed."""
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """
    The database answers (else 503); with the age in seconds of the oldest job that waits for a worker.

    An age that grows means that no worker runs. It says nothing about any job.
    """
    try:
        oldest = (
            Job.objects.filter(state=JobState.WAITING)
            .order_by("requested_at")
            .values_list("requested_at", flat=True)
            .first()
        )
    except DatabaseError:
        return JsonResponse({"status": "the database does not answer"}, status=503)
    waited = (timezone.now() - oldest).total_seconds() if oldest else 0
    return JsonResponse({"status": "ok", "oldest_waiting_job_seconds": round(waited)})


@login_not_required
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "help.html")


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "accessibility.html")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse | HttpResponseNotFound:
    """Answer an address that leads nowhere: a page for people, a problem for programs."""
    if request.path.startswith(API):
        return plain_problem(request, 404, NOT_FOUND)
    return defaults.page_not_found(request, exception)


def failed(request: HttpRequest) -> HttpResponse:
    """
    Answer what went wrong: 503 if the database was away or gave up waiting, so trying again helps; else 500.

    Stands behind every layer, so it also answers what fails only when a transaction ends. Asks nothing of
    the database, which may be what failed.
    """
    is_busy = isinstance(sys.exception(), OperationalError | InterfaceError)
    response: HttpResponse
    if request.path.startswith(API):
        response = plain_problem(request, *((503, BUSY) if is_busy else (500, INCIDENT)))
    elif is_busy:
        again = request.get_full_path() if request.method in {"GET", "HEAD"} else ""
        response = HttpResponse(render_to_string("503.html", {"again": again}), status=503)
    else:
        response = HttpResponse(render_to_string("500.html"), status=500)
    if is_busy:
        response["Retry-After"] = str(AGAIN_AFTER)
    return response
