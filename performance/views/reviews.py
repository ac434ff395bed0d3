"""Reviews with funders and services: planned, held, and what was agreed."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import signed_in
from accounts.models import User
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context
from funders.models import Programme, Service
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.downloads import sheet_file
from performance.access import (
    action_to_see,
    action_to_tell,
    may_tell,
    meeting_to_see,
    programme_in_review,
    programme_to_review,
    services_led,
)
from performance.enums import ActionState
from performance.forms import ActionForm, HoldReviewForm, NoteForm, PlanReviewForm, TellActionForm
from performance.models import ReviewAction, ReviewMeeting
from performance.rules.agenda import Point
from performance.rules.warnings import OF_PEOPLE
from performance.selectors.disclosure import is_ruled
from performance.selectors.reviews import action_sheet, actions_to_see, agenda_for, open_actions, review_sheet
from performance.selectors.standing import early_warnings
from performance.services.reviews import agree_action, hold_review, plan_review, tell_action, write_note
from providers.access import may

METHODS = ["GET", "HEAD", "POST"]
PAGE = 50


@require_safe
@needs(Object.REVIEW, Action.SEE)
def review_list(request: HttpRequest, code: str) -> HttpResponse:
    """Show what to look at now, the open actions and the reviews."""
    user = signed_in(request)
    programme = programme_in_review(user, code)
    meetings = ReviewMeeting.objects.visible_to(user).filter(programme=programme).select_related("service")
    today = programme.working_day(timezone.now())
    return render(
        request,
        "performance/review_list.html",
        {
            **_context(user, programme),
            "page": Paginator(meetings, PAGE).get_page(request.GET.get("page")),
            "actions": open_actions(user, programme)[:PAGE],
            "warnings": [
                warning
                for warning in early_warnings(programme, list(services_led(user, programme)), today)
                if warning.kind not in OF_PEOPLE or not is_ruled(user, programme)
            ],
            "today": today,
        },
    )


@require_safe
@needs(Object.REVIEW, Action.SEE)
def review_list_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_in_review(user, code)
    meetings = ReviewMeeting.objects.visible_to(user).filter(programme=programme).select_related("service")
    return sheet_file(review_sheet(meetings), f"{programme.code}-reviews", form)


@require_http_methods(METHODS)
@needs(Object.REVIEW, Action.CHANGE)
def review_new(request: HttpRequest, code: str) -> HttpResponse:
    """Plan a review."""
    user = signed_in(request)
    programme = programme_to_review(user, code)
    form = PlanReviewForm(request.POST or None, services=programme.services.all())
    if request.method == "POST" and form.is_valid():
        try:
            meeting = plan_review(
                programme=programme,
                service=form.service,
                on=form.cleaned_data["on"],
                actor=user,
                at=timezone.now(),
            )
        except BusinessRuleError as refusal:
            form.add_error("service", str(refusal))
        else:
            messages.success(request, f"{meeting.title} {meeting.number} is planned.")
            return redirect("performance:review-detail", code, meeting.pk)
    return render(request, "performance/review_new.html", {**_context(user, programme), "form": form})


@require_safe
@needs(Object.REVIEW, Action.SEE)
def review_detail(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    user = signed_in(request)
    programme = programme_in_review(user, code)
    meeting = meeting_to_see(user, programme, pk)
    return _detail(request, user, meeting)


@require_POST
@needs(Object.REVIEW, Action.CHANGE)
def review_hold(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Record that a review was held, with its agenda as it is now."""
    user = signed_in(request)
    meeting = meeting_to_see(user, programme_to_review(user, code), pk)
    form = HoldReviewForm(request.POST)
    if form.is_valid():
        now = timezone.now()
        on = form.cleaned_data["on"]
        try:
            hold_review(
                meeting_id=meeting.pk,
                on=on,
                agenda=agenda_for(meeting, _services(meeting), on),
                actor=user,
                at=now,
            )
        except BusinessRuleError as refusal:
            form.add_error("on", str(refusal))
        else:
            messages.success(request, "The review is recorded. Write down what was said and agreed.")
            return redirect("performance:review-detail", code, meeting.pk)
    return _detail(request, user, meeting, hold=form)


@require_POST
@needs(Object.REVIEW, Action.CHANGE)
def note_new(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Keep a note of a review."""
    user = signed_in(request)
    meeting = meeting_to_see(user, programme_to_review(user, code), pk)
    form = NoteForm(request.POST, services=_services(meeting))
    if form.is_valid():
        try:
            write_note(
                meeting=meeting,
                service=form.service,
                text=form.cleaned_data["text"],
                actor=user,
                at=timezone.now(),
            )
        except BusinessRuleError as refusal:
            form.add_error("text", str(refusal))
        else:
            messages.success(request, "The note is kept.")
            return redirect("performance:review-detail", code, meeting.pk)
    return _detail(request, user, meeting, note=form)


@require_POST
@needs(Object.REVIEW, Action.CHANGE)
def action_new(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Keep an action that was agreed at a review."""
    user = signed_in(request)
    meeting = meeting_to_see(user, programme_to_review(user, code), pk)
    form = ActionForm(request.POST, services=_services(meeting))
    if form.is_valid():
        try:
            action = agree_action(meeting=meeting, task=form.task(), actor=user, at=timezone.now())
        except BusinessRuleError as refusal:
            form.add_error("due_on", str(refusal))
        else:
            messages.success(
                request, f"Action {action.number} is agreed. It stands on every agenda until done."
            )
            return redirect("performance:review-detail", code, meeting.pk)
    return _detail(request, user, meeting, action=form)


@require_safe
@needs(Object.REVIEW, Action.SEE)
def action_list(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_in_review(user, code)
    actions = actions_to_see(user, programme)
    context = {
        **_context(user, programme),
        "page": Paginator(actions, PAGE).get_page(request.GET.get("page")),
        "open": open_actions(user, programme).count(),
        "today": programme.working_day(timezone.now()),
    }
    return render(request, "performance/action_list.html", context)


@require_safe
@needs(Object.REVIEW, Action.SEE)
def action_list_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_in_review(user, code)
    return sheet_file(action_sheet(actions_to_see(user, programme)), f"{programme.code}-actions", form)


@require_http_methods(METHODS)
@needs(Object.REVIEW, Action.SEE, sending=Action.REPLY)
def action_detail(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Show an action and how it goes; take what somebody says about it."""
    user = signed_in(request)
    programme = programme_in_review(user, code)
    if request.method == "POST":
        action = action_to_tell(user, programme, pk)
        form = TellActionForm(request.POST)
        if form.is_valid() and _told(request, form, action, user):
            return redirect("performance:action-detail", code, action.pk)
    else:
        action = action_to_see(user, programme, pk)
        form = TellActionForm()
    context = {
        **_context(user, programme),
        "action": action,
        "updates": action.updates.select_related("by").order_by("-pk"),
        "form": form if may_tell(user, programme, action) else None,
        "today": programme.working_day(timezone.now()),
    }
    return render(request, "performance/action_detail.html", context)


def _told(request: HttpRequest, form: TellActionForm, action: ReviewAction, user: User) -> bool:
    state = ActionState(form.cleaned_data["state"])
    try:
        tell_action(
            action_id=action.pk, state=state, text=form.cleaned_data["text"], actor=user, at=timezone.now()
        )
    except BusinessRuleError as refusal:
        form.add_error("state", str(refusal))
        return False
    messages.success(request, f"Action {action.number} is {state.label.lower()}.")
    return True


def _detail(request: HttpRequest, user: User, meeting: ReviewMeeting, **forms: object) -> HttpResponse:
    programme = meeting.programme
    services = _services(meeting)
    may_change = may(user, Object.REVIEW, Action.CHANGE, programme.operator)
    empty = {
        "hold": HoldReviewForm(),
        "note": NoteForm(services=services),
        "action": ActionForm(services=services),
    }
    context = {
        **_context(user, programme),
        "meeting": meeting,
        "agenda": _readable(user, meeting, services),
        "notes": meeting.notes.select_related("service", "written_by"),
        "actions": meeting.actions.select_related("service").prefetch_related("updates"),
        "forms": {**empty, **forms} if may_change else {},
        "faulty": next(iter(forms.values()), None),
    }
    return render(request, "performance/review_detail.html", context)


def _readable(user: User, meeting: ReviewMeeting, services: list[Service]) -> list[Point]:
    """Return the agenda; a role under disclosure control gets none of the points that count people."""
    programme = meeting.programme
    agenda = agenda_for(meeting, services, programme.working_day(timezone.now()))
    if not is_ruled(user, programme):
        return agenda
    return [point for point in agenda if point.topic not in {kind.value for kind in OF_PEOPLE}]


def _services(meeting: ReviewMeeting) -> list[Service]:
    return [meeting.service] if meeting.service else list(meeting.programme.services.all())


def _context(user: User, programme: Programme) -> dict[str, object]:
    return {
        **programme_context(user, programme, "reviews"),
        "may_change": may(user, Object.REVIEW, Action.CHANGE, programme.operator),
    }
