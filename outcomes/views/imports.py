"""Taking over participants and outcomes from files: choose, look at what would happen, store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.access import signed_in
from accounts.models import User
from funders.access import programme_context, programme_to_change, programme_to_run
from funders.models import Programme
from mhep.shared import uploads
from mhep.shared.forms import UploadForm
from mhep.shared.import_report import ImportReport
from mhep.shared.tables import UnreadableTable
from outcomes.rules import acceptance as outcome_rules
from outcomes.services.imports import import_outcomes
from participants.rules import acceptance as participant_rules
from participants.services import import_participants
from providers.access import Action, may

SHOWN = 100  # rejected rows on the page; the report holds them all
GONE = "The file is no longer here. It may have been stored already; if not, choose it again."


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that can be imported."""

    slug: str
    title: str
    headings: tuple[str, ...]
    import_file: Callable[..., ImportReport]

    def form(self, request: HttpRequest | None = None) -> UploadForm:
        given = (request.POST, request.FILES) if request else ()
        return UploadForm(
            *given,
            label=f"{self.title} file",
            hint="A CSV file in UTF-8 or an XLSX workbook, up to 100 MB.",
            accept=".csv,.xlsx",
            auto_id=f"{self.slug}_%s",
        )


KINDS = {
    kind.slug: kind
    for kind in (
        Kind("participants", "Participants", participant_rules.HEADINGS, import_participants),
        Kind("outcomes", "Outcomes", outcome_rules.HEADINGS, import_outcomes),
    )
}


@require_safe
def import_list(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    return _choose(request, user, programme, {slug: kind.form() for slug, kind in KINDS.items()})


@require_POST
def import_preview(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """Judge every row, store nothing, and keep the file until it is confirmed."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Action.IMPORT)
    chosen = _kind(kind)
    form = chosen.form(request)
    forms = {slug: each.form() for slug, each in KINDS.items()} | {kind: form}
    if not form.is_valid():
        return _choose(request, user, programme, forms)
    content = form.content()
    try:
        report = _import(chosen, programme, content, user, dry_run=True)
    except UnreadableTable as refusal:
        for problem in refusal.problems:
            form.add_error("file", problem.message)
        return _choose(request, user, programme, forms)
    return render(
        request,
        "outcomes/import_preview.html",
        {
            **programme_context(user, programme, "imports"),
            "kind": chosen,
            "report": report,
            "by_code": Counter(rejection.code for rejection in report.rejections).most_common(),
            "shown": report.rejections[:SHOWN],
            "ticket": uploads.keep(content, purpose=_purpose(user, programme, chosen)),
        },
    )


@require_POST
def import_report(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """Send what is wrong with each row of a file that waits to be confirmed."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Action.IMPORT)
    chosen = _kind(kind)
    try:
        content = uploads.read(request.POST.get("ticket", ""), purpose=_purpose(user, programme, chosen))
    except uploads.UploadGone:
        messages.error(request, GONE)
        return redirect("outcomes:import-list", code)
    report = _import(chosen, programme, content, user, dry_run=True)
    return _csv(report.as_csv(), f"{programme.code}-{kind}-report.csv")


@require_POST
def import_store(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """Store the good rows of the file that was looked at, and delete the file."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Action.IMPORT)
    chosen = _kind(kind)
    ticket, purpose = request.POST.get("ticket", ""), _purpose(user, programme, chosen)
    try:
        report = _import(chosen, programme, uploads.read(ticket, purpose=purpose), user, dry_run=False)
    except uploads.UploadGone:
        messages.error(request, GONE)
    else:
        uploads.forget(ticket, purpose=purpose)
        messages.success(request, f"{chosen.title}: {report.summary()}.")
    return redirect("outcomes:import-list", code)


@require_safe
def import_template(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    programme = programme_to_run(signed_in(request), code)
    return _csv(",".join(_kind(kind).headings) + "\n", f"{programme.code}-{kind}-template.csv")


def _kind(slug: str) -> Kind:
    if slug not in KINDS:
        raise Http404
    return KINDS[slug]


def _purpose(user: User, programme: Programme, kind: Kind) -> dict[str, object]:
    return {"user": user.pk, "programme": programme.pk, "kind": kind.slug}


def _import(kind: Kind, programme: Programme, content: bytes, user: User, *, dry_run: bool) -> ImportReport:
    return kind.import_file(
        programme_id=programme.pk, content=content, actor=user, at=timezone.now(), dry_run=dry_run
    )


def _choose(
    request: HttpRequest, user: User, programme: Programme, forms: dict[str, UploadForm]
) -> HttpResponse:
    faulty = next((form for form in forms.values() if form.errors), None)
    return render(
        request,
        "outcomes/import_list.html",
        {
            **programme_context(user, programme, "imports"),
            "form": faulty,
            "choices": [(KINDS[slug], form) for slug, form in forms.items()],
            "may_import": may(user, Action.IMPORT, programme.operator),
        },
    )


def _csv(text: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
