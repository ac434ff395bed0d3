"""Voiding a verified event: which day and why, then exactly what it credits and to whom, then the void."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import signed_in
from accounts.models import User
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_change
from funders.models import Programme
from mhep.kernel.problems import BusinessRuleError
from outcomes.models import OutcomeEvent
from outcomes.selectors.events import events_to_see
from outcomes.selectors.voiding import void_preview
from outcomes.services.verification import check_void, void_event
from payments.forms.verification import VoidForm
from payments.selectors.expected import void_effect


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Object.EVENT, Action.VOID)
def void_form(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Ask for the day and the reason; once they are given, show what the void would do. Nothing changes."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.EVENT, Action.VOID)
    event = get_object_or_404(events_to_see(user, programme), pk=pk)
    today = programme.local_date(timezone.now())
    form = VoidForm(request.POST if request.method == "POST" else None, today=today)
    if request.method == "POST" and form.is_valid():
        try:
            check_void(event, form.cleaned_data["voided_on"], today)
        except BusinessRuleError as refusal:
            form.add_error("voided_on", str(refusal))
        else:
            return _preview(request, user, programme, event, form)
    return render(
        request,
        "payments/void_form.html",
        {**programme_context(user, programme, "verification"), "event": event, "form": form},
    )


@require_POST
@needs(Object.EVENT, Action.VOID)
def void_confirm(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.EVENT, Action.VOID)
    event = get_object_or_404(events_to_see(user, programme), pk=pk)
    form = VoidForm(request.POST, today=programme.local_date(timezone.now()))
    if form.is_valid():
        try:
            voided = void_event(
                event_id=event.pk,
                voided_on=form.cleaned_data["voided_on"],
                reason=form.cleaned_data["reason"],
                actor=user,
                at=timezone.now(),
            )
        except BusinessRuleError as refusal:
            messages.error(request, str(refusal))
        else:
            others = ", ".join(each.event.reference for each in voided[1:])
            messages.success(
                request,
                f"{event.reference} is voided{f', and with it {others}' if others else ''}. "
                f"What was charged is credited when {voided[0].falls_in:%B %Y} is priced.",
            )
    return redirect("payments:verification-detail", code, pk)


def _preview(
    request: HttpRequest, user: User, programme: Programme, event: OutcomeEvent, form: VoidForm
) -> HttpResponse:
    voidings = void_preview(event, form.cleaned_data["voided_on"], programme)
    return render(
        request,
        "payments/void_preview.html",
        {
            **programme_context(user, programme, "verification"),
            "event": event,
            "given": form.cleaned_data,
            "voidings": voidings,
            "effect": void_effect(programme, voidings),
        },
    )
