"""Reads of what funders agreed to pay."""

from __future__ import annotations

from funders.enums import Direction
from funders.models import Agreement, FixedFee, OutcomeType, Programme, Service, Sustainment, Term
from funders.rules.definition import (
    AgreementDefinition,
    Band,
    CapsDefinition,
    FidelityReviewDefinition,
    FixedFeeDefinition,
    FunderDefinition,
    Named,
    OutcomeTypeDefinition,
    Price,
    ProgrammeDefinition,
    ServiceDefinition,
    SustainmentDefinition,
    TariffDefinition,
    TermDefinition,
)
from mhep.kernel.periods import Month


def definition_of(programme: Programme) -> ProgrammeDefinition:
    """
    Return the programme as its file describes it: the exact inverse of storing.

    Reads every list afresh, in a number of queries that does not depend on their length; the
    programme's own fields are those of the instance.
    """
    agreements = list(
        programme.agreements.select_related("funder", "provider").prefetch_related(
            "year_caps", "fixed_fees", "terms__outcome_type", "terms__bands"
        )
    )
    return ProgrammeDefinition(
        code=programme.code,
        name=programme.name,
        currency=programme.currency,
        starts_on=programme.starts_on,
        ends_on=programme.ends_on,
        operator=Named(programme.operator.code, programme.operator.name),
        financial_year_starts=programme.financial_year,
        timezone=programme.timezone,
        language=programme.language,
        areas=tuple(Named(area.code, area.name) for area in programme.areas.all()),
        cohorts=tuple(Named(cohort.code, cohort.name) for cohort in programme.cohorts.all()),
        providers=tuple(
            Named(entry.provider.code, entry.name)
            for entry in programme.provider_entries.select_related("provider")
        ),
        services=tuple(
            _service(service)
            for service in programme.services.select_related("provider").prefetch_related("fidelity_reviews")
        ),
        outcomes=tuple(
            _outcome(outcome)
            for outcome in programme.outcome_types.select_related("requires", "sustainment").prefetch_related(
                "tariffs"
            )
        ),
        funders=tuple(
            FunderDefinition(funder.code, funder.name, funder.kind.lower())
            for funder in programme.funders.all()
        ),
        agreements=_side(agreements, Direction.RECEIVABLE),
        provider_contracts=_side(agreements, Direction.PAYABLE),
    )


def _service(service: Service) -> ServiceDefinition:
    return ServiceDefinition(
        code=service.code,
        provider=service.provider.code,
        name=service.name,
        starts_on=service.starts_on,
        areas=tuple(service.areas),
        cohorts=tuple(service.cohorts),
        fidelity_reviews=tuple(
            FidelityReviewDefinition(review.reviewed_on, review.score)
            for review in service.fidelity_reviews.all()
        ),
    )


def _outcome(outcome: OutcomeType) -> OutcomeTypeDefinition:
    return OutcomeTypeDefinition(
        code=outcome.code,
        name=outcome.name,
        tariffs=tuple(
            TariffDefinition(tariff.starts_on, tariff.amount_minor) for tariff in outcome.tariffs.all()
        ),
        once_per=outcome.once_per.lower(),
        requires=outcome.requires.code if outcome.requires else None,
        min_days_after=outcome.min_days_after,
        min_hours=outcome.min_hours,
        window_days=outcome.window_days,
        submit_within_days=outcome.submit_within_days,
        evidence_all_of=tuple(outcome.evidence_all_of),
        evidence_any_of=tuple(outcome.evidence_any_of),
        evidence_one_set_of=tuple(tuple(each) for each in outcome.evidence_one_set_of),
        sustainment=sustainment_of(outcome),
    )


def sustainment_of(outcome: OutcomeType) -> SustainmentDefinition | None:
    """Return how the outcome is worked out from periods of work, if it is."""
    sustainment: Sustainment | None = getattr(outcome, "sustainment", None)
    if sustainment is None:
        return None
    return SustainmentDefinition(
        weeks=sustainment.weeks,
        within_weeks=sustainment.within_weeks,
        max_gap_days=sustainment.max_gap_days,
        hours_min=sustainment.hours_min,
        hours_below=sustainment.hours_below,
        counts=sustainment.counts.lower(),
        same_job=sustainment.same_job,
    )


def _side(agreements: list[Agreement], direction: Direction) -> tuple[AgreementDefinition, ...]:
    return tuple(_agreement(agreement) for agreement in agreements if agreement.direction == direction)


def _agreement(agreement: Agreement) -> AgreementDefinition:
    party = agreement.funder or agreement.provider
    return AgreementDefinition(
        ref=agreement.ref,
        party=party.code if party else "",
        starts_on=agreement.starts_on,
        ends_on=agreement.ends_on,
        po_number=agreement.po_number or None,
        billing=agreement.billing.lower(),
        payment_days=agreement.payment_days,
        vat_rate=agreement.vat_rate,
        caps=CapsDefinition(
            total_minor=agreement.cap_total_minor,
            financial_year_minor=tuple((cap.year, cap.amount_minor) for cap in agreement.year_caps.all()),
            per_participant_minor=agreement.cap_per_participant_minor,
            partial=agreement.partial,
            over_cap=agreement.over_cap.lower(),
        ),
        fixed_fees=tuple(_fee(fee) for fee in agreement.fixed_fees.all()),
        terms=tuple(_term(term) for term in agreement.terms.all()),
    )


def _fee(fee: FixedFee) -> FixedFeeDefinition:
    return FixedFeeDefinition(
        ref=fee.ref,
        description=fee.description or None,
        first=Month.of(fee.first_month),
        last=Month.of(fee.last_month),
        amount_minor=fee.amount_minor,
        total_minor=fee.total_minor,
    )


def _term(term: Term) -> TermDefinition:
    return TermDefinition(
        ref=term.ref,
        outcome=term.outcome_type.code,
        price=Price(
            kind=term.price_kind.lower(),
            fixed_minor=term.fixed_minor,
            percent=term.percent,
            bands=tuple(Band(band.up_to, band.amount_minor) for band in term.bands.all()),
        ),
        areas=tuple(term.areas),
        services=tuple(term.services),
        cohorts=tuple(term.cohorts),
        hours_min=term.hours_min,
        hours_below=term.hours_below,
        min_fidelity=term.min_fidelity,
        starts_on=term.starts_on,
        ends_on=term.ends_on,
        max_count=term.max_count,
        max_amount_minor=term.max_amount_minor,
        priority=term.priority,
        clawback=term.clawback.lower(),
        clause=term.clause or None,
    )
