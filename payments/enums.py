"""The words of charges and documents."""

from django.db import models


class ChargeKind(models.TextChoices):
    CHARGE = "CHARGE", "Charge"
    CREDIT = "CREDIT", "Credit"
    NIL = "NIL", "Nil decision"
    FEE = "FEE", "Fixed fee"
    ADJUSTMENT = "ADJUSTMENT", "Adjustment"


class ChargeReason(models.TextChoices):
    FULL = "FULL", "Paid in full"
    PARTIAL_CAP = "PARTIAL_CAP", "Paid in part: a cap was reached"
    CAP_REACHED = "CAP_REACHED", "Nothing paid: a cap was reached"
    COUNT_CAP = "COUNT_CAP", "Nothing paid: the number of outcomes was reached"
    ZERO_PRICE = "ZERO_PRICE", "Nothing due at this price"
    CARRIED = "CARRIED", "Remainder carried forward from an earlier month"
    VOIDED = "VOIDED", "The outcome was voided"
    FIXED_FEE = "FIXED_FEE", "Fixed fee"
    WAIVED = "WAIVED", "Waived for this funder"
    ADJUSTMENT = "ADJUSTMENT", "Adjusted by hand"


class DocumentKind(models.TextChoices):
    INVOICE = "INVOICE", "Invoice"
    CREDIT_NOTE = "CREDIT_NOTE", "Credit note"
    REMITTANCE = "REMITTANCE", "Remittance statement"


class MonthState(models.TextChoices):
    PRICED = "PRICED", "Priced"
    CLOSED = "CLOSED", "Closed"


class Account(models.TextChoices):
    """The accounts of the ledger. Their order is that of the trial balance."""

    RECEIVABLES = "RECEIVABLES", "Receivables from funders"
    LATE_CLAIMS = "LATE_CLAIMS", "Late payment claims on funders"
    BANK = "BANK", "Bank"
    IN_TRANSIT = "IN_TRANSIT", "Payments on their way"
    VAT_INPUT = "VAT_INPUT", "VAT on costs"
    UNALLOCATED = "UNALLOCATED", "Unallocated cash"
    PAYABLES = "PAYABLES", "Payables to providers"
    VAT_OUTPUT = "VAT_OUTPUT", "VAT on income"
    INVESTOR_FACILITY = "INVESTOR_FACILITY", "Investor's facility"
    INCOME = "INCOME", "Income from funders"
    LATE_INCOME = "LATE_INCOME", "Interest and fixed sums for late payment"
    PROVIDER_COSTS = "PROVIDER_COSTS", "Provider costs"
    BANK_CHARGES = "BANK_CHARGES", "Bank charges"
    INVESTOR_INTEREST = "INVESTOR_INTEREST", "Investor's interest"
    INVESTOR_CAPITAL = "INVESTOR_CAPITAL", "Investor's capital movements"

    @property
    def slug(self) -> str:
        """The account as an address names it: ``vat-output``."""
        return self.value.replace("_", "-").lower()


class AllocationKind(models.TextChoices):
    """What an amount of a payment was taken for."""

    PAYMENT = "PAYMENT", "Pays a document"
    SET_OFF = "SET_OFF", "Credit note set off against an invoice"
    SHORTFALL = "SHORTFALL", "Bank charges that the payment was short by"
    ON_ACCOUNT = "ON_ACCOUNT", "Kept on the funder's account"
    ACCOUNT = "ACCOUNT", "Booked to another account"


class BankFileFormat(models.TextChoices):
    CAMT053 = "CAMT053", "CAMT.053"
    MT940 = "MT940", "MT940"
    OFX = "OFX", "OFX"
    CSV = "CSV", "CSV"


class JournalKind(models.TextChoices):
    DOCUMENT = "DOCUMENT", "Document issued"
    BANK_LINE = "BANK_LINE", "Line of a bank statement"
    ALLOCATION = "ALLOCATION", "Money allocated"
    PROVIDER_PAYMENT = "PROVIDER_PAYMENT", "Provider paid"
    LATE_CLAIM = "LATE_CLAIM", "Late payment charged"
    INVESTMENT = "INVESTMENT", "Investor's movement"


class StatementState(models.TextChoices):
    SENT = "SENT", "Waits for the funder"
    APPROVED = "APPROVED", "Approved"
    PARTLY_APPROVED = "PARTLY_APPROVED", "Approved but for queries"
    LAPSED = "LAPSED", "Approved by silence"
    SUPERSEDED = "SUPERSEDED", "Replaced"


class Settlement(models.TextChoices):
    """How a query about a line was settled."""

    UPHELD = "UPHELD", "Upheld"
    WAIVED = "WAIVED", "Waived"
    DISMISSED = "DISMISSED", "Dismissed"


class AdjustmentState(models.TextChoices):
    PROPOSED = "PROPOSED", "Proposed"
    APPROVED = "APPROVED", "Approved"
    REFUSED = "REFUSED", "Refused"


class ReferenceSeries(models.TextChoices):
    """The published rate that a country's statutory interest is worked out from."""

    BOE = "BOE", "Bank of England base rate"
    DNB = "DNB", "Danmarks Nationalbank lending rate"
    ECB = "ECB", "European Central Bank refinancing rate"


class LateClaimState(models.TextChoices):
    """What became of a late payment claim."""

    PROPOSED = "PROPOSED", "Waits for a second person"
    CHARGED = "CHARGED", "Charged"
    REFUSED = "REFUSED", "Refused"
    WAIVED = "WAIVED", "Waived"
    WITHDRAWN = "WITHDRAWN", "Withdrawn"


class ReminderStage(models.TextChoices):
    """How near or far behind its due date an unpaid invoice was when a letter counted it."""

    BEFORE = "BEFORE", "Due within 7 days"
    DUE = "DUE", "Due"
    LATE_7 = "LATE_7", "7 days overdue"
    LATE_14 = "LATE_14", "14 days overdue"
    LATE_30 = "LATE_30", "30 days overdue"


class PaidFirst(models.TextChoices):
    """How the payment to a provider for an outcome stands to the payments of its funders."""

    BEFORE = "BEFORE", "Provider paid before the funders"
    SAME_DAY = "SAME_DAY", "Paid on the same day"
    AFTER = "AFTER", "Provider paid after the funders"
    FUNDER_OPEN = "FUNDER_OPEN", "Provider paid, a funder not yet"
    PROVIDER_OPEN = "PROVIDER_OPEN", "Funders paid, provider not yet"
    BOTH_OPEN = "BOTH_OPEN", "Neither side is paid in full"
    NO_PROVIDER = "NO_PROVIDER", "Nothing to pay a provider"
    NO_FUNDER = "NO_FUNDER", "Nothing charged to a funder"


class CodeFor(models.TextChoices):
    """What a booking code is the name of in the operator's own accounts."""

    ACCOUNT = "ACCOUNT", "Ledger account"
    VAT = "VAT", "VAT"
    FUNDER = "FUNDER", "Customer"
    PROVIDER = "PROVIDER", "Supplier"


class ExportFormat(models.TextChoices):
    """What the operator's own accounts take. A movement is in at most one export of each."""

    JOURNAL = "JOURNAL", "General journal"
    XERO = "XERO", "Xero sales invoices"
    SAGE = "SAGE", "Sage 50 audit trail"
