"""Taking over people, jobs and outcomes from files: templates, the sending of a file, the list of all."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.access import signed_in
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context
from mhep.shared.downloads import sheet_file
from mhep.shared.forms import UploadForm
from mhep.shared.sheets import Sheet
from mhep.shared.tables import UnreadableTable
from outcomes.access import imports_to_list, imports_to_open, may_send, sender_in
from outcomes.selectors.imports import list_sheet
from outcomes.services.file_imports import Sender, Sent, receive_file
from outcomes.services.import_kinds import KINDS, Kind, allowed_values

PAGE = 50
ABOUT = {
    "participants": "People first: jobs and outcomes refer to them.",
    "jobs": "Each row is a period of work or education. A row that adds the last day ends one that goes on.",
    "outcomes": "What people achieved, judged by the same rules as on the pages.",
}
PROVIDERS_OUTCOMES = "What your people achieved. The day on which you send the file is the day of submission."


@require_safe
@needs(Object.IMPORT, Action.SEE)
def import_list(request: HttpRequest, code: str) -> HttpResponse:
    sender = sender_in(signed_in(request), code)
    return _choose(request, sender, {slug: _form(kind) for slug, kind in KINDS.items()})


@require_safe
@needs(Object.IMPORT, Action.SEE)
def import_list_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """Send the list of the files that came."""
    sender = sender_in(signed_in(request), code)
    may_open = set(imports_to_open(sender).values_list("pk", flat=True))
    files = list(imports_to_list(sender).defer("report"))
    sheet = list_sheet(files, may_open, sender.programme.timezone)
    return sheet_file(sheet, f"{sender.programme.code}-imports", form)


@require_POST
@needs(Object.IMPORT, Action.IMPORT)
def import_check(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """Take in a file, and lead to what comes next: its columns, how the check goes on, or what it found."""
    sender = sender_in(signed_in(request), code)
    if not may_send(sender):
        raise PermissionDenied
    chosen = kind_or_404(kind)
    form = _form(chosen, request)
    forms = {slug: _form(each) for slug, each in KINDS.items()} | {kind: form}
    if not form.is_valid():
        return _choose(request, sender, forms)
    sent = Sent(form.cleaned_data["file"].name, form.content())
    try:
        file = receive_file(sender=sender, kind=chosen, sent=sent, at=timezone.now())
    except UnreadableTable as refusal:
        for problem in refusal.problems:
            form.add_error("file", problem.message)
        return _choose(request, sender, forms)
    return redirect("outcomes:import-preview", code, kind, file.key)


@require_safe
@needs(Object.IMPORT, Action.SEE)
def import_template(request: HttpRequest, code: str, kind: str, form: str) -> HttpResponse:
    """Send an empty table with a made-up row; as a workbook, with the programme's codes on a second sheet."""
    sender = sender_in(signed_in(request), code)
    chosen = kind_or_404(kind)
    columns = sender.columns_of(chosen)
    providers = frozenset({sender.provider.pk}) if sender.provider else None
    values = allowed_values(chosen, sender.programme, providers)
    firsts = {heading: codes[0][0] for heading, codes in values.items() if codes}
    example = tuple(firsts.get(column.heading, column.example) for column in columns)
    table = Sheet(chosen.title, tuple(column.heading for column in columns), [example])
    meant = Sheet(
        "What each column holds",
        ("Column", "Needed", "What it holds", "Allowed value", "Which is"),
        [
            (column.heading, "Yes" if column.is_required else "No", column.about, code_, name)
            for column in columns
            for code_, name in values.get(column.heading) or [("", "")]
        ],
    )
    return sheet_file(table, f"{sender.programme.code}-{kind}-template", form, meant)


def kind_or_404(slug: str) -> Kind:
    if slug not in KINDS:
        raise Http404
    return KINDS[slug]


def _form(kind: Kind, request: HttpRequest | None = None) -> UploadForm:
    given = (request.POST, request.FILES) if request else ()
    return UploadForm(
        *given,
        label=f"{kind.title} file",
        hint="A CSV file in UTF-8 or an XLSX workbook, up to 100 MB.",
        accept=".csv,.xlsx",
        auto_id=f"{kind.slug}_%s",
    )


def _choose(request: HttpRequest, sender: Sender, forms: dict[str, UploadForm]) -> HttpResponse:
    faulty = next((form for form in forms.values() if form.errors), None)
    page = Paginator(imports_to_list(sender).defer("report"), PAGE).get_page(request.GET.get("page"))
    may_open = set(
        imports_to_open(sender)
        .filter(pk__in=[file.pk for file in page.object_list])
        .values_list("pk", flat=True)
    )
    about = ABOUT | ({"outcomes": PROVIDERS_OUTCOMES} if sender.provider else {})
    return render(
        request,
        "outcomes/import_list.html",
        {
            **programme_context(sender.user, sender.programme, "imports"),
            "form": faulty,
            "choices": [
                (KINDS[slug], form, sender.columns_of(KINDS[slug]), about[slug])
                for slug, form in forms.items()
            ],
            "sender": sender,
            "may_import": may_send(sender),
            "page": page,
            "files": [(file, file.pk in may_open) for file in page.object_list],
        },
    )
