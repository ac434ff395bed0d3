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
from accounts.services import unsent
from accounts.services.memberships import ALL, seat_id, seats_of
from accounts.services.sign_ins import ENDED, sign_in_of
from accounts.templatetags.seats import FIELD
from mhep.shared import once
from mhep.shared.refill import refill

GetResponse = Callable[[HttpRequest], HttpResponseBase]
SAFE = {"GET", "HEAD", "OPTIONS"}
ONLY_KEEP = "only_keep"  # sent by the page itself, when the time is over, with what has been typed so far
IS_BACK = "You were signed out before this was sent. What you typed is back, and has not been stored yet."


class SignInMiddleware:
    """
    Hold every sign-in to its limits, which the server keeps.

    One that has ended is over with this very request: the person signs in again and comes back to the page
    that they asked for, or to the one whose form they sent, with all that they typed. Stands before
    ``LoginRequiredMiddleware``.
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
                owner = request.user.pk
                logout(request)
                request.session[ENDED] = True
                request.session[unsent.OWNER] = owner
            elif request.method == "POST" and once.TOKEN in request.POST:
                unsent.forget(request.session)
            request.sign_in = sign_in  # type: ignore[attr-defined]
            request.user.seat = sign_in.seat if sign_in else None
            request.seats = SimpleLazyObject(partial(seats_of, request.user))  # type: ignore[attr-defined]
        elif unsent.OWNER in request.session:
            request.sign_in = None  # type: ignore[attr-defined]
        return _with_what_was_typed(request, self._get_response(request))

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        """Turn back what may not go on; what anybody may see always goes on."""
        if not hasattr(request, "sign_in") or not getattr(view, "login_required", True):
            return None
        sign_in: SignIn | None = request.sign_in
        if sign_in is None:
            return _sign_in_again(request)
        if request.method == "POST" and ONLY_KEEP in request.POST:
            _keep(request, sign_in.user_id)
            return redirect(_form_page(request))
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
    _keep(request, request.session[unsent.OWNER])
    return redirect_to_login(_form_page(request))


def _keep(request: HttpRequest, owner: int) -> None:
    """Keep what a form holds for when its sender is back; forms without a token hold secrets or nothing."""
    if not request.POST.get(once.TOKEN) or request.FILES:
        return
    typed = {
        name: [str(value) for value in values]
        for name, values in request.POST.lists()
        if name not in {once.CSRF, once.TOKEN, FIELD, ONLY_KEEP}
    }
    form = unsent.Unsent(owner, page=_form_page(request), action=request.get_full_path(), fields=typed)
    unsent.keep(request.session, form)


def _with_what_was_typed(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Put what waits for its sender back into the page whose form it is, until it has been sent."""
    if request.method != "GET" or unsent.KEY not in request.session or not isinstance(request.user, User):
        return response
    form = unsent.kept_for(request.session, request.user.pk)
    if form is None or form.page != request.get_full_path():
        return response
    if isinstance(response, HttpResponse) and response.get("Content-Type", "").startswith("text/html"):
        page, typed = response.content.decode(), form.fields
        response.content = refill(
            page, address=form.page, action=form.action, fields=typed, note=IS_BACK
        ).encode()
    return response


def _form_page(request: HttpRequest) -> str:
    """Return the path of the page whose form a request sends."""
    return _page_of(request.headers.get("Referer", ""), request)


def _page_of(address: str, request: HttpRequest) -> str:
    """Return the path of a page of this site, the first page for any other."""
    if url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure()):
        parts = urlsplit(address)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path
    return reverse("funders:programme-list")
