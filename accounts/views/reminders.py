"""What waits for the person who asks, and when they are told of it by e-mail."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import (
    before_second_step,
    for_everyone,
    must_add_second_step,
    sign_in_of_request,
    signed_in,
)
from accounts.enums import Rhythm
from accounts.forms import DigestForm
from accounts.rules.reminders import grouped, how_many
from accounts.services.digests import change_wish, stop, wish_of, zone_of
from accounts.services.reminding import count_for, keep_count, reminders_of, todo_sheet
from mhep.shared.downloads import sheet_file

GET_OR_POST = ["GET", "HEAD", "POST"]


@for_everyone
@require_safe
def todo(request: HttpRequest) -> HttpResponse:
    """List what waits, exactly as things stand; the number in the header follows it."""
    user = signed_in(request)
    at = timezone.now()
    reminders = reminders_of(user, at)
    keep_count(user, reminders)
    return render(
        request,
        "accounts/todo.html",
        {"groups": grouped(reminders), "things": how_many(reminders)},
    )


@for_everyone
@require_safe
def todo_file(request: HttpRequest, form: str) -> HttpResponse:
    """Send what the page lists, in its order; nobody's name or reference is in it."""
    user = signed_in(request)
    at = timezone.now()
    stamp = at.astimezone(ZoneInfo(zone_of(user))).strftime("%Y%m%d-%H%M")
    return sheet_file(todo_sheet(reminders_of(user, at)), f"to-do-{stamp}", form)


@for_everyone
@before_second_step
@require_safe
def todo_count(request: HttpRequest) -> HttpResponse:
    """Answer the number beside *To do*, which each page asks for; nothing before both steps."""
    user = signed_in(request)
    is_in = not must_add_second_step(sign_in_of_request(request))
    things = count_for(user, timezone.now()) if is_in else 0
    return render(request, "accounts/_todo_count.html", {"things": things})


@for_everyone
@require_http_methods(GET_OR_POST)
def reminders(request: HttpRequest) -> HttpResponse:
    """Let the person say when they want the digest."""
    user = signed_in(request)
    wish = wish_of(user)
    form = DigestForm(
        request.POST if request.method == "POST" else None,
        zone=zone_of(user),
        initial={
            "rhythm": wish.rhythm,
            "weekday": wish.weekday,
            "hour": wish.hour,
            "timezone": wish.timezone,
        },
    )
    if form.is_valid():
        change_wish(user, **form.cleaned_data)
        messages.success(request, "Your reminders by email were changed.")
        return redirect("accounts:reminders")
    return render(request, "accounts/reminders.html", {"form": form, "is_off": wish.rhythm == Rhythm.OFF})


@for_everyone
@require_http_methods(GET_OR_POST)
def reminders_stop(request: HttpRequest) -> HttpResponse:
    """Stop the digest at one click; to open the page, as mail scanners do, changes nothing."""
    user = signed_in(request)
    if request.method == "POST":
        stop(user)
        messages.success(request, "You get no more reminders by email. To do still shows what waits.")
        return redirect("accounts:reminders")
    return render(request, "accounts/reminders_stop.html")
