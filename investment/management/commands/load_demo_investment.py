"""``manage.py load_demo_investment``: what a made-up investor lends the demo programme."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from funders.models import Programme
from investment.enums import Step
from investment.models import Facility
from investment.services.facilities import (
    Terms,
    Wanted,
    agree_facility,
    propose_distribution,
    record_drawdown,
    release_distribution,
)
from mhep.shared.commands import PlainCommand
from payments.enums import Account, AllocationKind
from payments.management.demo_history import LENT, LENT_AS
from payments.selectors.matching import open_lines
from payments.services.allocations import Use, allocate
from providers.enums import OperatorRole
from providers.models import Investor

CODE = "WL-IPS"
# The amount is the social investment that was published for this programme; the rate is synthetic.
TERMS = Terms(
    ref="WL-IPS-LOAN",
    limit_minor=400_000_00,
    rate=Decimal(6),
    reserve_minor=25_000_00,
    residual_percent=Decimal(0),
    order=(Step.COSTS, Step.PROVIDERS, Step.INTEREST, Step.PRINCIPAL),
    starts_on=date(2019, 1, 1),
    ends_on=date(2023, 3, 31),
)
REPAID_ON = date(2022, 9, 29)  # after the bank's last statement, which has yet to show it
KEPT_BACK = 5_000_00  # minor units, for the operator's own costs


class Command(PlainCommand):
    help = "Load the facility of the demo programme once, with what was drawn and repaid."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            self.refuse("The demo is for trying things out; these settings are for real data.")
        self._load()

    @transaction.atomic
    def _load(self) -> None:
        programme = Programme.objects.get(code=CODE)
        if Facility.objects.filter(programme=programme).exists():
            return
        finance, second = (
            User.objects.get(
                operator_memberships__operator=programme.operator, operator_memberships__role=role
            )
            for role in (OperatorRole.FINANCE, OperatorRole.ADMINISTRATOR)
        )
        investor = Investor.objects.get(operator=programme.operator)
        at = timezone.now()
        facility = agree_facility(
            programme_id=programme.pk, investor_id=investor.pk, terms=TERMS, actor=finance, at=at
        )
        for on, amount in LENT:
            record_drawdown(facility_id=facility.pk, on=on, amount_minor=amount, actor=finance, at=at)
        for line in open_lines(programme.operator, programme.currency).filter(text=LENT_AS):
            arrived = Use(AllocationKind.ACCOUNT, line.amount_minor, line=line.pk, account=Account.IN_TRANSIT)
            allocate([arrived], actor=finance, at=at)
        wanted = Wanted(REPAID_ON, KEPT_BACK)
        proposed = propose_distribution(facility_id=facility.pk, wanted=wanted, actor=finance, at=at)
        release_distribution(distribution_id=proposed.pk, actor=second, at=at)
