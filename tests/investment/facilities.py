"""A made-up facility for tests of other things."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from accounts.models import User
from funders.models import Programme
from investment.enums import Step
from investment.models import Facility
from investment.rules.projection import Ahead
from investment.services.facilities import (
    Terms,
    Wanted,
    agree_facility,
    propose_distribution,
    record_drawdown,
    store_forecast,
)
from mhep.kernel.periods import Month
from providers.models import Investor
from tests.cast import AT, Cast

TERMS = Terms(
    ref="WL-LOAN",
    limit_minor=100_000_00,
    rate=Decimal("6.5"),
    reserve_minor=0,
    residual_percent=Decimal(0),
    order=(Step.COSTS, Step.PROVIDERS, Step.INTEREST, Step.PRINCIPAL),
    starts_on=date(2026, 4, 1),
    ends_on=date(2029, 3, 31),
)


def agreed(programme: Programme, actor: User, terms: Terms = TERMS) -> Facility:
    """Agree a facility with an investor of the programme's operator."""
    investor, _ = Investor.objects.get_or_create(
        operator=programme.operator, code="LENDER", defaults={"name": "Example Social Investor"}
    )
    return agree_facility(programme_id=programme.pk, investor_id=investor.pk, terms=terms, actor=actor, at=AT)


def lent(programme: Programme, actor: User) -> Facility:
    """Agree a facility whose reference begins with the programme's code."""
    return agreed(programme, actor, replace(TERMS, ref=f"{programme.code}-LOAN"))


def borrow(cast: Cast) -> Facility:
    """Lend to the programme of the cast: something is drawn, a distribution waits, a forecast is there."""
    facility = lent(cast.programme, cast.finance)
    record_drawdown(
        facility_id=facility.pk, on=TERMS.starts_on, amount_minor=40_000_00, actor=cast.finance, at=AT
    )
    store_forecast(
        facility_id=facility.pk,
        months=[Ahead(Month(2026, 9), received=6_000_00, costs=500_00, drawn=5_000_00)],
        note="The plan of July",
        actor=cast.finance,
        at=AT,
    )
    propose_distribution(
        facility_id=facility.pk, wanted=Wanted(AT.date(), 500_00, 10_000_00), actor=cast.finance, at=AT
    )
    return facility
