"""E-invoices of issued documents, and rule sets of the operator's own."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from payments.models.documents import Document


class EInvoice(models.Model):
    """
    The UBL file of a document, made once and kept byte for byte, as nothing that names an invoice changes.

    ``rules`` are the official rule sets that passed it when it was made; our own checks always did.
    """

    document = models.OneToOneField(
        Document, on_delete=models.PROTECT, primary_key=True, related_name="einvoice"
    )
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    rules = ArrayField(models.TextField(), default=list)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.sha256


class EInvoiceRules(models.Model):
    """A set of rules that an operator imported, as the stylesheet that runs it."""

    name = models.CharField(max_length=100, unique=True)
    xslt = models.TextField()
    sha256 = models.CharField(max_length=64)
    imported_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
