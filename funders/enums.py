"""The words of the programme file, as stored values. ``from_file``/``to_file`` change case only."""

from __future__ import annotations

from django.db import models


class Direction(models.TextChoices):
    """Which way the money goes: funders owe the operator, the operator owes providers."""

    RECEIVABLE = "RECEIVABLE", "Receivable"
    PAYABLE = "PAYABLE", "Payable"


class FunderKind(models.TextChoices):
    LOCAL = "LOCAL", "Local"
    HEALTH = "HEALTH", "Health"
    NATIONAL = "NATIONAL", "National"
    PHILANTHROPIC = "PHILANTHROPIC", "Philanthropic"


class FunderRole(models.TextChoices):
    """What a person is at a funder: both see the same, and only one of them approves what is to be paid."""

    COMMISSIONER = "COMMISSIONER", "Commissioner"
    FINANCE_APPROVER = "FINANCE_APPROVER", "Finance approver"


class OncePer(models.TextChoices):
    PARTICIPANT = "PARTICIPANT", "Participant"
    JOB = "JOB", "Job"


class Billing(models.TextChoices):
    MONTHLY = "MONTHLY", "Monthly"
    QUARTERLY = "QUARTERLY", "Quarterly"


class DueOn(models.TextChoices):
    """Whether a due date that is no working day of the funder's country moves to the next one that is."""

    ANY_DAY = "ANY_DAY", "Any day"
    WORKING_DAY = "WORKING_DAY", "Next working day"


class VatCategory(models.TextChoices):
    STANDARD = "STANDARD", "Standard rate"
    ZERO = "ZERO", "Zero rate"
    EXEMPT = "EXEMPT", "Exempt"
    OUTSIDE_SCOPE = "OUTSIDE_SCOPE", "Outside the scope of VAT"
    REVERSE_CHARGE = "REVERSE_CHARGE", "Reverse charge"


class Silence(models.TextChoices):
    """What it means that a funder does not answer a statement in time."""

    WAITS = "WAITS", "Nothing is invoiced until it answers"
    APPROVES = "APPROVES", "The statement counts as approved"


class OverCap(models.TextChoices):
    LAPSE = "LAPSE", "Lapse"
    CARRY_FORWARD = "CARRY_FORWARD", "Carry forward"


class Clawback(models.TextChoices):
    FIRST_PAID = "FIRST_PAID", "First paid"
    MARGINAL = "MARGINAL", "Marginal"


class PriceKind(models.TextChoices):
    FIXED = "FIXED", "Fixed amount"
    PERCENT_OF_TARIFF = "PERCENT_OF_TARIFF", "Percentage of the tariff"
    BANDS = "BANDS", "Bands by count"
    BALANCE = "BALANCE", "Balance of the tariff"


class SustainmentCounts(models.TextChoices):
    WORK = "WORK", "Work"
    EDUCATION = "EDUCATION", "Education"
    WORK_AND_EDUCATION = "WORK_AND_EDUCATION", "Work and education"
