"""One event before its verifier: everything about it on one page, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.access import signed_in
from accounts.models import User
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_change, programme_to_run
from funders.models import Programme
from mhep.kernel.problems import BusinessRuleError
from outcomes.enums import EventState
from outcomes.models import OutcomeEvent
from outcomes.selectors.events import events_to_see, life_of
from outcomes.selectors.evidence import proof_of
from outcomes.selectors.verification import assess
from outcomes.services.verification import answer_query, query_event, reject_event, verify_event
from payments.forms.verification import AnswerForm, QueryForm, RejectForm
from payments.selectors.expected import expected_for
from payments.selectors.verification import QueueFilter, choices_of, money_doubts, neighbours
from providers.access import may

WAITING = (EventState.SUBMITTED, EventState.QUERIED)


@require_safe
@needs(Object.EVENT, Action.SEE)
def verification_detail(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    return _page(request, user, programme, _event(user, programme, pk))


@require_POST
@needs(Object.EVENT, Action.VERIFY)
def verification_verify(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    user, programme, event = _to_change(request, code, pk)
    return _do(
        request,
        user,
        programme,
        event,
        lambda: verify_event(event_id=event.pk, actor=user, at=timezone.now()),
        f"{event.reference} is verified.",
    )


@require_POST
@needs(Object.EVENT, Action.VERIFY)
def verification_query(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    user, programme, event = _to_change(request, code, pk)
    form = QueryForm(request.POST, auto_id="query_%s")
    if not form.is_valid():
        return _page(request, user, programme, event, query_form=form)
    given = form.cleaned_data
    return _do(
        request,
        user,
        programme,
        event,
        lambda: query_event(
            event_id=event.pk,
            about=given["about"],
            question=given["question"],
            actor=user,
            at=timezone.now(),
        ),
        f"{event.reference} goes back to its provider with your question.",
    )


@require_POST
@needs(Object.EVENT, Action.VERIFY)
def verification_reject(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    user, programme, event = _to_change(request, code, pk)
    form = RejectForm(request.POST, auto_id="reject_%s")
    if not form.is_valid():
        return _page(request, user, programme, event, reject_form=form)
    given = form.cleaned_data
    return _do(
        request,
        user,
        programme,
        event,
        lambda: reject_event(
            event_id=event.pk,
            about=given["about"],
            reason=given["reason"],
            cure=given["cure"],
            actor=user,
            at=timezone.now(),
        ),
        f"{event.reference} is rejected.",
    )


@require_POST
@needs(Object.EVENT, Action.VERIFY)
def verification_answer(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Record the answer that a provider gave elsewhere; whoever records it may not verify the event."""
    user, programme, event = _to_change(request, code, pk)
    form = AnswerForm(request.POST, event=event, auto_id="answer_%s")
    if form.is_valid():
        try:
            answer_query(
                event_id=event.pk,
                answer=form.cleaned_data["answer"],
                corrected=form.facts(),
                actor=user,
                at=timezone.now(),
            )
        except BusinessRuleError as refusal:
            form.add_error("answer", str(refusal))
        else:
            messages.success(request, f"{event.reference} is submitted again. Somebody else verifies it.")
            return redirect(_Way(request, programme).to(event.pk))
    return _page(request, user, programme, event, answer_form=form)


def _to_change(request: HttpRequest, code: str, pk: int) -> tuple[User, Programme, OutcomeEvent]:
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.EVENT, Action.VERIFY)
    return user, programme, _event(user, programme, pk)


def _event(user: User, programme: Programme, pk: int) -> OutcomeEvent:
    return get_object_or_404(events_to_see(user, programme), pk=pk)


def _do(
    request: HttpRequest,
    user: User,
    programme: Programme,
    event: OutcomeEvent,
    action: Callable[[], object],
    said: str,
) -> HttpResponse:
    """Do it and go on to the next of the queue; a refusal leads back to the event."""
    way = _Way(request, programme)
    _, following = neighbours(user, programme, way.filter, _today(programme), event.pk)
    try:
        action()
    except BusinessRuleError as refusal:
        messages.error(request, str(refusal))
        return redirect(way.to(event.pk))
    messages.success(request, said if following else f"{said} That was the last one of the queue.")
    return redirect(way.to(following))


def _page(
    request: HttpRequest, user: User, programme: Programme, event: OutcomeEvent, **given: forms.Form
) -> HttpResponse:
    """Show the event with its forms, those that were ``given`` as they were filled in."""
    today = _today(programme)
    way = _Way(request, programme)
    before, after = neighbours(user, programme, way.filter, today, event.pk)
    is_waiting = event.state in WAITING and event.voided_on is None
    assessment = assess(event, user, programme)
    expected = expected_for(programme, [event.pk], today)[event.pk] if is_waiting else None
    may_verify = may(user, Object.EVENT, Action.VERIFY, programme.operator)
    return render(
        request,
        "payments/verification_detail.html",
        {
            **programme_context(user, programme, "verification"),
            "event": event,
            "assessment": assessment,
            "doubts": [*assessment.doubts, *(money_doubts(expected) if expected else ())],
            "expected": expected,
            "files": proof_of(user, event),
            "life": life_of(event),
            "queries": event.queries.select_related("asked_by", "answered_by"),
            "is_waiting": is_waiting,
            "may_verify": may_verify,
            "before": way.to(before) if before else "",
            "after": way.to(after) if after else "",
            "queue": way.to(None),
            "carried": way.query,
            "form": next(iter(given.values()), None),
            **_forms(event, given),
        },
    )


def _forms(event: OutcomeEvent, given: dict[str, forms.Form]) -> dict[str, Any]:
    return {
        "query_form": given.get("query_form") or QueryForm(auto_id="query_%s"),
        "reject_form": given.get("reject_form") or RejectForm(auto_id="reject_%s"),
        "answer_form": given.get("answer_form") or AnswerForm(event=event, auto_id="answer_%s"),
        "faulty": next(iter(given), ""),
    }


class _Way:
    """The addresses of the queue and its events, under the filters of the request."""

    def __init__(self, request: HttpRequest, programme: Programme) -> None:
        self.filter = QueueFilter.of(request.GET, choices_of(programme))
        query = self.filter.query()
        self.query = f"?{query}" if query else ""
        self._code = programme.code

    def to(self, pk: int | None) -> str:
        """Return where an event of the queue is, or the queue itself."""
        if pk is None:
            return reverse("payments:verification-queue", args=[self._code]) + self.query
        return reverse("payments:verification-detail", args=[self._code, pk]) + self.query


def _today(programme: Programme) -> date:
    return programme.local_date(timezone.now())
