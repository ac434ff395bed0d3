"""A facility as people look at it: figures, movements, what comes, and a picture of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from investment.enums import InvestorMovementKind
from investment.models import Distribution, Facility, InvestorMovement
from investment.rules.facility import Standing
from investment.rules.projection import Projected
from investment.rules.waterfall import Tier
from investment.selectors.outlook import Certainty, Outlook, outlook_of
from investment.selectors.waterfall import cash_in_hand, standing_of
from mhep.kernel.money import Money
from mhep.shared.sheets import Cell, Sheet

WIDTH, HEIGHT, ROOM = 1000, 220, 10
MOVEMENT_HEADINGS = ("Date", "What", "Paid in by the investor", "Paid to the investor", "Currency")
PROJECTION_HEADINGS = (
    *("Month", "From funders", "Drawn", "Costs", "Providers", "Interest", "Principal"),
    *("Cash at the end", "Principal outstanding", "Missing", "Currency"),
)


@dataclass(frozen=True, slots=True)
class Chart:
    """Principal outstanding as steps over the projected months: a line's points in a box, and its top."""

    points: str
    top_minor: int


@dataclass(frozen=True, slots=True)
class FacilityPage:
    """All that the page of a facility shows as of a day."""

    facility: Facility
    today: date
    standing: Standing
    cash_minor: int
    movements: tuple[InvestorMovement, ...]
    waiting: Distribution | None
    outlook: Outlook
    chart: Chart | None

    @property
    def left_to_draw_minor(self) -> int:
        return self.facility.limit_minor - self.standing.drawn

    @property
    def rate_so_far(self) -> Decimal | None:
        """The internal rate of return so far, in per cent a year."""
        return _per_cent(self.outlook.rate_so_far)

    @property
    def rate_ahead(self) -> Decimal | None:
        """The internal rate of return if all comes as expected, in per cent a year."""
        return _per_cent(self.outlook.rate_ahead)

    @property
    def certainties(self) -> tuple[Certainty, ...]:
        return tuple(Certainty)


def facility_page(facility: Facility, today: date) -> FacilityPage:
    """Return the page of a facility; it names no participant."""
    outlook = outlook_of(facility, today)
    return FacilityPage(
        facility=facility,
        today=today,
        standing=standing_of(facility, today),
        cash_minor=cash_in_hand(facility, today),
        movements=tuple(facility.movements.all()),
        waiting=facility.distributions.filter(released_at__isnull=True).first(),
        outlook=outlook,
        chart=_chart(outlook.projected),
    )


def movement_sheet(facility: Facility) -> Sheet:
    """Return every movement of a facility as a table."""
    currency = facility.programme.currency
    rows: list[tuple[Cell, ...]] = []
    for each in facility.movements.all():
        is_drawn = each.kind == InvestorMovementKind.DRAWDOWN
        amounts = (each.amount_minor, 0) if is_drawn else (0, each.amount_minor)
        rows.append(
            (each.on, each.get_kind_display(), *(Money(minor, currency) for minor in amounts), currency)
        )
    return Sheet(f"{facility.ref} movements", MOVEMENT_HEADINGS, rows)


def projection_sheet(facility: Facility, today: date) -> Sheet:
    """Return the projection of a facility as a table, a row for each month."""
    currency = facility.programme.currency
    rows: list[tuple[Cell, ...]] = [
        (
            str(each.ahead.month),
            *(
                Money(minor, currency)
                for minor in (
                    each.ahead.received,
                    each.ahead.drawn,
                    each.distribution.paid(Tier.COSTS),
                    each.distribution.paid(Tier.PROVIDERS),
                    each.distribution.paid(Tier.INTEREST),
                    each.distribution.paid(Tier.PRINCIPAL),
                    each.cash,
                    each.principal,
                    each.missing,
                )
            ),
            currency,
        )
        for each in outlook_of(facility, today).projected
    ]
    return Sheet(f"{facility.ref} projection", PROJECTION_HEADINGS, rows)


def _per_cent(rate: Decimal | None) -> Decimal | None:
    return None if rate is None else rate * 100


def _chart(projected: tuple[Projected, ...]) -> Chart | None:
    """Return the line of the principal, or None where it never is anything."""
    values = [each.principal for each in projected]
    top = max(values, default=0)
    if not top or len(values) < 2:
        return None
    step = (WIDTH - 2 * ROOM) / (len(values) - 1)
    points = [
        (ROOM + step * at, HEIGHT - ROOM - (HEIGHT - 2 * ROOM) * value / top)
        for at, value in enumerate(values)
    ]
    return Chart(" ".join(f"{x:.0f},{y:.0f}" for x, y in points), top)
