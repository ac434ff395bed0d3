"""Agreeing a facility, drawing from it, and letting what was earned run down its waterfall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from audit.services import record
from funders.models import Programme
from investment.enums import InvestorMovementKind, Step
from investment.models import (
    Distribution,
    DistributionStep,
    Facility,
    Forecast,
    ForecastMonth,
    InvestorMovement,
)
from investment.rules.projection import Ahead
from investment.rules.waterfall import Tier
from investment.selectors.waterfall import Waterfall, run_waterfall
from mhep.kernel.money import to_major
from mhep.kernel.problems import BusinessRuleError
from payments.enums import Account, JournalKind
from payments.rules.ledger import Entry
from payments.services.ledger import NewJournal, post
from providers.models import Investor

# The ledger account that a movement is booked on; the other side is money on its way to or from the bank.
ACCOUNTS = {
    InvestorMovementKind.DRAWDOWN: Account.INVESTOR_FACILITY,
    InvestorMovementKind.INTEREST: Account.INVESTOR_INTEREST,
    InvestorMovementKind.PRINCIPAL: Account.INVESTOR_FACILITY,
    InvestorMovementKind.RESIDUAL: Account.INVESTOR_CAPITAL,
}


class CannotAgree(BusinessRuleError):
    pass


class CannotDraw(BusinessRuleError):
    pass


class CannotDistribute(BusinessRuleError):
    pass


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed: amounts in minor units, ``rate`` in per cent a year."""

    ref: str
    limit_minor: int
    rate: Decimal
    reserve_minor: int
    residual_percent: Decimal
    order: Sequence[Step]
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Wanted:
    """On which day the waterfall runs, over how much cash at most, and what costs are to be kept back."""

    on: date
    costs_minor: int
    at_most_minor: int | None = None


@transaction.atomic
def agree_facility(
    *, programme_id: int, investor_id: int, terms: Terms, actor: User, at: datetime
) -> Facility:
    """
    Record the facility of a programme, once.

    :raises CannotAgree: if the programme has one, the reference is taken, the investor lends to another
        operator, or the days are not in order.
    """
    programme = Programme.objects.select_for_update(no_key=True).get(pk=programme_id)
    investor = Investor.objects.get(pk=investor_id)
    if Facility.objects.filter(programme=programme).exists():
        raise CannotAgree(f"{programme.code} has a facility already. Its terms do not change.")
    if Facility.objects.filter(ref=terms.ref).exists():
        raise CannotAgree(f"There is a facility {terms.ref} already. Choose another reference.")
    if investor.operator_id != programme.operator_id:
        raise CannotAgree(f"{investor.name} lends to another operator.")
    if terms.starts_on > terms.ends_on:
        raise CannotAgree("The facility ends before it begins. Change one of the days.")
    facility = Facility.objects.create(
        ref=terms.ref,
        programme=programme,
        investor=investor,
        limit_minor=terms.limit_minor,
        rate=terms.rate,
        reserve_minor=terms.reserve_minor,
        residual_percent=terms.residual_percent,
        order=[step.value for step in terms.order],
        starts_on=terms.starts_on,
        ends_on=terms.ends_on,
        agreed_by=actor,
        agreed_at=at,
    )
    record(actor=actor, action="facility.agreed", subject=facility.ref, at=at, limit_minor=terms.limit_minor)
    return facility


@transaction.atomic
def record_drawdown(
    *, facility_id: int, on: date, amount_minor: int, actor: User, at: datetime
) -> InvestorMovement:
    """
    Record money that the investor has sent.

    :raises CannotDraw: if it goes beyond the limit, or the day is not one of the facility's or lies ahead.
    """
    facility = _locked(facility_id)
    drawn = sum(
        facility.movements.filter(kind=InvestorMovementKind.DRAWDOWN).values_list("amount_minor", flat=True)
    )
    if not facility.starts_on <= on <= facility.ends_on:
        raise CannotDraw(
            f"The facility runs from {facility.starts_on:%-d %B %Y} to {facility.ends_on:%-d %B %Y}."
        )
    if on > facility.programme.local_date(at):
        raise CannotDraw("A drawdown is recorded when the money has been sent, not before.")
    if drawn + amount_minor > facility.limit_minor:
        left = to_major(facility.limit_minor - drawn)
        raise CannotDraw(f"Only {left} of the facility is left to draw.")
    movement = _record(facility, _Move(InvestorMovementKind.DRAWDOWN, on, amount_minor), actor, at)
    record(actor=actor, action="facility.drawn", subject=facility.ref, at=at, amount_minor=amount_minor)
    return movement


@transaction.atomic
def propose_distribution(*, facility_id: int, wanted: Wanted, actor: User, at: datetime) -> Distribution:
    """
    Run the waterfall and keep what it would pay, for a second person to release.

    :raises CannotDistribute: if one waits already, the day lies ahead or before the last one, or more cash is
        wanted than there is.
    """
    facility = _locked(facility_id)
    if facility.distributions.filter(released_at__isnull=True).exists():
        raise CannotDistribute("A distribution waits already. Release it or discard it first.")
    last = facility.distributions.values_list("on", flat=True).first()
    if last is not None and wanted.on < last:
        raise CannotDistribute(f"The last distribution was on {last:%-d %B %Y}. Choose no earlier day.")
    if wanted.on > facility.programme.local_date(at):
        raise CannotDistribute("The day lies ahead. What will be available on it is not known yet.")
    run = _run(facility, wanted)
    distribution = Distribution.objects.create(
        facility=facility,
        on=wanted.on,
        available_minor=run.available_minor,
        residual_minor=run.result.residual,
        residual_paid_minor=run.residual_paid_minor,
        proposed_by=actor,
        proposed_at=at,
    )
    DistributionStep.objects.bulk_create(
        DistributionStep(
            distribution=distribution,
            position=position,
            step=step.tier.value,
            owed_minor=step.owed,
            paid_minor=step.paid,
        )
        for position, step in enumerate(run.result.steps, start=1)
    )
    record(actor=actor, action="distribution.proposed", subject=facility.ref, at=at, on=str(wanted.on))
    return distribution


@transaction.atomic
def discard_distribution(*, distribution_id: int, actor: User, at: datetime) -> None:
    """
    Discard a distribution that was not released.

    :raises CannotDistribute: if it was.
    """
    distribution = _open(distribution_id)
    record(actor=actor, action="distribution.discarded", subject=distribution.facility.ref, at=at)
    distribution.delete()


@transaction.atomic
def release_distribution(*, distribution_id: int, actor: User, at: datetime) -> Distribution:
    """
    Release a distribution that somebody else proposed: the investor is paid and the ledger knows.

    :raises CannotDistribute: if it was released or discarded, ``actor`` proposed it, or money has moved since
        so that the waterfall would pay something else now.
    """
    distribution = _open(distribution_id)
    if distribution.proposed_by_id == actor.pk:
        raise CannotDistribute("You proposed this distribution. Another person looks at it and releases it.")
    facility = distribution.facility
    steps = {step.step: step for step in distribution.steps.all()}
    wanted = Wanted(distribution.on, steps[Step.COSTS].owed_minor, distribution.available_minor)
    now = _run(facility, wanted)
    before = [(step.step, step.owed_minor, step.paid_minor) for step in distribution.steps.all()]
    if before != [(step.tier.value, step.owed, step.paid) for step in now.result.steps]:
        raise CannotDistribute("Money has moved since this was proposed. Discard it and propose it anew.")
    distribution.released_by, distribution.released_at = actor, at
    distribution.save(update_fields=["released_by", "released_at"])
    paid = {
        InvestorMovementKind.INTEREST: now.result.paid(Tier.INTEREST),
        InvestorMovementKind.PRINCIPAL: now.result.paid(Tier.PRINCIPAL),
        InvestorMovementKind.RESIDUAL: distribution.residual_paid_minor,
    }
    for kind, amount in paid.items():
        if amount:
            move = _Move(kind, distribution.on, amount, distribution)
            _record(facility, move, actor, at)
    record(actor=actor, action="distribution.released", subject=facility.ref, at=at, on=str(distribution.on))
    return distribution


@transaction.atomic
def store_forecast(
    *, facility_id: int, months: Sequence[Ahead], note: str, actor: User, at: datetime
) -> Forecast:
    """Store a new version of the forecast; the ones before stay."""
    facility = _locked(facility_id)
    forecast = Forecast.objects.create(facility=facility, note=note, made_by=actor, made_at=at)
    ForecastMonth.objects.bulk_create(
        ForecastMonth(
            forecast=forecast,
            first_day=each.month.first_day,
            received_minor=each.received,
            costs_minor=each.costs,
            providers_minor=each.providers,
            drawn_minor=each.drawn,
        )
        for each in months
    )
    record(actor=actor, action="forecast.stored", subject=facility.ref, at=at, months=len(months))
    return forecast


def _run(facility: Facility, wanted: Wanted) -> Waterfall:
    run = run_waterfall(facility, wanted.on, costs_minor=wanted.costs_minor)
    if wanted.at_most_minor is None:
        return run
    if wanted.at_most_minor > run.available_minor:
        raise CannotDistribute(f"Only {to_major(run.available_minor)} is in hand above the reserve.")
    return run_waterfall(
        facility, wanted.on, costs_minor=wanted.costs_minor, available_minor=wanted.at_most_minor
    )


@dataclass(frozen=True, slots=True)
class _Move:
    kind: InvestorMovementKind
    on: date
    amount: int
    distribution: Distribution | None = None


def _record(facility: Facility, move: _Move, actor: User, at: datetime) -> InvestorMovement:
    """Book a movement in the ledger and keep it beside its journal."""
    programme = facility.programme
    sign = -1 if move.kind == InvestorMovementKind.DRAWDOWN else 1
    journal = post(
        NewJournal(
            operator_id=programme.operator_id,
            kind=JournalKind.INVESTMENT,
            dated_on=move.on,
            currency=programme.currency,
            entries=(
                Entry(ACCOUNTS[move.kind].value, sign * move.amount),
                Entry(Account.IN_TRANSIT.value, -sign * move.amount),
            ),
            programme_id=programme.pk,
            note=f"{facility.ref} {move.kind.label}",
        ),
        actor=actor,
        at=at,
    )
    return InvestorMovement.objects.create(
        facility=facility,
        kind=move.kind,
        on=move.on,
        amount_minor=move.amount,
        distribution=move.distribution,
        journal_id=journal,
        recorded_by=actor,
        recorded_at=at,
    )


def _locked(facility_id: int) -> Facility:
    facility = Facility.objects.select_related("programme").get(pk=facility_id)
    Programme.objects.select_for_update(no_key=True).get(pk=facility.programme_id)  # its own row is frozen
    return facility


def _open(distribution_id: int) -> Distribution:
    found = Distribution.objects.filter(pk=distribution_id).values_list("facility", flat=True).first()
    if found is None:
        raise CannotDistribute("This distribution was discarded.")
    facility = _locked(found)
    distribution = facility.distributions.filter(pk=distribution_id).first()
    if distribution is None:
        raise CannotDistribute("This distribution was discarded.")
    if distribution.released_at is not None:
        raise CannotDistribute("This distribution was released already and stays as it is.")
    return distribution
