"""Reference rates: entered by hand from what a central bank published, and never changed afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from audit.services import record
from mhep.kernel.problems import BusinessRuleError
from payments.enums import ReferenceSeries
from payments.models import ReferenceRate
from payments.rules.late_payment import HalfYear
from providers.models import Operator

LEAST, MOST = Decimal(-5), Decimal(50)  # per cent; what lies outside is a slip of the pen


class CannotEnterRate(BusinessRuleError):
    pass


@dataclass(frozen=True, slots=True)
class NewRate:
    """A rate in per cent a year that counts for a half-year, and where it was published."""

    series: ReferenceSeries
    half_year: HalfYear
    percent: Decimal
    source: str
    is_synthetic: bool = False


@transaction.atomic
def enter_rate(*, operator: Operator, rate: NewRate, actor: User | None, at: datetime) -> ReferenceRate:
    """
    Enter a reference rate. Entered again for the same half-year, the later entry counts from then on.

    What was claimed already stays as it was worked out.

    :raises CannotEnterRate: if it says not where it is from, or is no likely rate.
    """
    if not rate.source.strip():
        raise CannotEnterRate("Say where the rate was published.")
    if not LEAST <= rate.percent <= MOST:
        raise CannotEnterRate(f"A reference rate lies between {LEAST} and {MOST} per cent.")
    entered = ReferenceRate.objects.create(
        operator=operator,
        series=rate.series,
        first_day=rate.half_year.first_day,
        percent=rate.percent,
        source=rate.source.strip(),
        is_synthetic=rate.is_synthetic,
        entered_by=actor,
        entered_at=at,
    )
    record(
        actor=actor,
        action="reference_rate.entered",
        subject=f"{operator.code} {rate.series.value} {rate.half_year.first_day}",
        at=at,
        percent=str(rate.percent),
    )
    return entered
