"""What is owed and what was billed: months, charges and documents."""

from payments.models.charges import AgreementYearStanding, Charge, Month, Remainder, TermStanding
from payments.models.documents import Document, DocumentCounter, DocumentFile, DocumentLine, Unbilled

__all__ = [
    "AgreementYearStanding",
    "Charge",
    "Document",
    "DocumentCounter",
    "DocumentFile",
    "DocumentLine",
    "Month",
    "Remainder",
    "TermStanding",
    "Unbilled",
]
