"""The PDF of a document: typeset once, kept with its hash, and the same bytes ever after."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from django.db import transaction

from mhep.kernel.problems import BusinessRuleError
from mhep.shared.jobs import Progress
from mhep.shared.typesetting import typeset
from payments.models import Document, DocumentFile
from payments.rules.paper import printed
from payments.selectors.papers import papers_of
from payments.services.einvoices import einvoices_for

logger = logging.getLogger(__name__)

BATCH = 25  # documents to a transaction: a worker that dies loses a few seconds' work


class SpoiltFile(BusinessRuleError):
    """A stored file is not what was stored."""


def pdf_of(document_id: int, at: datetime) -> DocumentFile:
    """
    Return a document's stored PDF, typesetting and storing it first if there is none yet.

    Callers at the same time all get the one file that was stored first.

    :raises SpoiltFile: if the stored bytes no longer have the hash stored with them.
    """
    stored = DocumentFile.objects.filter(document=document_id).first()
    if stored is None:
        document = Document.objects.select_related("agreement", "operator").get(pk=document_id)
        _store({document_id: document}, at, officially=False)
        stored = DocumentFile.objects.get(document=document_id)
    return _checked(stored)


def make_pdfs(month_id: int, *, progress: Progress, at: datetime) -> int:
    """
    Typeset what is missing of a closed month's PDFs and return how many documents the month has.

    Each batch is a transaction of its own; run again after a stop, it goes on with the rest.
    """
    total = Document.objects.filter(month=month_id).count()
    missing = Document.objects.filter(month=month_id, pdf__isnull=True)
    keys = list(missing.order_by("kind", "number").values_list("pk", flat=True))
    done = total - len(keys)
    for start in range(0, len(keys), BATCH):
        progress(done + start, total, f"Typesetting documents: {done + start} of {total}")
        _make_batch(keys[start : start + BATCH], at)
    progress(total, total, f"{total} documents are typeset")
    return total


def _make_batch(keys: Sequence[int], at: datetime) -> None:
    documents = Document.objects.filter(pk__in=keys).select_related("agreement", "operator")
    _store({document.pk: document for document in documents}, at, officially=True)


@transaction.atomic
def _store(documents: dict[int, Document], at: datetime, *, officially: bool) -> None:
    """Keep the first PDF of each document, its e-invoice inside; one that is already there stays."""
    papers = papers_of(documents.values())
    einvoices = einvoices_for(documents, papers, at=at, officially=officially)
    files = []
    for key, paper in papers.items():
        content = typeset("document", printed(paper), einvoice=einvoices.get(key))
        files.append(
            DocumentFile(document_id=key, content=content, sha256=sha256(content).hexdigest(), made_at=at)
        )
    DocumentFile.objects.bulk_create(files, ignore_conflicts=True)


def _checked(stored: DocumentFile) -> DocumentFile:
    content = bytes(stored.content)
    if sha256(content).hexdigest() != stored.sha256:
        logger.error("The stored PDF of document %s does not match its hash %s", stored.pk, stored.sha256)
        raise SpoiltFile(
            "The stored PDF of this document was damaged after it was issued, so it is not shown. "
            "Ask your administrator to restore it from a backup; nothing else about the document is affected."
        )
    stored.content = content
    return stored
