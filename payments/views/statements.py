"""Statements: the list, one statement, its answer, and an answer that was given elsewhere."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import confirmed, signed_in
from accounts.models import User
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_change, programme_to_see
from funders.models import Programme
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.downloads import sheet_file
from payments.access import answers_for
from payments.enums import StatementState
from payments.forms.statements import StatementAnswerForm
from payments.models import Statement
from payments.selectors.statement_list import (
    StatementFilter,
    funders_asked,
    queries_to_see,
    statement_sheet,
    statements_listed,
    statements_to_see,
)
from payments.selectors.statement_page import answer_effect, statement_lines_sheet, statement_page
from payments.services.statements import answer_statement
from providers.access import may

PAGE = 50
METHODS = ["GET", "HEAD", "POST"]


@require_safe
@needs(Object.STATEMENT, Action.SEE)
def statement_list(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_see(user, code)
    chosen = StatementFilter.of(request.GET)
    statements = statements_listed(user, programme, chosen)
    return render(
        request,
        "payments/statement_list.html",
        {
            **programme_context(user, programme, "statements"),
            "chosen": chosen,
            "funders": funders_asked(user, programme),
            "states": StatementState.choices,
            "query": urlencode({"funder": chosen.funder, "state": chosen.state}),
            "today": programme.local_date(timezone.now()),
            "may_answer": answers_for(user, programme),
            "page": Paginator(statements, PAGE).get_page(request.GET.get("page")),
            "open_queries": queries_to_see(user, programme).filter(settlement="").count(),
            "may_see_adjustments": may(user, Object.ADJUSTMENT, Action.SEE, programme.operator),
        },
    )


@require_safe
@needs(Object.STATEMENT, Action.SEE)
def statement_list_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """Send exactly the statements that the list shows under the same filters, all pages of it."""
    user = signed_in(request)
    programme = programme_to_see(user, code)
    statements = statements_listed(user, programme, StatementFilter.of(request.GET))
    return sheet_file(statement_sheet(statements, programme), f"{programme.code}-statements", form)


@require_safe
@needs(Object.STATEMENT, Action.SEE)
def statement_detail(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_see(user, code)
    statement = _statement(user, programme, pk)
    return render(
        request,
        "payments/statement_detail.html",
        {
            **programme_context(user, programme, "statements"),
            "page": statement_page(statement, programme),
            "statement": statement,
            "today": programme.local_date(timezone.now()),
            "may_answer": statement.agreement.funder_id in answers_for(user, programme),
            "may_record": may(user, Object.STATEMENT, Action.RECORD, programme.operator),
        },
    )


@require_safe
@needs(Object.STATEMENT, Action.SEE)
def statement_lines_file(request: HttpRequest, code: str, pk: int, form: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_see(user, code)
    statement = _statement(user, programme, pk)
    name = f"{programme.code}-statement-{statement.agreement.ref}-{statement.month.period}"
    return sheet_file(statement_lines_sheet(statement, programme), name, form)


@require_http_methods(METHODS)
@needs(Object.STATEMENT, Action.APPROVE)
@confirmed()
def statement_answer(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take the answer of the funder's own approver: first what it would do, then the answer."""
    user = signed_in(request)
    programme = programme_to_see(user, code)
    return _answer(request, user, programme, _statement(user, programme, pk), is_recorded=False)


@require_http_methods(METHODS)
@needs(Object.STATEMENT, Action.RECORD)
@confirmed()
def statement_record(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Record an answer that the funder gave elsewhere, with how it gave it."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.STATEMENT, Action.RECORD)
    return _answer(request, user, programme, _statement(user, programme, pk), is_recorded=True)


def _statement(user: User, programme: Programme, pk: int) -> Statement:
    return get_object_or_404(statements_to_see(user, programme), pk=pk)


def _answer(
    request: HttpRequest, user: User, programme: Programme, statement: Statement, *, is_recorded: bool
) -> HttpResponse:
    if statement.state != StatementState.SENT:
        messages.error(request, "This statement is not open for an answer any more. See what became of it.")
        return redirect("payments:statement-detail", programme.code, statement.pk)
    page = statement_page(statement, programme)
    form = StatementAnswerForm(
        request.POST if request.method == "POST" else None, page=page, is_recorded=is_recorded
    )
    context = {
        **programme_context(user, programme, "statements"),
        "statement": statement,
        "page": page,
        "form": form,
        "is_recorded": is_recorded,
    }
    if request.method != "POST" or not form.is_valid():
        return render(request, "payments/statement_answer.html", context)
    queries = form.queries()
    if request.POST.get("step") != "send":
        effect = answer_effect(statement, programme, set(queries))
        return render(request, "payments/statement_check.html", {**context, "effect": effect})
    try:
        answered = answer_statement(
            statement_id=statement.pk,
            seen=form.cleaned_data["seen"],
            queries=queries,
            actor=user,
            evidence=form.cleaned_data["evidence"] if is_recorded else "",
            at=timezone.now(),
        )
    except BusinessRuleError as refusal:
        messages.error(request, str(refusal))
        return redirect("payments:statement-detail", programme.code, statement.pk)
    return _answered(request, programme, answered)


def _answered(request: HttpRequest, programme: Programme, statement: Statement) -> HttpResponse:
    """Lead to the statement with what was done; if it was overtaken, to the one that stands now."""
    if statement.state != StatementState.SUPERSEDED:
        messages.success(request, "The answer is recorded. What was approved is invoiced.")
        return redirect("payments:statement-detail", programme.code, statement.pk)
    messages.error(request, "Nothing was approved, because the statement changed. This is what stands now.")
    others = Statement.objects.filter(agreement=statement.agreement_id, month=statement.month_id)
    newest = others.order_by("-revision")[0]
    return redirect("payments:statement-detail", programme.code, newest.pk)
