"""Exports into the operator's own accounts: what waits, what was exported, its files, and taking one back."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import confirmed, signed_in
from accounts.models import User
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_change, programme_to_run
from funders.models import Programme
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.downloads import CSV, attachment, sheet_file
from payments.forms.exports import ExportForm, UndoExportForm
from payments.models import ExportBatch
from payments.models.exports import REFERENCE
from payments.rules.booking.codes import Subject
from payments.selectors.booking_codes import Thing, things_of
from payments.selectors.export_pages import export_page, export_sheet, exports_matching
from payments.selectors.exporting import Waiting, waiting_by_format
from payments.services import exports
from providers.access import may

METHODS = ["GET", "HEAD", "POST"]
PAGE = 50


@require_http_methods(METHODS)
@needs(Object.ACCOUNTING, Action.SEE, sending=Action.EXPORT)
def export_list(request: HttpRequest, code: str) -> HttpResponse:
    """Show what waits and the exports so far; finance makes another."""
    user = signed_in(request)
    programme = programme_to_run(user, code)
    waiting = waiting_by_format(programme.operator, programme.currency)
    days = _days(waiting, programme.local_date(timezone.now()))
    form = ExportForm(request.POST if request.method == "POST" else None, waiting=waiting, days=days)
    missing: list[tuple[Thing, date]] = []
    if request.method == "POST":
        programme_to_change(user, code, Object.ACCOUNTING, Action.EXPORT)
        if form.is_valid():
            try:
                batch = exports.make_export(
                    operator_id=programme.operator_id,
                    wanted=form.wanted(programme.currency),
                    actor=user,
                    at=timezone.now(),
                )
            except exports.CannotExport as refusal:
                form.add_error("format", str(refusal))
                missing = _missing(programme, refusal)
            else:
                messages.success(request, f"{batch.reference} is made. Download it and import it.")
                return redirect("payments:export-detail", code, batch.reference)
    return render(
        request,
        "payments/export_list.html",
        {
            **programme_context(user, programme, "money"),
            "form": form,
            "waiting": waiting,
            "missing": missing,
            "missing_from": min((day for _, day in missing), default=None),
            "page": Paginator(exports_matching(user, programme.operator), PAGE).get_page(
                request.GET.get("page")
            ),
            "may_export": may(user, Object.ACCOUNTING, Action.EXPORT, programme.operator),
        },
    )


@require_safe
@needs(Object.ACCOUNTING, Action.SEE)
def export_list_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """Send every export as a table."""
    user = signed_in(request)
    programme = programme_to_run(user, code)
    return sheet_file(export_sheet(user, programme.operator), f"{programme.operator.code}-exports", form)


@require_safe
@needs(Object.ACCOUNTING, Action.SEE)
def export_detail(request: HttpRequest, code: str, number: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    batch = _batch(user, programme, number)
    return render(
        request,
        "payments/export_detail.html",
        {
            **programme_context(user, programme, "money"),
            "batch": batch,
            "undo": getattr(batch, "undo", None),
            "content": export_page(batch),
            "files": batch.files.defer("content"),
            "may_export": may(user, Object.ACCOUNTING, Action.EXPORT, programme.operator),
        },
    )


@require_safe
@needs(Object.ACCOUNTING, Action.SEE)
def export_file(request: HttpRequest, code: str, number: str, part: str) -> HttpResponse:
    """Send a file of an export, the same bytes each time."""
    user = signed_in(request)
    programme = programme_to_run(user, code)
    batch = _batch(user, programme, number)
    file = get_object_or_404(batch.files, name=part)
    try:
        content = exports.content_of(file)
    except exports.SpoiltExport as refusal:
        messages.error(request, str(refusal))
        return redirect("payments:export-detail", code, batch.reference)
    return attachment(content, f"{programme.operator.code}-{batch.reference}-{file.name}.csv", CSV)


@require_http_methods(METHODS)
@needs(Object.ACCOUNTING, Action.EXPORT)
@confirmed()
def export_undo(request: HttpRequest, code: str, number: str) -> HttpResponse:
    """Say what taking an export back does; sent the form with a reason, take it back."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.ACCOUNTING, Action.EXPORT)
    batch = _batch(user, programme, number)
    form = UndoExportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            exports.undo_export(
                batch_id=batch.pk, reason=form.cleaned_data["reason"], actor=user, at=timezone.now()
            )
        except BusinessRuleError as refusal:
            form.add_error("reason", str(refusal))
        else:
            messages.success(request, f"{batch.reference} is taken back. Its movements wait to be exported.")
            return redirect("payments:export-detail", code, batch.reference)
    return render(
        request,
        "payments/export_undo.html",
        {**programme_context(user, programme, "money"), "batch": batch, "form": form},
    )


def _batch(user: User, programme: Programme, reference: str) -> ExportBatch:
    """Return the export with that reference if the user may see it; others get 404."""
    _, _, number = reference.partition(f"{REFERENCE}-")
    if not number.isascii() or not number.isdigit() or len(number) > 9:
        raise Http404
    batch = get_object_or_404(exports_matching(user, programme.operator), number=int(number))
    if batch.reference != reference:
        raise Http404
    return batch


def _days(waiting: list[Waiting], today: date) -> tuple[date, date]:
    """Return the days that a form begins with: all that waits through the last month that is over."""
    last = today.replace(day=1) - timedelta(days=1)
    first = min((each.first for each in waiting if each.first), default=last.replace(day=1))
    return (first, last) if first <= last else (first, today)


def _missing(programme: Programme, refusal: exports.CannotExport) -> list[tuple[Thing, date]]:
    """Return what has no code, with the day from which it needs one, in the order of the page of codes."""
    if not isinstance(refusal, exports.CodesMissing):
        return []
    days: dict[Subject, date] = dict(refusal.missing)
    return [(thing, days[thing.subject]) for thing in things_of(programme.operator) if thing.subject in days]
