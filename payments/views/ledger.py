"""The ledger: the trial balance at any date, an account, a journal; and the first two as files."""

from __future__ import annotations

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import signed_in
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_run
from funders.models import Programme
from mhep.kernel.periods import Month
from mhep.shared.downloads import sheet_file
from payments.enums import Account
from payments.forms.ledger import AsAtForm
from payments.models import Journal
from payments.selectors.ledger import (
    AccountFilter,
    account_page,
    currencies_of,
    journal_postings,
    postings_matching,
    postings_sheet,
    trial_balance_sheet,
    trial_balances,
)

PAGE = 50


@require_safe
@needs(Object.LEDGER, Action.SEE)
def trial_balance(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    form = AsAtForm(request.GET or None)
    on = form.day() or programme.local_date(timezone.now())
    return render(
        request,
        "payments/trial_balance.html",
        {
            **programme_context(user, programme, "money"),
            "form": form,
            "on": on,
            "query": urlencode(request.GET),
            "balances": trial_balances(programme.operator, on),
        },
    )


@require_safe
@needs(Object.LEDGER, Action.SEE)
def trial_balance_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """Send the trial balance of the day that the page shows."""
    programme = programme_to_run(signed_in(request), code)
    on = AsAtForm(request.GET or None).day() or programme.local_date(timezone.now())
    sheet = trial_balance_sheet(programme.operator, on)
    return sheet_file(sheet, f"{programme.operator.code}-trial-balance-{on:%Y%m%d}", form)


@require_safe
@needs(Object.LEDGER, Action.SEE)
def ledger_account(request: HttpRequest, code: str, account: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    chosen = _chosen(programme, account, request.GET)
    page = account_page(user, programme.operator, chosen)
    return render(
        request,
        "payments/ledger_account.html",
        {
            **programme_context(user, programme, "money"),
            "content": page,
            "query": urlencode(request.GET),
            "page": Paginator(postings_matching(user, programme.operator, chosen), PAGE).get_page(
                request.GET.get("page")
            ),
        },
    )


@require_safe
@needs(Object.LEDGER, Action.SEE)
def ledger_account_file(request: HttpRequest, code: str, account: str, form: str) -> HttpResponse:
    """Send exactly the postings that the page lists under the same filter, all pages of it."""
    user = signed_in(request)
    programme = programme_to_run(user, code)
    chosen = _chosen(programme, account, request.GET)
    sheet = postings_sheet(user, programme.operator, chosen)
    return sheet_file(sheet, f"{programme.operator.code}-{account}", form)


@require_safe
@needs(Object.LEDGER, Action.SEE)
def journal_detail(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    visible = Journal.objects.visible_to(user).filter(operator=programme.operator)
    journal = get_object_or_404(visible.select_related("document", "recorded_by", "reverses"), pk=pk)
    return render(
        request,
        "payments/journal_detail.html",
        {
            **programme_context(user, programme, "money"),
            "journal": journal,
            "reversal": Journal.objects.filter(reverses=journal).first(),
            "postings": journal_postings(journal),
        },
    )


def _chosen(programme: Programme, account: str, query: QueryDict) -> AccountFilter:
    """
    Read the filter from an address; a value that is none is left out.

    :raises Http404: for an account that does not exist.
    """
    named = next((each for each in Account if each.slug == account), None)
    if named is None:
        raise Http404
    currency = query.get("currency", "")
    return AccountFilter(
        account=named,
        currency=currency if currency in currencies_of(programme.operator) else programme.currency,
        first=_month(query.get("from", "")),
        last=_month(query.get("to", "")),
        party=query.get("party", ""),
    )


def _month(text: str) -> Month | None:
    try:
        return Month.parse(text)
    except ValueError:
        return None
