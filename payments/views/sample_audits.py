"""Sample audits: draw one, look at each drawn event a second time, and hear the provider."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import signed_in
from accounts.models import User
from accounts.rules.matrix import Action, Object
from funders.access import is_operators, needs, programme_context, programme_of_people
from funders.models import Programme
from mhep.kernel.problems import BusinessRuleError
from outcomes.models import SampledEvent
from outcomes.selectors.events import life_of
from outcomes.selectors.evidence import proof_of
from outcomes.selectors.sampling import audits_to_see, is_drawn_again, sampled_to_see, summaries_of
from outcomes.selectors.verification import assess
from outcomes.services.sampling import Draw, draw_sample, record_finding, reply_to_finding
from payments.forms.sample_audits import DrawForm, FindingForm, ReplyForm
from payments.selectors.charged import charged_to_funders
from providers.access import may, may_at_provider, require

METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(METHODS)
@needs(Object.SAMPLE_AUDIT, Action.SEE, sending=Action.DRAW)
def sample_audit_list(request: HttpRequest, code: str) -> HttpResponse:
    """List the audits; those who verify can draw a new one."""
    user = signed_in(request)
    programme = programme_of_people(user, code)
    form = DrawForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require(user, Object.SAMPLE_AUDIT, Action.DRAW, programme.operator)
        if form.is_valid():
            try:
                audit = draw_sample(
                    programme_id=programme.pk,
                    wanted=Draw(**form.cleaned_data),
                    amounts=charged_to_funders(programme),
                    actor=user,
                    at=timezone.now(),
                )
            except BusinessRuleError as refusal:
                form.add_error("seed", str(refusal))
            else:
                messages.success(request, f"Drawn: {audit.size} of {len(audit.frame)} events.")
                return redirect("payments:sample-audit-detail", code, audit.pk)
    audits = audits_to_see(user, programme)
    summaries = summaries_of(audits)
    return render(
        request,
        "payments/sample_audit_list.html",
        {
            **programme_context(user, programme, "verification"),
            "audits": [(audit, summaries[audit.pk]) for audit in audits],
            "form": form,
            "may_verify": may(user, Object.SAMPLE_AUDIT, Action.DRAW, programme.operator),
        },
    )


@require_safe
@needs(Object.SAMPLE_AUDIT, Action.SEE)
def sample_audit_detail(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    user = signed_in(request)
    programme = programme_of_people(user, code)
    audits = audits_to_see(user, programme)
    audit = get_object_or_404(audits, pk=pk)
    return render(
        request,
        "payments/sample_audit_detail.html",
        {
            **programme_context(user, programme, "verification"),
            "audit": audit,
            "summary": summaries_of(audits.filter(pk=pk))[audit.pk],
            "is_drawn_again": is_drawn_again(audit),
            "sampled": sampled_to_see(user, audit),
        },
    )


@require_http_methods(METHODS)
@needs(Object.SAMPLE_AUDIT, Action.SEE)
def sampled_event(request: HttpRequest, code: str, pk: int, position: int) -> HttpResponse:
    """Show one drawn event with its rules and its life; take the finding, or the provider's reply."""
    user = signed_in(request)
    programme = programme_of_people(user, code)
    audit = get_object_or_404(audits_to_see(user, programme), pk=pk)
    sampled = get_object_or_404(sampled_to_see(user, audit), position=position)
    form: FindingForm | ReplyForm | None = _form(request, user, programme, sampled)
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            _take(form, sampled, user)
        except BusinessRuleError as refusal:
            form.add_error("reply" if isinstance(form, ReplyForm) else "finding", str(refusal))
        else:
            messages.success(request, f"{sampled.event.reference}: what you wrote is recorded.")
            return redirect("payments:sample-audit-detail", code, pk)
    return render(
        request,
        "payments/sampled_event.html",
        {
            **programme_context(user, programme, "verification"),
            "audit": audit,
            "sampled": sampled,
            "event": sampled.event,
            "assessment": assess(sampled.event, user, programme),
            "files": proof_of(user, sampled.event),
            "life": life_of(sampled.event),
            "form": form,
        },
    )


def _form(
    request: HttpRequest, user: User, programme: Programme, sampled: SampledEvent
) -> FindingForm | ReplyForm | None:
    """Return what the user may write about the event now, if anything; a form sent by others is refused."""
    given = request.POST if request.method == "POST" else None
    if is_operators(user, programme):
        if given is not None:
            require(user, Object.SAMPLE_AUDIT, Action.CHECK, programme.operator)
        is_open = sampled.checked_at is None and may(
            user, Object.SAMPLE_AUDIT, Action.CHECK, programme.operator
        )
        return FindingForm(given) if is_open or given is not None else None
    provider = sampled.event.service.provider_id
    manages = may_at_provider(user, Object.SAMPLE_AUDIT, Action.REPLY, provider)
    is_open = manages and sampled.is_agreed is False and sampled.replied_on is None
    return ReplyForm(given) if is_open or given is not None else None


def _take(form: FindingForm | ReplyForm, sampled: SampledEvent, user: User) -> None:
    given = form.cleaned_data
    if isinstance(form, ReplyForm):
        reply_to_finding(sampled_id=sampled.pk, reply=given["reply"], actor=user, at=timezone.now())
        return
    record_finding(
        sampled_id=sampled.pk,
        is_agreed=given["is_agreed"] == "yes",
        finding=given["finding"],
        actor=user,
        at=timezone.now(),
    )
