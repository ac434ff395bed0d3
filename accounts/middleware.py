"""Every request of somebody who is signed in: has it ended, is it kept up, is the second step there?"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.html import escape
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.access import AT_ANY_SEAT, BEFORE_SECOND_STEP, must_add_second_step
from accounts.models import SignIn, User
from accounts.services.memberships import ALL, seat_id, seats_of
from accounts.services.sign_ins import ENDED, sign_in_of
from accounts.templatetags.seats import FIELD

GetResponse = Callable[[HttpRequest], HttpResponseBase]
SAFE = {"GET", "HEAD", "OPTIONS"}


class SignInMiddleware:
    """
    Hold every sign-in to its limits, which the server keeps.

    One that has ended is over with this very request: the person signs in again and comes back to the page
    that they asked for, or to the one whose form they sent. Stands before ``LoginRequiredMiddleware``.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if isinstance(request.user, User):
            sign_in = sign_in_of(
                request.session,
                request.user,
                browser=request.headers.get("User-Agent", ""),
                is_activity="HX-Request" not in request.headers,
                at=timezone.now(),
            )
            if sign_in is None:
                logout(request)
                request.session[ENDED] = True
            request.sign_in = sign_in  # type: ignore[attr-defined]
            request.user.seat = sign_in.seat if sign_in else None
            request.seats = SimpleLazyObject(partial(seats_of, request.user))  # type: ignore[attr-defined]
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        """Turn back what may not go on; what anybody may see always goes on."""
        if not hasattr(request, "sign_in") or not getattr(view, "login_required", True):
            return None
        sign_in: SignIn | None = request.sign_in
        if sign_in is None:
            return _sign_in_again(request)
        if not getattr(view, BEFORE_SECOND_STEP, False) and must_add_second_step(sign_in):
            return redirect("accounts:second-step-choose")
        if request.method not in SAFE and not getattr(view, AT_ANY_SEAT, False):
            return _seat_has_changed(request, sign_in)
        return None


def _seat_has_changed(request: HttpRequest, sign_in: SignIn) -> HttpResponse | None:
    """Refuse a form that was shown while the person worked for another organisation, and say so."""
    sent = request.POST.get(FIELD)
    if sent is None or sent == seat_id(sign_in.seat):
        return None
    names = {ALL: "all your organisations", **{each.id: each.place.name for each in seats_of(sign_in.user)}}
    now = names.get(seat_id(sign_in.seat), "an organisation that you no longer belong to")
    if "HX-Request" in request.headers:
        return HttpResponse(f"Not saved: in another window you now work for {escape(now)}.", status=409)
    context = {
        "before": names.get(sent, "another organisation"),
        "now": now,
        "may_return": sent in names,
        "sent": sent,
        "back": _page_of(request.headers.get("Referer", ""), request),
    }
    return render(request, "accounts/seat_changed.html", context, status=409)


def _sign_in_again(request: HttpRequest) -> HttpResponse:
    """Lead to the sign-in and from there back to where the person is."""
    if "HX-Request" in request.headers:
        back = _page_of(request.headers.get("HX-Current-URL", ""), request)
        return HttpResponse(status=204, headers={"HX-Redirect": redirect_to_login(back).url})
    if request.method in SAFE:
        return redirect_to_login(request.get_full_path())
    return redirect_to_login(_page_of(request.headers.get("Referer", ""), request))


def _page_of(address: str, request: HttpRequest) -> str:
    """Return the path of a page of this site, the first page for any other."""
    if url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure()):
        parts = urlsplit(address)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path
    return reverse("funders:programme-list")
