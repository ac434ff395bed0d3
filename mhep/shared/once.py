"""
Forms that are sent twice count once: a double tap, a reload, or a new try after the connection was cut.

Each page gives its forms a token (``{% once %}``). What is sent with it and the answer that led on are kept
in one transaction; the same form again, with the same words, leads to the same place and does nothing. Other
words under the same token are another form: nothing that somebody typed is taken for what they typed before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseRedirectBase
from django.shortcuts import redirect, resolve_url
from django.utils import timezone

from mhep.shared.models import SentForm

GetResponse = Callable[[HttpRequest], HttpResponseBase]

TOKEN = "once"  # noqa: S105 - the name of the input
CSRF = "csrfmiddlewaretoken"  # differs each time that a page is shown
BY_SCRIPT = "X-Sending"  # asked with by sending.js, which opens the page that the answer names itself
LEADS_TO = "X-Sent-To"
KEPT_FOR = timedelta(days=7)


class OnceMiddleware:
    """Answer a form that was sent before with what it led to. Stands behind the sign-in's middleware."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._answer(request)
        if BY_SCRIPT in request.headers and isinstance(response, HttpResponseRedirectBase):
            return HttpResponse(headers={LEADS_TO: response.url})
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        digest = _digest(request)
        if not digest:
            return self._get_response(request)
        with transaction.atomic():
            form, is_new = SentForm.objects.get_or_create(digest=digest, defaults={"sent_at": timezone.now()})
            if not is_new:
                return redirect(form.led_to)
            response = self._get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
            elif isinstance(response, HttpResponseRedirectBase) and _is_done(response.url):
                SentForm.objects.filter(pk=form.pk).update(led_to=response.url)
            else:  # nothing was done yet: the form is shown again, or who sends it has to prove who they are
                form.delete()
        return response


def forget_sent_forms(now: datetime) -> int:
    """Delete what is too old for anybody to send again; return how many."""
    return SentForm.objects.filter(sent_at__lt=now - KEPT_FOR).delete()[0]


def _digest(request: HttpRequest) -> str:
    """Return what tells this form of this person from every other one; empty for what is not one."""
    user = getattr(request, "user", AnonymousUser())
    if request.method != "POST" or "HX-Request" in request.headers or not user.is_authenticated:
        return ""
    if not request.POST.get(TOKEN):
        return ""
    given = [(name, values) for name, values in request.POST.lists() if name != CSRF]
    files = [(name, [_fingerprint(file) for file in sent]) for name, sent in request.FILES.lists()]
    told = (user.pk, request.get_full_path(), sorted(given), sorted(files))
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _fingerprint(file: UploadedFile[bytes]) -> tuple[str, str]:
    """Return what tells a file from others; it can be read from its beginning afterwards."""
    digest = hashlib.sha256()
    for part in file.chunks():
        digest.update(part)
    file.seek(0)
    return file.name or "", digest.hexdigest()


def _is_done(address: str) -> bool:
    """Tell whether an answer leads on, and not to where people prove who they are."""
    return not address.startswith(resolve_url(settings.LOGIN_URL))
