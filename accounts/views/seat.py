"""Choosing for which of one's organisations one works just now."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from accounts.access import at_any_seat, for_everyone, sign_in_of_request, signed_in
from accounts.forms import SeatForm
from accounts.services.memberships import seat_id, seats_of
from accounts.services.sign_ins import take_seat


@for_everyone
@at_any_seat
@require_http_methods(["GET", "HEAD", "POST"])
def seat(request: HttpRequest) -> HttpResponse:
    """Let the person work for one of their organisations, or for all of them at once."""
    sign_in = sign_in_of_request(request)
    seats = seats_of(signed_in(request))
    form = SeatForm(request.POST or None, seats=seats, initial={"organisation": seat_id(sign_in.seat)})
    if form.is_valid():
        chosen = form.chosen()
        take_seat(sign_in, chosen.key if chosen else None)
        name = chosen.place.name if chosen else "all your organisations"
        messages.success(request, f"You now work for {name}.")
        return redirect(_back(request))
    return render(request, "accounts/seat.html", {"form": form, "seats": seats})


def _back(request: HttpRequest) -> str:
    """Return the page of this site that the form names, else where the person's day begins."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return resolve_url(settings.LOGIN_REDIRECT_URL)
