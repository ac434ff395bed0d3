"""Who pays, for what, how much and until when: the programme file as tables."""

from funders.models.agreements import (
    Agreement,
    AgreementVersion,
    Band,
    FixedFee,
    Term,
    YearCap,
)
from funders.models.funders import Funder, FunderMember
from funders.models.invoicing import BuyerFacts, PurchaseOrder, Succession, VatTreatment
from funders.models.programme import (
    Area,
    Cohort,
    FidelityReview,
    OutcomeType,
    Programme,
    ProgrammeProvider,
    Service,
    Sustainment,
    Tariff,
)

__all__ = [
    "Agreement",
    "AgreementVersion",
    "Area",
    "Band",
    "BuyerFacts",
    "Cohort",
    "FidelityReview",
    "FixedFee",
    "Funder",
    "FunderMember",
    "OutcomeType",
    "Programme",
    "ProgrammeProvider",
    "PurchaseOrder",
    "Service",
    "Succession",
    "Sustainment",
    "Tariff",
    "Term",
    "VatTreatment",
    "YearCap",
]
