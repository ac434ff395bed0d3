"""
A programme as its file describes it: plain values, no framework (spec: programme-file).

Amounts are whole minor units, percentages and hours are exact decimals, dates are civil
dates and inclusive at both ends. Defaults are filled in; ``None`` means "not set".
Lists keep the order of the file. An empty tuple of areas, services or cohorts means all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from mhep.kernel.periods import Month, YearStart

FIRST_OF_APRIL = YearStart(4, 1)


@dataclass(frozen=True, slots=True)
class Named:
    """An operator, area, cohort or provider."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class FidelityReviewDefinition:
    reviewed_on: date
    score: int


@dataclass(frozen=True, slots=True)
class ServiceDefinition:
    code: str
    provider: str
    name: str
    starts_on: date
    areas: tuple[str, ...] = ()
    cohorts: tuple[str, ...] = ()
    fidelity_reviews: tuple[FidelityReviewDefinition, ...] = ()


@dataclass(frozen=True, slots=True)
class TariffDefinition:
    starts_on: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class SustainmentDefinition:
    weeks: int
    within_weeks: int | None = None
    max_gap_days: int = 0
    hours_min: Decimal | None = None
    hours_below: Decimal | None = None
    counts: str = "work"  # work, education or work_and_education
    same_job: bool = False


@dataclass(frozen=True, slots=True)
class OutcomeTypeDefinition:
    code: str
    name: str
    tariffs: tuple[TariffDefinition, ...] = ()
    once_per: str = "participant"  # participant or job
    requires: str | None = None
    min_days_after: int = 0
    min_hours: Decimal | None = None
    window_days: int | None = None
    submit_within_days: int | None = None
    evidence_all_of: tuple[str, ...] = ()
    evidence_any_of: tuple[str, ...] = ()
    evidence_one_set_of: tuple[tuple[str, ...], ...] = ()
    sustainment: SustainmentDefinition | None = None


@dataclass(frozen=True, slots=True)
class EAddress:
    """Where e-invoices go: an identifier under one of the schemes of EN 16931, such as 0088 for a GLN."""

    scheme: str
    identifier: str


@dataclass(frozen=True, slots=True)
class BuyerDefinition:
    """What invoices say about a funder beyond its code and name; ``None`` means "not set"."""

    legal_name: str | None = None
    address: str | None = None  # lines, parted by line ends
    country: str | None = None
    e_address: EAddress | None = None
    vat_number: str | None = None
    registration_number: str | None = None
    buyer_reference: str | None = None
    gln: str | None = None
    siret: str | None = None
    service_code: str | None = None
    engagement_number: str | None = None
    language: str | None = None  # en, fr or da; None: the programme's


@dataclass(frozen=True, slots=True)
class SuccessionDefinition:
    """The funder whose agreements a body takes over, and the first day on which documents name it."""

    funder: str
    starts_on: date


@dataclass(frozen=True, slots=True)
class FunderDefinition:
    code: str
    name: str
    kind: str  # local, health, national or philanthropic
    invoicing: BuyerDefinition = BuyerDefinition()
    succeeds: SuccessionDefinition | None = None


@dataclass(frozen=True, slots=True)
class Band:
    up_to: int | None  # the last place that this band prices; None: every place beyond
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Price:
    """What a term pays: exactly one of the kinds fixed, percent_of_tariff, bands, balance."""

    kind: str
    fixed_minor: int | None = None
    percent: Decimal | None = None
    bands: tuple[Band, ...] = ()


@dataclass(frozen=True, slots=True)
class TermDefinition:
    ref: str
    outcome: str
    price: Price
    areas: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    cohorts: tuple[str, ...] = ()
    hours_min: Decimal | None = None  # inclusive
    hours_below: Decimal | None = None  # exclusive
    min_fidelity: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    max_count: int | None = None
    max_amount_minor: int | None = None
    priority: int = 100
    clawback: str = "first_paid"  # or marginal
    clause: str | None = None


@dataclass(frozen=True, slots=True)
class FixedFeeDefinition:
    """A fee for each month from ``first`` through ``last``; one of amount and total is set."""

    ref: str
    description: str | None
    first: Month
    last: Month
    amount_minor: int | None = None
    total_minor: int | None = None


@dataclass(frozen=True, slots=True)
class CapsDefinition:
    total_minor: int | None = None
    financial_year_minor: tuple[tuple[int, int], ...] = ()  # (year, amount), ascending
    per_participant_minor: int | None = None
    partial: bool = True
    over_cap: str = "lapse"  # or carry_forward


@dataclass(frozen=True, slots=True)
class PurchaseOrderDefinition:
    """A purchase order for documents issued in a period, worth a net amount; ``None`` means without limit."""

    number: str
    starts_on: date | None = None
    ends_on: date | None = None
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True)
class VatTreatmentDefinition:
    """
    How lines are taxed: of one outcome, of the fees, or (``lines`` is None) all without an own treatment.

    Holds for outcome dates, and months of fees that begin, on or after ``starts_on`` (None: all).
    """

    category: str  # standard, zero, exempt, outside_scope or reverse_charge
    lines: str | None = None  # an outcome's code, or FEES
    starts_on: date | None = None
    rate: Decimal | None = None  # of the standard category; None: the agreement's
    reason: str | None = None


FEES = "fees"  # in the place of an outcome's code: the fixed fees


@dataclass(frozen=True, slots=True)
class ApprovalDefinition:
    """How long a funder may look at a statement before its invoice, in days, and what silence means."""

    days: int
    silence: str = "waits"  # or approves


@dataclass(frozen=True, slots=True)
class AgreementDefinition:
    """What one funder agreed to pay, or (``provider_contracts``) what a provider is paid."""

    ref: str
    party: str  # the funder's code, or the provider's
    starts_on: date
    ends_on: date
    po_number: str | None = None
    billing: str = "monthly"  # or quarterly
    payment_days: int = 30
    vat_rate: Decimal = Decimal(0)
    vat: tuple[VatTreatmentDefinition, ...] = ()
    purchase_orders: tuple[PurchaseOrderDefinition, ...] = ()
    po_required: bool = False
    due_on: str = "any_day"  # or working_day
    caps: CapsDefinition = CapsDefinition()
    fixed_fees: tuple[FixedFeeDefinition, ...] = ()
    terms: tuple[TermDefinition, ...] = ()
    approval: ApprovalDefinition | None = None  # None: documents are issued when a month is closed


@dataclass(frozen=True, slots=True)
class ProgrammeDefinition:
    code: str
    name: str
    currency: str
    starts_on: date
    ends_on: date
    operator: Named
    financial_year_starts: YearStart = FIRST_OF_APRIL
    timezone: str = "Europe/London"
    language: str = "en"
    areas: tuple[Named, ...] = ()
    cohorts: tuple[Named, ...] = ()
    providers: tuple[Named, ...] = ()
    services: tuple[ServiceDefinition, ...] = ()
    outcomes: tuple[OutcomeTypeDefinition, ...] = ()
    funders: tuple[FunderDefinition, ...] = ()
    agreements: tuple[AgreementDefinition, ...] = ()
    provider_contracts: tuple[AgreementDefinition, ...] = ()
