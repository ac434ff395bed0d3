"""The codes of the operator's own accounts: which there are, one more, and one that was wrong."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import signed_in
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_change, programme_to_run
from mhep.shared.downloads import sheet_file
from payments.forms.exports import BookingCodeForm, BookingCodesForm
from payments.selectors.booking_codes import code_rows, code_sheet, codes_matching, things_of, today_of
from payments.selectors.exporting import code_book
from payments.services.booking_codes import CannotSetCode, set_code, set_codes, withdraw_code
from providers.access import may

PAGE = 50


@require_safe
@needs(Object.ACCOUNTING, Action.SEE)
def booking_code_list(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    operator = programme.operator
    page = Paginator(codes_matching(user, operator), PAGE).get_page(request.GET.get("page"))
    today = programme.local_date(timezone.now())
    return render(
        request,
        "payments/booking_code_list.html",
        {
            **programme_context(user, programme, "money"),
            "today": today,
            "things": today_of(things_of(operator), code_book(operator), today),
            "page": page,
            "rows": code_rows(operator, page.object_list),
            "may_change": may(user, Object.ACCOUNTING, Action.CHANGE, operator),
        },
    )


@require_safe
@needs(Object.ACCOUNTING, Action.SEE)
def booking_code_list_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """Send every code as a table, those that ended or were withdrawn too."""
    user = signed_in(request)
    operator = programme_to_run(user, code).operator
    return sheet_file(code_sheet(user, operator), f"{operator.code}-codes", form)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Object.ACCOUNTING, Action.CHANGE)
def booking_code_new(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for a code; ``for`` and ``from`` of the address fill in what it is for and its first day."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.ACCOUNTING, Action.CHANGE)
    operator = programme.operator
    initial = {"thing": request.GET.get("for", ""), "starts_on": _day(request.GET.get("from", ""))}
    form = BookingCodeForm(
        request.POST if request.method == "POST" else None,
        operator=operator,
        things=things_of(operator),
        initial=initial,
    )
    if request.method == "POST" and form.is_valid():
        try:
            row = set_code(operator_id=operator.pk, code=form.booking_code(), actor=user, at=timezone.now())
        except CannotSetCode as refusal:
            form.add_error("code", str(refusal))
        else:
            messages.success(request, f"The code {row.code} is used from {row.starts_on:%-d %B %Y} on.")
            return redirect("payments:booking-code-list", code)
    return render(
        request,
        "payments/booking_code_new.html",
        {**programme_context(user, programme, "money"), "form": form},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Object.ACCOUNTING, Action.CHANGE)
def booking_code_several(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for all codes on one page; ``from`` of the address fills in their first day."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.ACCOUNTING, Action.CHANGE)
    operator = programme.operator
    today = programme.local_date(timezone.now())
    form = BookingCodesForm(
        request.POST if request.method == "POST" else None,
        things=today_of(things_of(operator), code_book(operator), today),
        initial={"starts_on": _day(request.GET.get("from", ""))},
    )
    if request.method == "POST" and form.is_valid():
        try:
            rows = set_codes(
                operator_id=operator.pk, codes=form.booking_codes(), actor=user, at=timezone.now()
            )
        except CannotSetCode as refusal:
            form.refuse(refusal.subject, str(refusal))
        else:
            word = "code is" if len(rows) == 1 else "codes are"
            messages.success(request, f"{len(rows)} {word} used from {rows[0].starts_on:%-d %B %Y} on.")
            return redirect("payments:booking-code-list", code)
    return render(
        request,
        "payments/booking_code_several.html",
        {**programme_context(user, programme, "money"), "form": form},
    )


@require_POST
@needs(Object.ACCOUNTING, Action.CHANGE)
def booking_code_withdraw(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.ACCOUNTING, Action.CHANGE)
    row = get_object_or_404(codes_matching(user, programme.operator), pk=pk)
    try:
        withdraw_code(code_id=row.pk, actor=user, at=timezone.now())
    except CannotSetCode as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"The code {row.code} is withdrawn. Exports that used it stay as they are.")
    return redirect("payments:booking-code-list", code)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
