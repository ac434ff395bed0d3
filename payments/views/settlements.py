"""Funders' queries: what waits to be settled, and settling one with its effect shown before."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import confirmed, signed_in
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_change, programme_to_see
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.downloads import sheet_file
from payments.enums import Settlement
from payments.forms.statements import SettleForm
from payments.selectors.settling import settlement_effect, ways_to_settle
from payments.selectors.statement_list import at_stake, days_open, line_name, queries_to_see, query_sheet
from payments.services.settlements import settle_query
from providers.access import may

PAGE = 50


@require_safe
@needs(Object.STATEMENT, Action.SEE)
def line_query_list(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_see(user, code)
    queries = queries_to_see(user, programme)
    today = programme.local_date(timezone.now())
    page = Paginator(queries, PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "payments/line_query_list.html",
        {
            **programme_context(user, programme, "statements"),
            "page": page,
            "rows": [(query, line_name(query), days_open(query, programme, today)) for query in page],
            "held_minor": at_stake(queries),
            "waiting": queries.filter(settlement="").count(),
            "may_settle": may(user, Object.STATEMENT, Action.SETTLE, programme.operator),
        },
    )


@require_safe
@needs(Object.STATEMENT, Action.SEE)
def line_query_list_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_see(user, code)
    sheet = query_sheet(queries_to_see(user, programme), programme)
    return sheet_file(sheet, f"{programme.code}-queries", form)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Object.STATEMENT, Action.SETTLE)
@confirmed()
def line_query_settle(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Show what each way of settling would do, to whom and to the penny; sent the form, settle it."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.STATEMENT, Action.SETTLE)
    query = get_object_or_404(queries_to_see(user, programme), pk=pk)
    today = programme.local_date(timezone.now())
    ways = ways_to_settle(query.charge)
    form = SettleForm(request.POST if request.method == "POST" else None, ways=ways)
    if request.method == "POST" and form.is_valid():
        try:
            settle_query(
                query_id=query.pk,
                settlement=Settlement(form.cleaned_data["settlement"]),
                reason=form.cleaned_data["reason"],
                actor=user,
                at=timezone.now(),
            )
        except BusinessRuleError as refusal:
            form.add_error("settlement", str(refusal))
        else:
            messages.success(request, f"The query about {line_name(query)} is settled.")
            return redirect("payments:line-query-list", code)
    effects = (
        [settlement_effect(query.charge, way, programme, today) for way in ways] if query.is_open else []
    )
    return render(
        request,
        "payments/line_query_settle.html",
        {
            **programme_context(user, programme, "statements"),
            "query": query,
            "name": line_name(query),
            "days": days_open(query, programme, today),
            "effects": effects,
            "form": form,
        },
    )
