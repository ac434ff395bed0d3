"""Handing out evidence, and taking it off a draft."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from accounts.access import signed_in
from accounts.rules.matrix import Action, Object
from funders.access import needs
from outcomes import access
from outcomes.selectors.evidence import own_evidence
from outcomes.services import evidence


@require_safe
@needs(Object.EVIDENCE, Action.SEE)
def evidence_file(request: HttpRequest, code: str, key: UUID) -> HttpResponse:
    """Send a file to be saved, never to be shown by the browser; the reading is logged."""
    user = signed_in(request)
    file = access.evidence_to_read(user, code, key)
    try:
        content = evidence.hand_out(file=file, viewer=user, at=timezone.now())
    except evidence.EvidenceSpoilt as alarm:
        return HttpResponse(str(alarm), status=410, content_type="text/plain; charset=utf-8")
    response = HttpResponse(content, content_type=file.content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=file.name)
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
@needs(Object.OUTCOME, Action.CLAIM)
def evidence_remove(request: HttpRequest, code: str, token: UUID, key: UUID) -> HttpResponse:
    user = signed_in(request)
    draft = access.draft_to_write(user, code, token)
    with own_evidence(user):
        file = get_object_or_404(draft.files.all(), key=key)
    try:
        evidence.remove_evidence(file_id=file.pk, actor=user, at=timezone.now())
    except evidence.CannotAddEvidence as refusal:
        messages.error(request, str(refusal))
    return redirect("outcomes:claim-evidence", code, token)
