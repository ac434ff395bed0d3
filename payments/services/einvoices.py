"""E-invoices: made once from what was frozen at issue, checked, and kept byte for byte."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from django.db import transaction

from mhep.kernel.problems import BusinessRuleError
from payments.models import Document, EInvoice, EInvoiceRules
from payments.rules.einvoice import MissingFact, missing_facts
from payments.rules.einvoice_checks import FATAL, Finding, own_findings
from payments.rules.paper import Paper
from payments.rules.schematron import SCH, UnsupportedSchematron, as_xslt
from payments.rules.ubl import ubl
from payments.selectors.einvoices import einvoice_of, has_einvoice
from payments.services.official_rules import are_installed, compiles, official_verdict

logger = logging.getLogger(__name__)


class CannotMakeEInvoice(BusinessRuleError):
    """The document cannot be an e-invoice yet; ``missing`` says what it lacks, ``findings`` what is wrong."""

    def __init__(self, missing: tuple[MissingFact, ...], findings: tuple[Finding, ...]) -> None:
        super().__init__(" ".join([*(each.what for each in missing), *(each.message for each in findings)]))
        self.missing = missing
        self.findings = findings


class SpoiltEInvoice(BusinessRuleError):
    """A stored file is not what was stored."""


class CannotImportRules(BusinessRuleError):
    pass


@transaction.atomic
def make_einvoice(document: Document, paper: Paper, *, at: datetime, officially: bool) -> EInvoice:
    """
    Return a document's stored e-invoice, making it first if there is none yet.

    :param officially: whether the official rules are run too; workers do, pages do not wait for them.
    :raises CannotMakeEInvoice: if facts are missing or a rule that gets the file refused is broken.
    """
    stored = EInvoice.objects.filter(document=document).first()
    if stored is not None:
        return _checked(stored)
    invoice = einvoice_of(document, paper)
    missing = missing_facts(invoice)
    if missing:
        raise CannotMakeEInvoice(missing, ())
    content = ubl(invoice)
    findings, rules = _findings(content, officially=officially)
    if findings:
        logger.warning("%s is no e-invoice: %s", paper.number, ", ".join(each.rule for each in findings))
        raise CannotMakeEInvoice((), findings)
    row = EInvoice(
        document=document,
        content=content,
        sha256=sha256(content).hexdigest(),
        rules=list(rules),
        made_at=at,
    )
    EInvoice.objects.bulk_create([row], ignore_conflicts=True)
    return _checked(EInvoice.objects.get(document=document))


def einvoices_for(
    documents: Mapping[int, Document], papers: Mapping[int, Paper], *, at: datetime, officially: bool
) -> dict[int, bytes]:
    """Return the e-invoices of those documents that can have one, by the document's key."""
    made: dict[int, bytes] = {}
    for key, document in documents.items():
        if has_einvoice(document):
            try:
                row = make_einvoice(document, papers[key], at=at, officially=officially)
            except CannotMakeEInvoice:
                continue
            made[key] = bytes(row.content)
    return made


def _findings(content: bytes, *, officially: bool) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    own = tuple(each for each in own_findings(content) if each.flag == FATAL)
    if own or not officially:
        return own, ()
    verdict = official_verdict(content)
    return tuple(each for each in verdict.findings if each.flag == FATAL), verdict.rules


def _checked(stored: EInvoice) -> EInvoice:
    content = bytes(stored.content)
    if sha256(content).hexdigest() != stored.sha256:
        logger.error("The e-invoice of document %s does not match its hash %s", stored.pk, stored.sha256)
        raise SpoiltEInvoice(
            "The stored e-invoice of this document was damaged after it was made, so it is not given out. "
            "Ask your administrator to restore it from a backup; nothing else about the document is affected."
        )
    stored.content = content
    return stored


@transaction.atomic
def import_rules(*, name: str, content: bytes, at: datetime) -> EInvoiceRules:
    """
    Keep a Schematron file, or a stylesheet that writes SVRL, under a name; one of that name is replaced.

    E-invoices that are made from then on have to pass it.

    :raises CannotImportRules: if the extra ``einvoice`` is not installed, or the file cannot be run.
    """
    if not are_installed():
        raise CannotImportRules("Install the extra einvoice first; without it no official rules can be run.")
    try:
        xslt = (as_xslt(content) if SCH[1:-1].encode() in content else content).decode()
    except (UnsupportedSchematron, UnicodeDecodeError) as error:
        raise CannotImportRules(f"These rules cannot be run: {error}") from error
    why = compiles(xslt)
    if why:
        raise CannotImportRules(f"These rules cannot be run: {why}")
    row, _ = EInvoiceRules.objects.update_or_create(
        name=name,
        defaults={"xslt": xslt, "sha256": sha256(xslt.encode()).hexdigest(), "imported_at": at},
    )
    return row
