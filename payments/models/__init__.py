"""What is owed and what was billed: months, charges and documents."""

from payments.models.charges import AgreementYearStanding, Charge, Month, Remainder, TermStanding
from payments.models.documents import Document, DocumentCounter, DocumentFile, DocumentLine, Unbilled
from payments.models.ledger import Journal, Posting

__all__ = [
    "AgreementYearStanding",
    "Charge",
    "Document",
    "DocumentCounter",
    "DocumentFile",
    "DocumentLine",
    "Journal",
    "Month",
    "Posting",
    "Remainder",
    "TermStanding",
    "Unbilled",
]
