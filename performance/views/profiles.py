"""Targets and profiles: what is planned, in versions, and what came of it."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import signed_in
from accounts.models import User
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_change, programme_to_see
from funders.models import Programme
from mhep.kernel.periods import Month
from mhep.shared.downloads import sheet_file
from mhep.shared.sheets import Sheet
from performance.access import profile_to_change, profile_to_see
from performance.forms import DrawAnewForm, ProfileForm
from performance.models import Profile
from performance.rules.profiles import CannotReprofile, reprofiled, write_value
from performance.selectors.profiles import lockable, profile_page, profile_sheet
from performance.services.profiles import CannotSetProfile, Planned, draw_anew, set_profile
from providers.access import may

METHODS = ["GET", "HEAD", "POST"]
PAGE = 50
SECTION = "profiles"


@require_safe
@needs(Object.PROFILE, Action.SEE)
def profile_list(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_see(user, code)
    page = Paginator(_newest(user, programme), PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "performance/profile_list.html",
        {
            **programme_context(user, programme, SECTION),
            "page": page,
            "may_change": may(user, Object.PROFILE, Action.CHANGE, programme.operator),
        },
    )


@require_safe
@needs(Object.PROFILE, Action.SEE)
def profile_list_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """Send the newest version of every profile: a row for each."""
    user = signed_in(request)
    programme = programme_to_see(user, code)
    rows = [
        (
            *(each.about.name, each.service.name if each.service else "The whole programme"),
            *(each.get_scenario_display(), each.version, each.get_rhythm_display(), each.first_day),
            *(len(each.figures), each.locked, each.reason),
        )
        for each in _newest(user, programme)
    ]
    headings = (
        *("What is planned", "For", "Scenario", "Version", "Period", "From", "Periods", "Locked"),
        "Based on",
    )
    return sheet_file(Sheet("Profiles", headings, rows), f"{code}-profiles", form)


@require_http_methods(METHODS)
@needs(Object.PROFILE, Action.SEE, sending=Action.CHANGE)
def profile_new(request: HttpRequest, code: str) -> HttpResponse:
    """Take a profile or target, or a new version of one."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.PROFILE, Action.CHANGE)
    services = list(programme.services.order_by("code"))
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ProfileForm(*sent, services=services)
    if sent and form.is_valid() and form.plan is not None:
        given = form.cleaned_data
        planned = Planned(form.service_id(), given["subject"], given["scenario"], form.plan, given["reason"])
        profile = set_profile(programme_id=programme.pk, planned=planned, actor=user, at=timezone.now())
        messages.success(request, f"Version {profile.version} of {profile.about.name} is stored.")
        return redirect("performance:profile-detail", code, profile.pk)
    context = {**programme_context(user, programme, SECTION), "form": form}
    return render(request, "performance/profile_new.html", context)


@require_safe
@needs(Object.PROFILE, Action.SEE)
def profile_detail(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    user = signed_in(request)
    profile = profile_to_see(user, code, pk)
    content = profile_page(user, profile, _this_month(profile))
    may_change = may(user, Object.PROFILE, Action.CHANGE, profile.programme.operator)
    return render(
        request,
        "performance/profile_detail.html",
        {
            **programme_context(user, profile.programme, SECTION),
            "content": content,
            "profile": profile,
            "restated": [
                (
                    each.period,
                    write_value(each.locked, profile.about.unit),
                    write_value(each.now, profile.about.unit),
                )
                for each in content.restated
            ],
            "may_draw_anew": may_change and content.is_newest and profile.about.is_additive,
        },
    )


@require_safe
@needs(Object.PROFILE, Action.SEE)
def profile_file(request: HttpRequest, code: str, pk: int, form: str) -> HttpResponse:
    """Send a profile with all of its versions and what came of it."""
    user = signed_in(request)
    profile = profile_to_see(user, code, pk)
    sheet = profile_sheet(profile_page(user, profile, _this_month(profile)))
    return sheet_file(sheet, f"{code}-{profile.subject}-{profile.version}", form)


@require_http_methods(METHODS)
@needs(Object.PROFILE, Action.SEE, sending=Action.CHANGE)
def profile_draw_anew(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Show what a profile drawn anew would be, and store it once that was seen."""
    user = signed_in(request)
    profile = profile_to_change(user, code, pk)
    periods = lockable(profile, _this_month(profile))
    form = DrawAnewForm(
        request.POST if request.method == "POST" else None,
        periods=[(number, each.label) for number, each in enumerate(periods, 1)],
        unit=profile.about.unit,
    )
    preview: list[tuple[Month, str, str]] = []
    if request.method == "POST" and form.is_valid():
        results = [each.result for each in periods][: int(form.cleaned_data["periods"])]
        try:
            if "store" in request.POST:
                return _stored(request, profile, results, form.cleaned_data)
            preview = _preview(profile, results, form.cleaned_data["cap"])
        except (CannotReprofile, CannotSetProfile) as refusal:
            form.add_error("cap", str(refusal))
    context = {"form": form, "profile": profile, "preview": preview, "periods": periods}
    return render(
        request,
        "performance/profile_draw_anew.html",
        {**programme_context(user, profile.programme, SECTION), **context},
    )


def _stored(
    request: HttpRequest, profile: Profile, results: list[int], given: dict[str, object]
) -> HttpResponse:
    stored = draw_anew(
        profile_id=profile.pk,
        results=results,
        cap=int(str(given["cap"])),
        reason=str(given["reason"]),
        actor=signed_in(request),
        at=timezone.now(),
    )
    messages.success(request, f"Version {stored.version} is stored. The versions before it are kept.")
    return redirect("performance:profile-detail", profile.programme.code, stored.pk)


def _preview(profile: Profile, results: list[int], cap: int) -> list[tuple[Month, str, str]]:
    """Return each period with what it was and what it would be."""
    if not profile.about.is_additive:
        raise CannotSetProfile("A target of this kind is not spread. Set a new version of it.")
    plan, unit = reprofiled(profile.plan, results, cap), profile.about.unit
    return [
        (period, write_value(before, unit), write_value(after, unit))
        for (period, before), after in zip(profile.plan.periods(), plan.values, strict=True)
    ]


def _newest(user: User, programme: Programme) -> QuerySet[Profile]:
    return Profile.objects.visible_to(user).filter(programme=programme).newest().select_related("service")


def _this_month(profile: Profile) -> Month:
    return Month.of(profile.programme.local_date(timezone.now()))
