"""The words of charges and documents."""

from django.db import models


class ChargeKind(models.TextChoices):
    CHARGE = "CHARGE", "Charge"
    CREDIT = "CREDIT", "Credit"
    NIL = "NIL", "Nil decision"
    FEE = "FEE", "Fixed fee"


class ChargeReason(models.TextChoices):
    FULL = "FULL", "Paid in full"
    PARTIAL_CAP = "PARTIAL_CAP", "Paid in part: a cap was reached"
    CAP_REACHED = "CAP_REACHED", "Nothing paid: a cap was reached"
    COUNT_CAP = "COUNT_CAP", "Nothing paid: the number of outcomes was reached"
    ZERO_PRICE = "ZERO_PRICE", "Nothing due at this price"
    CARRIED = "CARRIED", "Remainder carried forward from an earlier month"
    VOIDED = "VOIDED", "The outcome was voided"
    FIXED_FEE = "FIXED_FEE", "Fixed fee"


class DocumentKind(models.TextChoices):
    INVOICE = "INVOICE", "Invoice"
    CREDIT_NOTE = "CREDIT_NOTE", "Credit note"
    REMITTANCE = "REMITTANCE", "Remittance statement"


class MonthState(models.TextChoices):
    PRICED = "PRICED", "Priced"
    CLOSED = "CLOSED", "Closed"
