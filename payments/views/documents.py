"""Issued documents: the list, one document, and both as files."""

from __future__ import annotations

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import signed_in
from accounts.models import User
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_see
from funders.models import Programme
from mhep.shared.downloads import attachment, sheet_file
from payments.models import Document
from payments.selectors.document_detail import document_by_number, document_page
from payments.selectors.document_list import (
    DocumentFilter,
    choices_for,
    chosen_filters,
    document_sheet,
    documents_matching,
    totals_of,
)
from payments.selectors.schedules import schedule_of
from payments.services.papers import SpoiltFile, pdf_of
from providers.access import may

PAGE = 50
LINES_PAGE = 100


@require_safe
@needs(Object.DOCUMENT, Action.SEE)
def document_list(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_see(user, code)
    choices = choices_for(user, programme)
    chosen = DocumentFilter.of(request.GET, choices)
    documents = documents_matching(user, programme, chosen)
    return render(
        request,
        "payments/document_list.html",
        {
            **programme_context(user, programme, "invoices"),
            "choices": choices,
            "chosen": chosen,
            "chosen_filters": chosen_filters(chosen, choices),
            "query": urlencode(chosen.query()),
            "totals": totals_of(documents),
            "page": Paginator(documents, PAGE).get_page(request.GET.get("page")),
            "may_change_seller": may(user, Object.SELLER, Action.CHANGE, programme.operator),
        },
    )


@require_safe
@needs(Object.DOCUMENT, Action.SEE)
def document_list_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """Send exactly the documents that the list shows under the same filters, all pages of it."""
    user = signed_in(request)
    programme = programme_to_see(user, code)
    chosen = DocumentFilter.of(request.GET, choices_for(user, programme))
    sheet = document_sheet(documents_matching(user, programme, chosen))
    taken_at = programme.file_stamp(timezone.now())
    name = "-".join([programme.code, "documents", *chosen.query().values(), taken_at])
    return sheet_file(sheet, name, form)


@require_safe
@needs(Object.DOCUMENT, Action.SEE)
def document_detail(request: HttpRequest, code: str, number: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_see(user, code)
    page = document_page(_document(user, programme, number), user)
    return render(
        request,
        "payments/document_detail.html",
        {
            **programme_context(user, programme, "invoices"),
            "content": page,
            "page": Paginator(page.lines, LINES_PAGE).get_page(request.GET.get("page")),
        },
    )


@require_safe
@needs(Object.DOCUMENT, Action.SEE)
def document_pdf(request: HttpRequest, code: str, number: str) -> HttpResponse:
    """Send the stored PDF; a file that is no longer what was stored is refused (F15)."""
    user = signed_in(request)
    programme = programme_to_see(user, code)
    document = _document(user, programme, number)
    try:
        content = bytes(pdf_of(document.pk, timezone.now()).content)
    except SpoiltFile as refusal:
        context = {**programme_context(user, programme, "invoices"), "number": number, "refusal": refusal}
        return render(request, "payments/document_spoilt.html", context, status=500)
    return attachment(content, f"{programme.code}-{number}.pdf", "application/pdf")


@require_safe
@needs(Object.DOCUMENT, Action.SEE)
def document_schedule(request: HttpRequest, code: str, number: str, form: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_see(user, code)
    document = _document(user, programme, number)
    return sheet_file(schedule_of(document), f"{programme.code}-{number}", form)


def _document(user: User, programme: Programme, number: str) -> Document:
    """Return the document if the user may see it; others get 404."""
    visible = Document.objects.visible_to(user).filter(agreement__programme=programme)
    return get_object_or_404(document_by_number(visible, number))
