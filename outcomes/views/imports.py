"""Taking over participants, jobs and outcomes from files: choose, look at what would happen, store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.access import signed_in
from accounts.models import User
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_change, programme_to_run
from funders.models import Programme
from mhep.shared import uploads
from mhep.shared.forms import UploadForm
from mhep.shared.import_report import REPORT_HEADINGS, ImportReport
from mhep.shared.sheets import Sheet, as_csv
from mhep.shared.tables import UnreadableTable, read_table
from outcomes.rules import acceptance as outcome_rules
from outcomes.services.imports import import_outcomes
from participants.rules import acceptance as participant_rules
from participants.rules import work as work_rules
from participants.services import import_jobs, import_participants
from providers.access import may

SHOWN = 100  # rejected rows on the page; the report holds them all
JOBS = "Each row is a period of work or education. One that goes on is ended by a row that adds its last day."
GONE = "The file is no longer here: a file waits for a day. Choose it again."


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that can be imported."""

    slug: str
    title: str
    headings: tuple[str, ...]
    import_file: Callable[..., ImportReport]
    about: str = ""

    def form(self, request: HttpRequest | None = None) -> UploadForm:
        given = (request.POST, request.FILES) if request else ()
        return UploadForm(
            *given,
            label=f"{self.title} file",
            hint="A CSV file in UTF-8 or an XLSX workbook, up to 100 MB.",
            accept=".csv,.xlsx",
            auto_id=f"{self.slug}_%s",
        )


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that can be read, sent by somebody who may store it."""

    user: User
    programme: Programme
    kind: Kind
    ticket: UUID

    @property
    def purpose(self) -> dict[str, object]:
        return _purpose(self.user, self.programme, self.kind)

    def report(self) -> ImportReport:
        """
        Return what became of the file's rows, or, while it is not stored, what would become of them now.

        :raises UploadGone: if the file is not here, or was sent by another person or for something else.
        """
        try:
            content = uploads.read(self.ticket, purpose=self.purpose)
        except uploads.UploadGone:
            stored = uploads.result_of(self.ticket, purpose=self.purpose)
            if stored is None:
                raise
            return ImportReport.from_json(stored)
        return self._import(content, dry_run=True)

    def store(self) -> None:
        """
        Store the good rows and delete the file; if that was done before, do nothing.

        :raises UploadGone: as above.
        """
        uploads.use_once(
            self.ticket,
            purpose=self.purpose,
            use=lambda content: self._import(content, dry_run=False).as_json(),
        )

    def _import(self, content: bytes, *, dry_run: bool) -> ImportReport:
        return self.kind.import_file(
            programme_id=self.programme.pk,
            content=content,
            actor=self.user,
            at=timezone.now(),
            dry_run=dry_run,
        )


KINDS = {
    kind.slug: kind
    for kind in (
        Kind("participants", "Participants", participant_rules.HEADINGS, import_participants),
        Kind("jobs", "Jobs", work_rules.HEADINGS, import_jobs, about=JOBS),
        Kind("outcomes", "Outcomes", outcome_rules.HEADINGS, import_outcomes),
    )
}


@require_safe
@needs(Object.IMPORT, Action.SEE)
def import_list(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    return _choose(request, user, programme, {slug: kind.form() for slug, kind in KINDS.items()})


@require_POST
@needs(Object.IMPORT, Action.IMPORT)
def import_check(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """Keep a file that can be read, and lead to the page that says what would become of its rows."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.IMPORT, Action.IMPORT)
    chosen = _kind(kind)
    form = chosen.form(request)
    forms = {slug: each.form() for slug, each in KINDS.items()} | {kind: form}
    if not form.is_valid():
        return _choose(request, user, programme, forms)
    content = form.content()
    try:
        read_table(content, chosen.headings)
    except UnreadableTable as refusal:
        for problem in refusal.problems:
            form.add_error("file", problem.message)
        return _choose(request, user, programme, forms)
    ticket = uploads.keep(content, purpose=_purpose(user, programme, chosen))
    return redirect("outcomes:import-preview", code, kind, ticket)


@require_safe
@needs(Object.IMPORT, Action.IMPORT)
def import_preview(request: HttpRequest, code: str, kind: str, ticket: UUID) -> HttpResponse:
    """Show what would become of the file's rows, or, once they are stored, what became of them."""
    sent = _sent(request, code, kind, ticket)
    try:
        report = sent.report()
    except uploads.UploadGone:
        return _gone(request, code)
    return render(
        request,
        "outcomes/import_preview.html" if report.dry_run else "outcomes/import_stored.html",
        {
            **programme_context(sent.user, sent.programme, "imports"),
            "kind": sent.kind,
            "ticket": ticket,
            "report": report,
            "by_code": Counter(rejection.code for rejection in report.rejections).most_common(),
            "shown": report.rejections[:SHOWN],
        },
    )


@require_safe
@needs(Object.IMPORT, Action.IMPORT)
def import_report(request: HttpRequest, code: str, kind: str, ticket: UUID) -> HttpResponse:
    """Send what is wrong with each row that is left out."""
    sent = _sent(request, code, kind, ticket)
    try:
        report = sent.report()
    except uploads.UploadGone:
        return _gone(request, code)
    rows = [(each.row, each.reference, each.code, each.message) for each in report.rejections]
    sheet = Sheet(sent.kind.title, REPORT_HEADINGS, rows)
    return _csv(as_csv(sheet), f"{sent.programme.code}-{kind}-report.csv")


@require_POST
@needs(Object.IMPORT, Action.IMPORT)
def import_store(request: HttpRequest, code: str, kind: str, ticket: UUID) -> HttpResponse:
    """Store the good rows of the file that was looked at, once, and delete the file."""
    sent = _sent(request, code, kind, ticket)
    try:
        sent.store()
    except uploads.UploadGone:
        return _gone(request, code)
    return redirect("outcomes:import-preview", code, kind, ticket)


@require_safe
@needs(Object.IMPORT, Action.SEE)
def import_template(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    programme = programme_to_run(signed_in(request), code)
    headings = ",".join(_kind(kind).headings)
    return _csv(f"{headings}\n".encode(), f"{programme.code}-{kind}-template.csv")


def _kind(slug: str) -> Kind:
    if slug not in KINDS:
        raise Http404
    return KINDS[slug]


def _sent(request: HttpRequest, code: str, kind: str, ticket: UUID) -> Sent:
    user = signed_in(request)
    return Sent(user, programme_to_change(user, code, Object.IMPORT, Action.IMPORT), _kind(kind), ticket)


def _purpose(user: User, programme: Programme, kind: Kind) -> dict[str, object]:
    return {"user": user.pk, "programme": programme.pk, "kind": kind.slug}


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
            "may_import": may(user, Object.IMPORT, Action.IMPORT, programme.operator),
        },
    )


def _gone(request: HttpRequest, code: str) -> HttpResponse:
    messages.error(request, GONE)
    return redirect("outcomes:import-list", code)


def _csv(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
