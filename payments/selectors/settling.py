"""What settling a funder's query would do, before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from funders.models import Programme
from mhep.kernel.periods import Month
from outcomes.selectors.voiding import Voiding, void_preview
from payments.enums import Settlement
from payments.models import Charge
from payments.selectors.expected import VoidEffect, void_effect


@dataclass(frozen=True, slots=True)
class SettlementEffect:
    """
    What one way of settling does to the line and to everybody else.

    ``month`` is when it shows: the month that is priced next. ``voidings`` and ``effect`` are there where the
    event would be voided; ``taken_off_minor`` is what this funder would be spared.
    """

    settlement: Settlement
    month: Month
    taken_off_minor: int
    voidings: Sequence[Voiding] = ()
    effect: VoidEffect | None = None


def ways_to_settle(charge: Charge) -> tuple[Settlement, ...]:
    """
    Return how a query about a charge may be settled.

    What gives back can only be dismissed: to give back more is an adjustment. Where the event was voided
    meanwhile there is nothing to decide any more.
    """
    if charge.amount_minor <= 0:
        return (Settlement.DISMISSED,)
    event = charge.event
    if event is not None and event.voided_on is not None:
        return (Settlement.UPHELD,)
    if event is not None:
        return (Settlement.UPHELD, Settlement.WAIVED, Settlement.DISMISSED)
    return (Settlement.WAIVED, Settlement.DISMISSED)


def settlement_effect(
    charge: Charge, settlement: Settlement, programme: Programme, today: date
) -> SettlementEffect:
    """Return what settling the query about ``charge`` would do today, as the next closes would."""
    month = programme.first_open_month
    if settlement == Settlement.DISMISSED:
        return SettlementEffect(settlement, month, 0)
    event = charge.event
    if settlement == Settlement.WAIVED or event is None or event.voided_on is not None:
        return SettlementEffect(settlement, month, charge.amount_minor)
    voidings = void_preview(event, today, programme)
    effect = void_effect(programme, voidings)
    return SettlementEffect(settlement, Month.of(voidings[0].falls_in), charge.amount_minor, voidings, effect)
