"""The month: look at it, price it, close it, and watch the work being done."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import confirmed, signed_in
from accounts.rules.matrix import Action, Object
from funders.access import job_to_follow, needs, programme_context, programme_to_change, programme_to_run
from funders.models import Agreement, Programme
from funders.services import set_closing_by_itself
from mhep.kernel.periods import Month
from mhep.shared.jobs import job_for
from payments.selectors.month_charges import charges_of
from payments.selectors.month_page import MonthPage, draft_documents, month_page, months_of
from payments.selectors.parties import party_names
from payments.selectors.purchase_orders import OrderWarning, order_warnings, uses_orders
from payments.services import requests
from payments.services.months import last_ended_month, months_to_close
from providers.access import may

LINES_PAGE = 100


@require_safe
@needs(Object.MONTH, Action.SEE)
def month_list(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    today = programme.local_date(timezone.now())
    return render(
        request,
        "payments/month_list.html",
        {
            **programme_context(user, programme, "months"),
            "months": months_of(programme, today),
            "may_automate": may(user, Object.MONTH, Action.AUTOMATE, programme.operator),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Object.MONTH, Action.AUTOMATE)
@confirmed()
def month_automate(request: HttpRequest, code: str) -> HttpResponse:
    """Say what it means that months close by themselves, or no longer do; sent the form, make it so."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.MONTH, Action.AUTOMATE)
    at = timezone.now()
    if request.method != "POST":
        ended = months_to_close(programme, last_ended_month(programme, at))
        context = {**programme_context(user, programme, "months"), "ended": ended}
        return render(request, "payments/month_automate.html", context)
    by_itself = request.POST.get("by_itself") == "on"
    set_closing_by_itself(programme_id=programme.pk, by_itself=by_itself, actor=user, at=at)
    closer = "close by themselves" if by_itself else "are closed by people"
    messages.success(request, f"From now on the months of {programme.name} {closer}.")
    return redirect("payments:month-list", code)


@require_safe
@needs(Object.MONTH, Action.SEE)
def month_detail(request: HttpRequest, code: str, month: Month) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    _require_month(programme, month)
    subject = requests.subject_of(programme, month)
    jobs = [job_for(task, subject) for task in (requests.PRICE, requests.CLOSE)]
    page = month_page(programme, month, programme.local_date(timezone.now()))
    return render(
        request,
        "payments/month_detail.html",
        {
            **programme_context(user, programme, "months"),
            "page": page,
            "orders": _order_warnings(programme, page),
            "may_price": may(user, Object.MONTH, Action.PRICE, programme.operator),
            "may_close": may(user, Object.MONTH, Action.CLOSE, programme.operator),
            "jobs": [job for job in jobs if job is not None and not job.is_finished],
        },
    )


@require_safe
@needs(Object.MONTH, Action.SEE)
def month_charges(request: HttpRequest, code: str, month: Month, direction: str, ref: str) -> HttpResponse:
    """
    List what the month decided about one agreement, each line with a way to its explanation.

    With ``?kind=nil`` it lists only what was charged nothing.
    """
    user = signed_in(request)
    programme = programme_to_run(user, code)
    _require_month(programme, month)
    agreements = Agreement.objects.filter(programme=programme, direction=direction.upper())
    agreement = get_object_or_404(agreements, ref=ref)
    nil_only = request.GET.get("kind") == "nil"
    charges = charges_of(agreement, month, nil_only=nil_only)
    return render(
        request,
        "payments/month_charges.html",
        {
            **programme_context(user, programme, "months"),
            "month": month,
            "agreement": agreement,
            "party": party_names(programme)[agreement.pk],
            "nil_only": nil_only,
            "page": Paginator(charges, LINES_PAGE).get_page(request.GET.get("page")),
        },
    )


@require_POST
@needs(Object.MONTH, Action.PRICE)
def month_price(request: HttpRequest, code: str, month: Month) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.MONTH, Action.PRICE)
    _require_month(programme, month)
    job = requests.ask_to_price(programme=programme, month=month, actor=user, at=timezone.now())
    return redirect("payments:job-detail", job.pk)


@require_safe
@needs(Object.MONTH, Action.CLOSE)
@confirmed()
def month_confirm_close(request: HttpRequest, code: str, month: Month) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.MONTH, Action.CLOSE)
    _require_month(programme, month)
    page = month_page(programme, month, programme.local_date(timezone.now()))
    if page.row is None or not page.is_open:
        messages.error(request, "Only a priced month that is still open can be closed. Price it first.")
        return redirect("payments:month-detail", code, month)
    return render(
        request,
        "payments/month_close.html",
        {
            **programme_context(user, programme, "months"),
            "page": page,
            "drafts": draft_documents(programme, page.row),
            "orders": _order_warnings(programme, page),
        },
    )


@require_POST
@needs(Object.MONTH, Action.CLOSE)
@confirmed(form="payments:month-confirm-close")
def month_close(request: HttpRequest, code: str, month: Month) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.MONTH, Action.CLOSE)
    _require_month(programme, month)
    job = requests.ask_to_close(programme=programme, month=month, actor=user, at=timezone.now())
    return redirect("payments:job-detail", job.pk)


@require_safe
@needs(Object.MONTH, Action.SEE)
def job_detail(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Show a job; to a page that asks again, only the part that changes."""
    user = signed_in(request)
    job, programme = job_to_follow(user, job_id)
    template = (
        "payments/_job_update.html" if request.headers.get("HX-Request") else "payments/job_detail.html"
    )
    return render(
        request,
        template,
        {
            **programme_context(user, programme, "months"),
            "job": job,
            "title": requests.TITLES[job.task],
            "month": Month.parse(job.arguments["month"]) if "month" in job.arguments else None,
        },
    )


def _order_warnings(programme: Programme, page: MonthPage) -> list[OrderWarning]:
    """Return what is wrong with the purchase orders of an open month's invoices, before they are issued."""
    if page.row is None or not page.is_open or not uses_orders(programme):
        return []
    drafts = draft_documents(programme, page.row).receivable.documents
    return order_warnings(programme, drafts, programme.local_date(timezone.now()))


def _require_month(programme: Programme, month: Month) -> None:
    """
    Let a month of the programme pass: one from its first through its last, or the open one if that is later.

    :raises Http404: for any other month.
    """
    last = max(programme.first_open_month, Month.of(programme.ends_on))
    if not Month.of(programme.starts_on) <= month <= last:
        raise Http404
