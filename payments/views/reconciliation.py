"""Reconciliation: the page by funder and by month, the lines behind a figure, and a funder's own file."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import signed_in
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_run
from funders.models import Funder, Programme
from mhep.kernel.periods import Month
from mhep.shared.downloads import sheet_file
from mhep.shared.forms import UploadForm
from mhep.shared.tables import UnreadableTable
from payments.models import Month as MonthRow
from payments.selectors.days_to_pay import HEADINGS, days_to_pay, days_to_pay_sheet
from payments.selectors.reconciliation import (
    COLUMNS,
    Chosen,
    cell_page,
    reconciliation,
    reconciliation_sheet,
)
from payments.selectors.remittance_advice import Comparison, comparison_of, comparison_sheet


@require_safe
@needs(Object.RECONCILIATION, Action.SEE)
def reconciliation_page(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    chosen = _chosen(programme, request.GET)
    today = programme.local_date(timezone.now())
    return render(
        request,
        "payments/reconciliation.html",
        {
            **programme_context(user, programme, "money"),
            "content": reconciliation(programme, chosen, today),
            "days_to_pay": days_to_pay(programme, chosen, today),
            "days_headings": HEADINGS,
            "columns": [heading for heading, _ in COLUMNS],
            "chosen": chosen,
            "query": urlencode(request.GET),
        },
    )


@require_safe
@needs(Object.RECONCILIATION, Action.SEE)
def reconciliation_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """Send exactly the rows that the page shows under the same filter; the workbook has both tables."""
    programme = programme_to_run(signed_in(request), code)
    today = programme.local_date(timezone.now())
    chosen = _chosen(programme, request.GET)
    sheet = reconciliation_sheet(reconciliation(programme, chosen, today), programme.currency)
    days = days_to_pay_sheet(days_to_pay(programme, chosen, today), programme.currency)
    return sheet_file(sheet, f"{programme.code}-reconciliation-{today:%Y%m%d}", form, days)


@require_safe
@needs(Object.RECONCILIATION, Action.SEE)
def reconciliation_cell(request: HttpRequest, code: str, funder: str, month: Month) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    row = get_object_or_404(Funder, programme=programme, code=funder)
    context = {
        "funder": row,
        "month": month,
        "content": cell_page(programme, row, month, programme.local_date(timezone.now())),
        "agreements": row.agreements.all(),
        "has_month": MonthRow.objects.filter(programme=programme, first_day=month.first_day).exists(),
    }
    return render(
        request,
        "payments/reconciliation_cell.html",
        {**programme_context(user, programme, "money"), **context},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Object.RECONCILIATION, Action.SEE)
def remittance_compare(request: HttpRequest, code: str, funder: str) -> HttpResponse:
    """Hold a funder's own file against what it has open, as a page or a file; nothing is stored."""
    user = signed_in(request)
    programme = programme_to_run(user, code)
    row = get_object_or_404(Funder, programme=programme, code=funder)
    form = _upload(request if request.method == "POST" else None)
    comparison: Comparison | None = None
    if request.method == "POST" and form.is_valid():
        try:
            comparison = comparison_of(row, form.content())
        except UnreadableTable as refusal:
            for problem in refusal.problems:
                form.add_error("file", problem.message)
    if comparison is not None and request.POST.get("send"):
        sheet = comparison_sheet(comparison, programme.currency)
        return sheet_file(sheet, f"{programme.code}-{funder}-compared", request.POST["send"])
    context = {"form": form, "funder": row, "content": comparison}
    return render(
        request,
        "payments/remittance_compare.html",
        {**programme_context(user, programme, "money"), **context},
    )


def _upload(request: HttpRequest | None) -> UploadForm:
    given = (request.POST, request.FILES) if request else ()
    return UploadForm(
        *given,
        label="Remittance file",
        hint="CSV in UTF-8 or XLSX, with the headings reference and amount.",
        accept=".csv,.xlsx",
    )


def _chosen(programme: Programme, query: QueryDict) -> Chosen:
    funders = Funder.objects.filter(programme=programme, code=query.get("funder", ""))
    return Chosen(funders.first(), _month(query.get("from", "")), _month(query.get("to", "")))


def _month(text: str) -> Month | None:
    try:
        return Month.parse(text)
    except ValueError:
        return None
