"""Data that leave as files: everything that a role may read, and what is published in a data standard."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import signed_in
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_to_run
from funders.models import Programme
from mhep.shared.downloads import attachment
from performance.rules.indigo import written
from performance.selectors.full_export import full_export
from performance.selectors.indigo import project_of

ZIP = "application/zip"


@require_safe
@needs(Object.EXPORT, Action.SEE)
def full_export_file(request: HttpRequest, code: str) -> HttpResponse:
    """Send all that the person's role may read of the programme, as tables with a manifest."""
    user, at = signed_in(request), timezone.now()
    programme = get_object_or_404(Programme.objects.visible_to(user), code=code)
    return attachment(full_export(user, programme, at), f"{code}-{programme.file_stamp(at)}.zip", ZIP)


@require_safe
@needs(Object.RECONCILIATION, Action.SEE)
def indigo_file(request: HttpRequest, code: str) -> HttpResponse:
    """Send what may be published of the programme, in the data standard of INDIGO."""
    user, at = signed_in(request), timezone.now()
    programme = programme_to_run(user, code)
    name = f"{code}-indigo-{programme.file_stamp(at)}.json"
    project = written(project_of(programme, programme.local_date(at)))
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return JsonResponse(project, json_dumps_params={"indent": 2, "ensure_ascii": False}, headers=headers)
