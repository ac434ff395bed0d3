"""The month: price it, as often as wanted while it is open; close it once, and issue its documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from audit.selectors.chain import HEAD_KEY, head
from audit.services import record
from funders.enums import Direction
from funders.models import Programme
from mhep.kernel import periods
from mhep.kernel.problems import BusinessRuleError
from payments.enums import MonthState
from payments.models import AgreementYearStanding, Charge, Month, Remainder, TermStanding
from payments.rules import pricing
from payments.selectors.contracts import Contract, contract_of
from payments.selectors.standing import charged_fee_months, month_input
from payments.services.by_hand import write_by_hand
from payments.services.charges import ChargeLines, write_charges
from payments.services.documents import issue_documents
from payments.services.statements import renew_statements, send_statements


class CannotPrice(BusinessRuleError):
    pass


class CannotClose(BusinessRuleError):
    pass


@transaction.atomic
def price_month(*, programme_id: int, month: periods.Month, at: datetime) -> Month:
    """
    Price an open month of a programme, or price it again: the same facts give the same charges.

    :raises CannotPrice: if the month is closed, or an earlier one is still open.
    """
    programme = Programme.objects.select_for_update().get(pk=programme_id)
    _refuse_out_of_order(programme, month, CannotPrice)
    return _price(programme, contract_of(programme), month, at).month


@transaction.atomic
def close_month(
    *, programme_id: int, month: periods.Month, issued_on: date, actor: User | None, at: datetime
) -> Month:
    """
    Price a month for the last time, issue its documents dated ``issued_on`` and close it for good.

    An agreement that is approved first gets a statement for its funder instead of documents.

    Closing a month that is closed already changes nothing and returns it.

    :raises CannotClose: if an earlier month is still open.
    """
    programme = Programme.objects.select_for_update().get(pk=programme_id)
    if month < programme.first_open_month:
        closed = Month.objects.filter(programme=programme, first_day=month.first_day).first()
        if closed is not None:
            return closed
    _refuse_out_of_order(programme, month, CannotClose)
    contract = contract_of(programme)
    priced = _price(programme, contract, month, at)
    _keep_standing(contract, priced.sides)
    stated = issue_documents(contract, priced.month, issued_on=issued_on, actor=actor, at=at)
    priced.month.state = MonthState.CLOSED
    priced.month.closed_at = at
    priced.month.closed_by = actor
    priced.month.save(update_fields=["state", "closed_at", "closed_by"])
    renew_statements(programme, at=at)
    send_statements(contract, priced.month, stated, at=at)
    programme.open_month = (month + 1).first_day
    programme.terms_changed = False
    programme.save(update_fields=["open_month", "terms_changed"])
    record(
        actor=actor,
        action="month.closed",
        subject=f"{programme.code} {month}",
        at=at,
        **{HEAD_KEY: str(head())},
    )
    return priced.month


def months_to_close(programme: Programme, through: periods.Month) -> list[periods.Month]:
    """Return the programme's open months through the given one, in order."""
    return list(programme.first_open_month.until(through))


def last_ended_month(programme: Programme, at: datetime) -> periods.Month:
    """Return the last month that has ended where the programme runs."""
    return periods.Month.of(programme.local_date(at)) - 1


def _refuse_out_of_order(
    programme: Programme, month: periods.Month, refusal: type[BusinessRuleError]
) -> None:
    open_month = programme.first_open_month
    if month < periods.Month.of(programme.starts_on):
        raise refusal(
            f"{programme.code} starts in {periods.Month.of(programme.starts_on)}; {month} is before it."
        )
    if month < open_month:
        raise refusal(f"{month} of {programme.code} is closed and is never priced again.")
    if month > open_month:
        raise refusal(f"{open_month} of {programme.code} is still open. Close it before {month}.")


@dataclass(frozen=True, slots=True)
class _Priced:
    month: Month
    sides: dict[Direction, pricing.PricedMonth]


def _price(programme: Programme, contract: Contract, month: periods.Month, at: datetime) -> _Priced:
    """Replace the charges of the open month by those that the rules give now."""
    row, is_first = Month.objects.update_or_create(
        programme=programme, first_day=month.first_day, defaults={"priced_at": at}
    )
    if not is_first:
        Charge.objects.filter(agreement__in=list(contract.agreements), month=row)._raw_delete("default")  # noqa: SLF001
    year = contract.financial_year.year_of(month.last_day)
    given = month_input(programme, month, contract.sides)
    sides = {
        direction: pricing.price_month(
            side,
            year,
            events=given.events,
            standing=given.sides[direction].standing,
            voids=given.sides[direction].voids,
            known=given.sides[direction].known,
        )
        for direction, side in contract.sides.items()
    }
    credited = {
        charge.key: charge
        for side in given.sides.values()
        for charge in (*side.voids.charges, *side.voids.waived)
    }
    write_charges(
        ChargeLines(contract, row.pk, year),
        sides=sides.values(),
        credited=credited,
        fees_through=month,
        fees_charged=charged_fee_months(contract),
    )
    write_by_hand(contract, row, year)
    return _Priced(row, sides)


def _keep_standing(contract: Contract, sides: dict[Direction, pricing.PricedMonth]) -> None:
    """Store what stands at the end of the month that is being closed."""
    terms = [key for side in contract.sides.values() for key in side.terms]
    TermStanding.objects.bulk_create(
        [
            TermStanding(
                term_id=key, places=standing.places.get(key, 0), net_minor=standing.terms.get(key, 0)
            )
            for direction, side in contract.sides.items()
            for standing in [sides[direction].standing]
            for key in side.terms
        ],
        update_conflicts=True,
        unique_fields=["term"],
        update_fields=["places", "net_minor"],
    )
    AgreementYearStanding.objects.bulk_create(
        [
            AgreementYearStanding(agreement_id=agreement, year=year, net_minor=net)
            for priced in sides.values()
            for (agreement, year), net in priced.standing.years.items()
        ],
        update_conflicts=True,
        unique_fields=["agreement", "year"],
        update_fields=["net_minor"],
    )
    remainders = [
        Remainder(
            event_id=event,
            term_id=term,
            entitlement_minor=left.entitlement,
            charged_minor=left.charged,
            place=left.place,
            tariff_minor=left.tariff,
        )
        for priced in sides.values()
        for (event, term), left in priced.standing.remainders.items()
    ]
    Remainder.objects.filter(term__in=terms).delete()
    Remainder.objects.bulk_create(remainders)


def catch_up(
    *, programme_id: int, through: periods.Month | None, actor: User | None, at: datetime
) -> Iterator[Month]:
    """
    Price and close, in order, every open month through ``through`` (by default the last that has ended).

    Each month is its own transaction: what was closed stays closed if a later one fails.
    """
    programme = Programme.objects.get(pk=programme_id)
    for month in months_to_close(programme, through or last_ended_month(programme, at)):
        yield close_month(
            programme_id=programme_id, month=month, issued_on=programme.local_date(at), actor=actor, at=at
        )
