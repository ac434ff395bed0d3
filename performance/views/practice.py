"""Supervision and the regular meetings of services, against how often the programme wants them."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import signed_in
from accounts.models import User
from accounts.rules.matrix import Action, Object, allows
from funders.access import needs, programme_context, programme_to_change, roles_of
from funders.models import Programme
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.downloads import sheet_file
from performance.access import programme_in_review, services_led
from performance.enums import PracticeKind
from performance.forms import CadenceForm, PracticeForm
from performance.models import PracticeMeeting
from performance.selectors.reviews import kept_by, practice_sheet
from performance.services.reviews import record_practice, set_cadence
from providers.access import may

METHODS = ["GET", "HEAD", "POST"]
PAGE = 50


@require_safe
@needs(Object.PRACTICE, Action.SEE)
def practice_list(request: HttpRequest, code: str) -> HttpResponse:
    """Show how each service keeps its meetings, and the meetings."""
    user = signed_in(request)
    programme = programme_in_review(user, code)
    meetings = PracticeMeeting.objects.visible_to(user).filter(service__programme=programme)
    services = list(services_led(user, programme))
    context = {
        **_context(user, programme),
        "kept": kept_by(programme, services, programme.working_day(timezone.now())),
        "page": Paginator(meetings.select_related("service"), PAGE).get_page(request.GET.get("page")),
        "may_record": allows(roles_of(user, programme.code), Object.PRACTICE, Action.CHANGE),
        "may_set": may(user, Object.PRACTICE, Action.AGREE, programme.operator),
    }
    return render(request, "performance/practice_list.html", context)


@require_safe
@needs(Object.PRACTICE, Action.SEE)
def practice_list_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_in_review(user, code)
    meetings = PracticeMeeting.objects.visible_to(user).filter(service__programme=programme)
    return sheet_file(practice_sheet(meetings), f"{programme.code}-meetings", form)


@require_http_methods(METHODS)
@needs(Object.PRACTICE, Action.CHANGE)
def practice_new(request: HttpRequest, code: str) -> HttpResponse:
    """Record that a service met."""
    user = signed_in(request)
    programme = programme_in_review(user, code)
    services = services_led(user, programme).select_related("programme")
    form = PracticeForm(request.POST or None, services=services)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        service = form.service
        assert service is not None  # noqa: S101 - the form needs one
        try:
            meeting = record_practice(
                service=service,
                kind=PracticeKind(given["kind"]),
                held_on=given["held_on"],
                attended=given["attended"],
                actor=user,
                at=timezone.now(),
            )
        except BusinessRuleError as refusal:
            form.add_error("held_on", str(refusal))
        else:
            messages.success(request, f"{meeting.get_kind_display()} of {service.name} is recorded.")
            return redirect("performance:practice-list", code)
    return render(request, "performance/practice_new.html", {**_context(user, programme), "form": form})


@require_http_methods(METHODS)
@needs(Object.PRACTICE, Action.AGREE)
def cadence_new(request: HttpRequest, code: str) -> HttpResponse:
    """Say how often services shall meet."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.PRACTICE, Action.AGREE)
    form = CadenceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        kind = PracticeKind(form.cleaned_data["kind"])
        days = form.cleaned_data["every_days"]
        set_cadence(programme=programme, kind=kind, every_days=days, actor=user, at=timezone.now())
        messages.success(request, f"{kind.label} is wanted every {days} days from today on.")
        return redirect("performance:practice-list", code)
    return render(request, "performance/cadence_new.html", {**_context(user, programme), "form": form})


def _context(user: User, programme: Programme) -> dict[str, object]:
    return programme_context(user, programme, "reviews")
