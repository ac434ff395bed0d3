"""What there is to distribute on a day, to whom it is owed, and what each would get."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from investment.models import Facility
from investment.rules.facility import Standing, standing
from investment.rules.waterfall import Distribution, Tier, distribute
from mhep.kernel.money import percent_of
from payments.enums import Account
from payments.models import Posting

CASH = (Account.BANK, Account.IN_TRANSIT)


@dataclass(frozen=True, slots=True)
class Waterfall:
    """One run: the cash above the reserve, what becomes of it, and the investor's part of what is left."""

    available_minor: int
    result: Distribution
    residual_paid_minor: int


def standing_of(facility: Facility, on: date) -> Standing:
    """Return what the facility has seen and owes at the end of a day."""
    return standing((each.as_rule for each in facility.movements.all()), Decimal(facility.rate), on)


def cash_in_hand(facility: Facility, on: date) -> int:
    """
    Return the operator's cash in the programme's currency at the end of a day, by the ledger.

    What is on its way to or from the bank counts as gone or come. An operator that runs several programmes
    has one bank balance for all of them.
    """
    postings = Posting.objects.filter(
        journal__operator=facility.programme.operator_id,
        journal__currency=facility.programme.currency,
        journal__dated_on__lte=on,
        account__in=[account.value for account in CASH],
    )
    return int(postings.aggregate(sum=Sum("amount_minor"))["sum"] or 0)


def owed_to_providers(facility: Facility, on: date) -> int:
    """Return what the ledger says is owed to the programme's providers at the end of a day."""
    postings = Posting.objects.filter(
        journal__programme=facility.programme_id,
        journal__dated_on__lte=on,
        account=Account.PAYABLES.value,
    )
    return max(-int(postings.aggregate(sum=Sum("amount_minor"))["sum"] or 0), 0)


def run_waterfall(
    facility: Facility, on: date, *, costs_minor: int, available_minor: int | None = None
) -> Waterfall:
    """
    Let the cash of a day run down the facility's waterfall; nothing is stored.

    :param costs_minor: the operator's own costs that are to be kept back.
    :param available_minor: how much is distributed; by default all cash above the reserve.
    """
    if available_minor is None:
        available_minor = max(cash_in_hand(facility, on) - facility.reserve_minor, 0)
    owing = standing_of(facility, on)
    result = distribute(
        available_minor,
        {
            Tier.COSTS: costs_minor,
            Tier.PROVIDERS: owed_to_providers(facility, on),
            Tier.INTEREST: max(owing.interest_due, 0),
            Tier.PRINCIPAL: owing.principal,
        },
        facility.terms.order,
    )
    return Waterfall(available_minor, result, percent_of(result.residual, Decimal(facility.residual_percent)))
