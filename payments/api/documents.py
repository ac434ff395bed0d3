"""Issued documents in the API, with their PDF and e-invoice."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.enums import Scope
from accounts.rules.matrix import Object
from funders.access import programme_to_see
from funders.api.views import ProgrammeApiView
from mhep.shared.api.pages import PageIn, page_of, page_out
from mhep.shared.api.problems import Refusal
from mhep.shared.downloads import attachment
from mhep.shared.sealed_ids import Kind
from payments.api.money import document_written
from payments.api.serializers import DocumentOut
from payments.models import Document
from payments.selectors.document_detail import document_by_number
from payments.selectors.einvoices import has_einvoice
from payments.selectors.papers import paper_of
from payments.services.einvoices import make_einvoice
from payments.services.papers import pdf_of

PDF, UBL = "application/pdf", "application/xml"


class DocumentView(ProgrammeApiView):
    """Documents: the operator's all, a funder's own."""

    tag = "Documents"
    thing, scope = Object.DOCUMENT, Scope.DOCUMENTS_READ

    def rows(self, code: str) -> QuerySet[Document]:
        """Return the documents that the token may see."""
        programme = programme_to_see(self.user, code)
        return Document.objects.visible_to(self.user).filter(agreement__programme=programme)

    def document(self, code: str, number: str) -> Document:
        """Return the document of that number, or 404."""
        found = document_by_number(self.rows(code), number)
        return get_object_or_404(found.select_related("agreement__funder", "operator", "month", "balance"))

    def written(self, row: Document, code: str) -> dict[str, Any]:
        kwargs = {"code": code, "number": row.full_number}
        return document_written(row, partial(reverse, kwargs=kwargs, request=self.request))


class DocumentList(DocumentView):
    name = "documents"

    @extend_schema(parameters=[PageIn], responses=page_out(DocumentOut))
    def get(self, request: Request, code: str) -> Response:
        """List documents, in the order in which they were issued."""
        rows = self.rows(code).select_related("agreement__funder", "month", "balance")
        return page_of(request, rows, Kind.DOCUMENT, lambda found: [self.written(row, code) for row in found])


class DocumentDetail(DocumentView):
    name = "document"

    @extend_schema(responses=DocumentOut)
    def get(self, _request: Request, code: str, number: str) -> Response:
        """Show one document by its number, such as INV-000001."""
        return Response(self.written(self.document(code, number), code))


class DocumentPdf(DocumentView):
    name = "document_pdf"

    @extend_schema(responses={(200, PDF): OpenApiTypes.BINARY})
    def get(self, _request: Request, code: str, number: str) -> HttpResponse:
        """Fetch the PDF as it was issued: the same bytes each time."""
        content = bytes(pdf_of(self.document(code, number).pk, timezone.now()).content)
        return attachment(content, f"{code}-{number}.pdf", PDF)


class DocumentEInvoice(DocumentView):
    name = "document_e_invoice"

    @extend_schema(responses={(200, UBL): OpenApiTypes.BINARY})
    def get(self, _request: Request, code: str, number: str) -> HttpResponse:
        """Fetch the e-invoice in UBL; 422 with what is missing if it cannot be made."""
        document = self.document(code, number)
        if not has_einvoice(document):
            raise Refusal(422, "no_e_invoice", "A document to a provider has no e-invoice.")
        row = make_einvoice(document, paper_of(document), at=timezone.now(), officially=False)
        return attachment(bytes(row.content), f"{code}-{number}.xml", UBL)
