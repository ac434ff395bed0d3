"""The verifier's queue: what waits, what is at stake, and several events verified at once."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.access import signed_in
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_change, programme_to_run
from mhep.shared.downloads import sheet_file
from mhep.shared.sealed_ids import Kind, opened_ids
from payments.selectors.verification import (
    QueueFilter,
    choices_of,
    chosen_filters,
    queue_of,
    queue_sheet,
)
from payments.services.verification import verify_clear
from providers.access import may

PAGE = 50


@require_safe
@needs(Object.EVENT, Action.SEE)
def verification_queue(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    choices = choices_of(programme)
    chosen = QueueFilter.of(request.GET, choices)
    rows = queue_of(user, programme, chosen, programme.local_date(timezone.now()))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    may_verify = may(user, Object.EVENT, Action.VERIFY, programme.operator)
    return render(
        request,
        "payments/verification_queue.html",
        {
            **programme_context(user, programme, "verification"),
            "choices": choices,
            "chosen": chosen,
            "chosen_filters": chosen_filters(chosen, choices),
            "query": chosen.query(),
            "at_stake_minor": sum(row.expected.at_stake_minor for row in rows),
            "doubtful": sum(bool(row.doubts) for row in rows),
            "may_verify": may_verify,
            "has_clear": may_verify and any(row.is_clear for row in page.object_list),
            "page": page,
        },
    )


@require_safe
@needs(Object.EVENT, Action.SEE)
def verification_queue_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """Send exactly what the queue shows under the same filters, all pages of it."""
    user = signed_in(request)
    programme = programme_to_run(user, code)
    now = timezone.now()
    chosen = QueueFilter.of(request.GET, choices_of(programme))
    rows = queue_of(user, programme, chosen, programme.local_date(now))
    taken_at = programme.file_stamp(now)
    return sheet_file(
        queue_sheet(rows, programme.currency), f"{programme.code}-verification-{taken_at}", form
    )


@require_POST
@needs(Object.EVENT, Action.VERIFY)
def verification_confirm(request: HttpRequest, code: str) -> HttpResponse:
    """Show the chosen events once more before they are verified; nothing changes."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.EVENT, Action.VERIFY)
    chosen = _chosen(request)
    queue = queue_of(user, programme, QueueFilter(), programme.local_date(timezone.now()))
    rows = [row for row in queue if row.event.pk in chosen and row.is_clear]
    if not rows:
        messages.error(request, "Choose at least one event about which nothing is doubtful.")
        return redirect("payments:verification-queue", code)
    return render(
        request,
        "payments/verification_confirm.html",
        {
            **programme_context(user, programme, "verification"),
            "rows": rows,
            "left_out": len(chosen) - len(rows),
            "at_stake_minor": sum(row.expected.at_stake_minor for row in rows),
        },
    )


@require_POST
@needs(Object.EVENT, Action.VERIFY)
def verification_several(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.EVENT, Action.VERIFY)
    outcome = verify_clear(programme=programme, events=_chosen(request), actor=user, at=timezone.now())
    if outcome.done:
        count = len(outcome.done)
        messages.success(
            request, f"{count} event{'s' if count > 1 else ''} verified: {', '.join(outcome.done)}."
        )
    if outcome.left_out or not outcome.done:
        which = ", ".join(outcome.left_out) or "None of them waits any more"
        messages.warning(request, f"Not verified: {which}. Look at each by itself.")
    return redirect("payments:verification-queue", code)


def _chosen(request: HttpRequest) -> set[int]:
    """Return the keys that the form names; what is no id of an event is left out."""
    return opened_ids(Kind.EVENT, request.POST.getlist("event"))
