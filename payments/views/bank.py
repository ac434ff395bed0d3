"""The bank: its accounts, the import of statements, and the payments that wait to be allocated."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import confirmed, signed_in
from accounts.models import User
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_change, programme_to_run
from funders.models import Programme
from mhep.shared.downloads import attachment, sheet_file
from mhep.shared.forms import UploadForm
from payments.forms.bank import BankAccountForm, ColumnsForm
from payments.models import BankAccount
from payments.rules.bank_csv import ColumnMapping, guess, headings_of
from payments.rules.bank_files import BankFormat, format_of
from payments.rules.bank_statement import UnreadableBankFile
from payments.selectors.bank import account_state, account_states, lines_sheet, offers_for, waiting_lines
from payments.selectors.demo_statement import made_up_statement
from payments.services.bank import CannotAddAccount, add_account, import_bank_file, remember_mapping
from payments.services.matching import confirm_proposals, token_of
from providers.access import may

PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Object.BANK, Action.SEE, sending=Action.IMPORT)
def bank_account_list(request: HttpRequest, code: str) -> HttpResponse:
    """List the operator's accounts; sent the form, add one."""
    user = signed_in(request)
    programme = programme_to_run(user, code)
    form = BankAccountForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            account = add_account(
                operator=programme.operator,
                name=form.cleaned_data["name"],
                number=form.cleaned_data["number"],
                currency=programme.currency,
                actor=user,
                at=timezone.now(),
            )
        except CannotAddAccount as refusal:
            form.add_error("number", str(refusal))
        else:
            messages.success(request, f"{account.name} is added. Import its first statement.")
            return redirect("payments:bank-account", code, account.pk)
    return render(
        request,
        "payments/bank_account_list.html",
        {
            **programme_context(user, programme, "money"),
            "form": form,
            "accounts": account_states(user, programme.operator),
            "may_act": may(user, Object.BANK, Action.IMPORT, programme.operator),
        },
    )


@require_safe
@needs(Object.BANK, Action.SEE)
def bank_account(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    return _account_page(request, programme, _account(user, programme, pk), _upload())


@require_safe
@needs(Object.BANK, Action.SEE)
def bank_lines_file(request: HttpRequest, code: str, pk: int, form: str) -> HttpResponse:
    """Send every line of an account with what it was taken for."""
    user = signed_in(request)
    programme = programme_to_run(user, code)
    account = _account(user, programme, pk)
    return sheet_file(lines_sheet(account), f"{programme.operator.code}-bank-lines", form)


@require_safe
@needs(Object.BANK, Action.SEE)
def bank_demo_statement(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """
    Send a made-up statement to try the import with, in the demo only.

    :raises Http404: anywhere else.
    """
    user = signed_in(request)
    programme = programme_to_run(user, code)
    if not settings.DEMO:
        raise Http404
    account = _account(user, programme, pk)
    content = made_up_statement(account, programme.local_date(timezone.now()))
    return attachment(content, f"{programme.operator.code}-made-up-statement.xml", "application/xml")


@require_POST
@needs(Object.BANK, Action.IMPORT)
def bank_import(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take in a bank's file; a CSV file of an account without a mapping leads to its columns first."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.BANK, Action.IMPORT)
    account = _account(user, programme, pk)
    form = _upload(request)
    if not form.is_valid():
        return _account_page(request, programme, account, form)
    content = form.content()
    try:
        if account.csv_mapping is None and format_of(content) == BankFormat.CSV:
            query = urlencode({"column": headings_of(content)}, doseq=True)
            return redirect(f"{request.path.removesuffix('import/')}columns/?{query}")
        imported = import_bank_file(account_id=account.pk, content=content, actor=user, at=timezone.now())
    except UnreadableBankFile as refusal:
        for problem in refusal.problems:
            form.add_error("file", problem.message)
        return _account_page(request, programme, account, form)
    messages.success(request, str(imported))
    return redirect("payments:bank-account", code, account.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Object.BANK, Action.IMPORT)
def bank_columns(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Ask which column of the account's CSV files is what, and remember it."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.BANK, Action.IMPORT)
    account = _account(user, programme, pk)
    stored = ColumnMapping.of(account.csv_mapping) if account.csv_mapping else None
    headings = request.GET.getlist("column") or sorted(stored.headings() if stored else ())
    data = request.POST if request.method == "POST" else None
    form = ColumnsForm(data, headings=headings, guess=stored or guess(headings))
    if data is not None and form.is_valid():
        remember_mapping(account_id=account.pk, mapping=form.mapping())
        messages.success(request, "The columns are remembered. Import the file now.")
        return redirect("payments:bank-account", code, account.pk)
    context = {"form": form, "account": account, "headings": headings}
    return render(
        request, "payments/bank_columns.html", {**programme_context(user, programme, "money"), **context}
    )


@require_POST
@needs(Object.BANK, Action.IMPORT)
@confirmed(form="payments:bank-account")
def bank_confirm(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Do what the chosen proposals say; whoever chose one that changed meanwhile is told."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.BANK, Action.IMPORT)
    account = _account(user, programme, pk)
    done = confirm_proposals(
        operator=programme.operator,
        currency=account.currency,
        tokens=request.POST.getlist("proposal"),
        actor=user,
        at=timezone.now(),
    )
    for refusal in done.refusals:
        messages.warning(request, refusal)
    if done.done:
        payments = "1 payment is" if done.done == 1 else f"{done.done} payments are"
        messages.success(request, f"{payments} allocated as proposed.")
    elif not done.refusals:
        messages.warning(request, "No proposal was chosen. Tick those that are right.")
    return redirect("payments:bank-account", code, account.pk)


def _account(user: User, programme: Programme, pk: int) -> BankAccount:
    visible = BankAccount.objects.visible_to(user).filter(operator=programme.operator)
    return get_object_or_404(visible.select_related("operator"), pk=pk)


def _upload(request: HttpRequest | None = None) -> UploadForm:
    given = (request.POST, request.FILES) if request else ()
    return UploadForm(
        *given,
        label="Bank statement file",
        hint="CAMT.053, MT940, OFX or CSV, up to 20 MB. What was imported before is not added again.",
        accept=".xml,.sta,.940,.ofx,.qfx,.csv,.txt",
    )


def _account_page(
    request: HttpRequest, programme: Programme, account: BankAccount, form: UploadForm
) -> HttpResponse:
    user = signed_in(request)
    page = Paginator(waiting_lines(account), PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "payments/bank_account.html",
        {
            **programme_context(user, programme, "money"),
            "account": account,
            "state": account_state(account),
            "form": form,
            "page": page,
            "payments": offers_for(account, list(page.object_list), token_of),
            "statements": account.statements.select_related("imported_by")[:10],
            "may_act": may(user, Object.BANK, Action.IMPORT, programme.operator),
            "is_demo": settings.DEMO,
        },
    )
