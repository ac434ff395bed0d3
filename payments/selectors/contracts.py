"""A programme's agreements and provider contracts, as the pricing rules want them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from funders import models as tables
from funders.enums import Billing, Clawback, Direction, OverCap, PriceKind
from mhep.kernel.periods import Month, YearStart
from payments.rules import fees, terms


@dataclass(frozen=True, slots=True)
class Terms:
    """
    How one agreement is billed, and the version of its conditions that prices now.

    ``says_vat`` tells whether a version of it says, or said, how single lines are taxed.
    """

    row: tables.Agreement
    version_id: int
    vat_rate: Decimal
    says_vat: bool
    quarterly: bool
    fees: tuple[fees.FixedFee, ...]


@dataclass(frozen=True, slots=True)
class Contract:
    """Everything of a programme that decides who pays what, read once for a run."""

    programme: tables.Programme
    financial_year: YearStart
    sides: dict[Direction, terms.Side]
    agreements: dict[int, Terms]  # by key, in the order of the programme file, receivables first


def contract_of(programme: tables.Programme) -> Contract:
    """Read the programme's terms in a number of queries that does not depend on their number."""
    rows = list(
        tables.Agreement.objects.filter(programme=programme)
        .select_related("funder__buyer_facts", "provider")
        .prefetch_related("year_caps", "fixed_fees", "terms__bands", "terms__outcome_type", "purchase_orders")
        .order_by("direction", "position")
    )
    recorded = list(
        tables.AgreementVersion.objects.filter(agreement__programme=programme)
        .order_by("agreement_id", "number")
        .values_list("agreement_id", "id", "definition__vat__0")
    )
    versions = {agreement: version for agreement, version, _ in recorded}
    say_vat = {agreement for agreement, _, first in recorded if first is not None}
    tariffs = _dated(
        tables.Tariff.objects.filter(outcome_type__programme=programme).values_list(
            "outcome_type__code", "starts_on", "amount_minor"
        )
    )
    fidelity = _dated(
        tables.FidelityReview.objects.filter(service__programme=programme)
        .order_by("position")
        .values_list("service__code", "reviewed_on", "score")
    )
    return Contract(
        programme=programme,
        financial_year=programme.financial_year,
        sides={
            direction: terms.Side(
                [term for row in rows if row.direction == direction for term in _terms(row)],
                tariffs,
                fidelity,
            )
            for direction in Direction
        },
        agreements={
            row.pk: Terms(
                row=row,
                version_id=versions[row.pk],
                vat_rate=row.vat_rate,
                says_vat=row.pk in say_vat,
                quarterly=row.billing == Billing.QUARTERLY,
                fees=tuple(_fee(fee) for fee in row.fixed_fees.all()),
            )
            for row in sorted(rows, key=lambda row: (row.direction != Direction.RECEIVABLE, row.position))
        },
    )


def _dated(rows: Iterable[tuple[str, object, int]]) -> dict[str, terms.DatedValues]:
    pairs: dict[str, list[tuple[object, int]]] = {}
    for code, day, value in rows:
        pairs.setdefault(code, []).append((day, value))
    return {code: terms.DatedValues.of(values) for code, values in pairs.items()}  # type: ignore[arg-type]


def _terms(row: tables.Agreement) -> list[terms.Term]:
    agreement = terms.Agreement(
        key=row.pk,
        ref=row.ref,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        caps=terms.Caps(
            total=row.cap_total_minor,
            years={cap.year: cap.amount_minor for cap in row.year_caps.all()},
            per_participant=row.cap_per_participant_minor,
            partial=row.partial,
            carry_forward=row.over_cap == OverCap.CARRY_FORWARD,
        ),
    )
    return [_term(term, agreement) for term in row.terms.all()]


def _term(row: tables.Term, agreement: terms.Agreement) -> terms.Term:
    return terms.Term(
        key=row.pk,
        ref=row.ref,
        agreement=agreement,
        outcome=row.outcome_type.code,
        price=price_of(row),
        areas=frozenset(row.areas),
        services=frozenset(row.services),
        cohorts=frozenset(row.cohorts),
        hours_min=row.hours_min,
        hours_below=row.hours_below,
        min_fidelity=row.min_fidelity,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        max_count=row.max_count,
        max_amount=row.max_amount_minor,
        priority=row.priority,
        marginal_clawback=row.clawback == Clawback.MARGINAL,
    )


def price_of(row: tables.Term) -> terms.Price:
    """Return a term's price as the rules know it."""
    if row.price_kind == PriceKind.FIXED:
        return terms.Fixed(row.fixed_minor or 0)
    if row.price_kind == PriceKind.PERCENT_OF_TARIFF:
        return terms.PercentOfTariff(row.percent)
    if row.price_kind == PriceKind.BALANCE:
        return terms.Balance()
    bands = list(row.bands.all())
    return terms.Banded(
        limits=tuple(band.up_to for band in bands if band.up_to is not None),
        amounts=tuple(band.amount_minor for band in bands),
    )


def _fee(row: tables.FixedFee) -> fees.FixedFee:
    return fees.FixedFee(
        key=row.pk,
        first=Month.of(row.first_month),
        last=Month.of(row.last_month),
        amount=row.amount_minor,
        total=row.total_minor,
    )
