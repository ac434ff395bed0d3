"""One file on its way in: how its columns are read, what the check found, and what is done with it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import signed_in
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.columns import Layout
from mhep.shared.downloads import sheet_file
from mhep.shared.jobs import job_for
from outcomes.access import imports_to_open, may_send, sender_in
from outcomes.enums import ImportState
from outcomes.forms import ColumnsForm, ConfirmForm
from outcomes.models import FileImport
from outcomes.selectors.imports import problems_of, report_of, report_sheet, sheet_to_mend
from outcomes.services import file_imports
from outcomes.services.file_imports import CHECK, STORE, Sender
from outcomes.services.import_kinds import Kind
from outcomes.services.import_work import GONE, CannotImport
from outcomes.views.imports import kind_or_404

PAGE = 50
PAGES = {
    ImportState.CHECKING: "outcomes/import_progress.html",
    ImportState.STORING: "outcomes/import_progress.html",
    ImportState.CHECKED: "outcomes/import_preview.html",
    ImportState.STORED: "outcomes/import_stored.html",
    ImportState.CANCELLED: "outcomes/import_ended.html",
    ImportState.LAPSED: "outcomes/import_ended.html",
}


@require_safe
@needs(Object.IMPORT, Action.SEE)
def import_preview(request: HttpRequest, code: str, kind: str, ticket: UUID) -> HttpResponse:
    """Show how far a file has come: the work on it, what the check found, or what became of it."""
    sender = sender_in(signed_in(request), code)
    file = _file(sender, kind, ticket)
    if file is None:
        return _gone(request, code)
    if file.state == ImportState.COLUMNS:
        return redirect("outcomes:import-columns", code, kind, ticket)
    if file.state in (ImportState.CHECKING, ImportState.STORING):
        return _progress(request, sender, file)
    return _result(request, sender, file)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Object.IMPORT, Action.IMPORT)
def import_columns(request: HttpRequest, code: str, kind: str, ticket: UUID) -> HttpResponse:
    """Ask which column is which, with what is likely filled in, and go on to the check."""
    sender = _sending(request, code)
    file = _file(sender, kind, ticket)
    if file is None:
        return _gone(request, code)
    if file.state not in (ImportState.COLUMNS, ImportState.CHECKED):
        return redirect("outcomes:import-preview", code, kind, ticket)
    try:
        form = ColumnsForm(
            request.POST if request.method == "POST" else None, matching=file_imports.matching_of(file)
        )
        if form.is_valid():
            file_imports.choose_columns(
                import_id=file.pk, layout=form.layout(), actor=sender.user, at=timezone.now()
            )
            return redirect("outcomes:import-preview", code, kind, ticket)
    except CannotImport as refusal:
        messages.error(request, str(refusal))
        return redirect("outcomes:import-list", code)
    return render(request, "outcomes/import_columns.html", {**_context(sender, file), "form": form})


@require_safe
@needs(Object.IMPORT, Action.SEE)
def import_report(request: HttpRequest, code: str, kind: str, ticket: UUID, form: str) -> HttpResponse:
    """Send what is wrong with each row that is left out."""
    file = _file(sender_in(signed_in(request), code), kind, ticket)
    if file is None:
        return _gone(request, code)
    return sheet_file(report_sheet(kind_or_404(kind).title, report_of(file)), f"{code}-{kind}-report", form)


@require_safe
@needs(Object.IMPORT, Action.SEE)
def import_mend(request: HttpRequest, code: str, kind: str, ticket: UUID, form: str) -> HttpResponse:
    """Send the rows that are left out, with what is wrong, to be mended and sent again."""
    file = _file(sender_in(signed_in(request), code), kind, ticket)
    if file is None:
        return _gone(request, code)
    chosen = kind_or_404(kind)
    sheet = sheet_to_mend(chosen.title, report_of(file), _headings(chosen, file))
    return sheet_file(sheet, f"{code}-{kind}-to-mend", form)


@require_POST
@needs(Object.IMPORT, Action.IMPORT)
def import_store(request: HttpRequest, code: str, kind: str, ticket: UUID) -> HttpResponse:
    """Store the good rows of the file that was looked at, once."""
    form = ConfirmForm(request.POST)
    is_whole = form.is_valid() and form.cleaned_data["is_whole"]

    def confirm(file: FileImport) -> None:
        file_imports.confirm_file(import_id=file.pk, is_whole=is_whole, at=timezone.now())

    return _do(request, code, kind, ticket, confirm)


@require_POST
@needs(Object.IMPORT, Action.IMPORT)
def import_again(request: HttpRequest, code: str, kind: str, ticket: UUID) -> HttpResponse:
    """Check a file as things are now, or go on with what was cut off."""
    return _do(
        request,
        code,
        kind,
        ticket,
        lambda file: file_imports.check_again(import_id=file.pk, at=timezone.now()),
    )


@require_POST
@needs(Object.IMPORT, Action.IMPORT)
def import_cancel(request: HttpRequest, code: str, kind: str, ticket: UUID) -> HttpResponse:
    """Call a file off before it is confirmed."""
    return _do(
        request,
        code,
        kind,
        ticket,
        lambda file: file_imports.cancel_file(import_id=file.pk, at=timezone.now()),
    )


def _sending(request: HttpRequest, code: str) -> Sender:
    sender = sender_in(signed_in(request), code)
    if not may_send(sender):
        raise PermissionDenied
    return sender


def _file(sender: Sender, kind: str, ticket: UUID) -> FileImport | None:
    files = imports_to_open(sender).filter(kind=kind_or_404(kind).slug, key=ticket)
    return files.select_related("programme").first()


def _do(
    request: HttpRequest, code: str, kind: str, ticket: UUID, what: Callable[[FileImport], None]
) -> HttpResponse:
    """Do something with one's own file, and say why not if it cannot be done."""
    file = _file(_sending(request, code), kind, ticket)
    if file is None:
        return _gone(request, code)
    try:
        what(file)
    except BusinessRuleError as refusal:
        messages.error(request, str(refusal))
    return redirect("outcomes:import-preview", code, kind, ticket)


def _progress(request: HttpRequest, sender: Sender, file: FileImport) -> HttpResponse:
    task = STORE if file.state == ImportState.STORING else CHECK
    is_asked_again = bool(request.headers.get("HX-Request"))
    template = "outcomes/_import_work.html" if is_asked_again else PAGES[ImportState(file.state)]
    job = job_for(task, file_imports.subject_of(file))
    return render(request, template, {**_context(sender, file), "job": job})


def _result(request: HttpRequest, sender: Sender, file: FileImport) -> HttpResponse:
    kind, report = kind_or_404(file.kind), report_of(file)
    wanted = request.GET.get("code", "")
    problems = problems_of(report, places=kind.places, headings=_headings(kind, file), code=wanted)
    answer = render(
        request,
        PAGES[ImportState(file.state)],
        {
            **_context(sender, file),
            "problems": problems,
            "wanted": wanted,
            "page": Paginator(problems.rows, PAGE).get_page(request.GET.get("page")),
            "moved": len(report.moved),
            "layout": _layout(kind, file),
            "may_change": file.sent_by_id == sender.user.pk and may_send(sender),
        },
    )
    if request.headers.get("HX-Request"):
        answer["HX-Refresh"] = "true"  # the work that the page waited for has ended
    return answer


def _context(sender: Sender, file: FileImport) -> dict[str, object]:
    return {
        **programme_context(sender.user, sender.programme, "imports"),
        "file": file,
        "kind": kind_or_404(file.kind),
    }


def _headings(kind: Kind, file: FileImport) -> list[str]:
    columns = kind.columns_for(is_providers=file.provider_id is not None)
    return [column.heading for column in columns]


def _layout(kind: Kind, file: FileImport) -> list[tuple[str, str]]:
    """Return for each column that is asked for the one of the file that was taken for it."""
    columns = Layout.from_json(file.layout).columns
    return [(heading, columns.get(heading, "")) for heading in _headings(kind, file)]


def _gone(request: HttpRequest, code: str) -> HttpResponse:
    messages.error(request, GONE)
    return redirect("outcomes:import-list", code)
