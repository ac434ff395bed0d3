"""Due dates as agreements want them."""

from __future__ import annotations

from datetime import date

from funders.enums import DueOn
from funders.models import Agreement, BuyerFacts
from mhep.kernel.working_days import UNITED_KINGDOM
from payments.rules.due_dates import due_date


def due_on(agreement: Agreement, issued_on: date) -> date:
    """Return when a document of ``agreement`` falls due: on a working day where that was agreed."""
    if agreement.due_on != DueOn.WORKING_DAY:
        return due_date(issued_on, agreement.payment_days)
    facts: BuyerFacts | None = getattr(agreement.funder, "buyer_facts", None)
    country = facts.country if facts else ""
    return due_date(issued_on, agreement.payment_days, country=country or UNITED_KINGDOM)
