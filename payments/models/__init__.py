"""What is owed and what was billed: months, charges, statements and documents."""

from payments.models.adjustments import Adjustment
from payments.models.allocations import Allocation, DocumentBalance
from payments.models.bank import BankAccount, BankLine, BankStatement, LineBalance
from payments.models.charges import AgreementYearStanding, Charge, Month, Remainder, TermStanding
from payments.models.documents import Document, DocumentCounter, DocumentFile, DocumentLine, Unbilled
from payments.models.einvoices import EInvoice, EInvoiceRules
from payments.models.exports import BookingCode, ExportBatch, ExportedJournal, ExportFile, ExportUndo
from payments.models.late_payment import LateClaim, ReferenceRate
from payments.models.ledger import Journal, Posting
from payments.models.paying import PaidDocument, PayeeAccount, PaymentBatch, PaymentOrder
from payments.models.payment_reminders import PaymentReminder
from payments.models.self_billing import SelfBilledInvoice, SelfBillingAgreement
from payments.models.statements import LineQuery, Statement, StatementLine

__all__ = [
    "Adjustment",
    "AgreementYearStanding",
    "Allocation",
    "BankAccount",
    "BankLine",
    "BankStatement",
    "BookingCode",
    "Charge",
    "Document",
    "DocumentBalance",
    "DocumentCounter",
    "DocumentFile",
    "DocumentLine",
    "EInvoice",
    "EInvoiceRules",
    "ExportBatch",
    "ExportFile",
    "ExportUndo",
    "ExportedJournal",
    "Journal",
    "LateClaim",
    "LineBalance",
    "LineQuery",
    "Month",
    "PaidDocument",
    "PayeeAccount",
    "PaymentBatch",
    "PaymentOrder",
    "PaymentReminder",
    "Posting",
    "ReferenceRate",
    "Remainder",
    "SelfBilledInvoice",
    "SelfBillingAgreement",
    "Statement",
    "StatementLine",
    "TermStanding",
    "Unbilled",
]
