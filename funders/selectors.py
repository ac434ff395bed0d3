"""Reads of what funders agreed to pay."""

from __future__ import annotations

from collections.abc import Collection

from accounts.rules.digests import Whereabouts
from funders.enums import Direction
from funders.models import (
    Agreement,
    BuyerFacts,
    FixedFee,
    Funder,
    OutcomeType,
    Programme,
    PurchaseOrder,
    Service,
    Succession,
    Sustainment,
    Term,
    VatTreatment,
)
from funders.rules.definition import (
    AgreementDefinition,
    ApprovalDefinition,
    Band,
    BuyerDefinition,
    CapsDefinition,
    EAddress,
    FidelityReviewDefinition,
    FixedFeeDefinition,
    FunderDefinition,
    Named,
    OutcomeTypeDefinition,
    Price,
    ProgrammeDefinition,
    PurchaseOrderDefinition,
    ServiceDefinition,
    SuccessionDefinition,
    SustainmentDefinition,
    TariffDefinition,
    TermDefinition,
    VatTreatmentDefinition,
)
from mhep.kernel.periods import Month
from mhep.kernel.working_days import UNITED_KINGDOM

LONDON = "Europe/London"


def definition_of(programme: Programme) -> ProgrammeDefinition:
    """
    Return the programme as its file describes it: the exact inverse of storing.

    Reads every list afresh, in a number of queries that does not depend on their length; the
    programme's own fields are those of the instance.
    """
    agreements = list(
        programme.agreements.select_related("funder", "provider").prefetch_related(
            "year_caps",
            "fixed_fees",
            "terms__outcome_type",
            "terms__bands",
            "purchase_orders",
            "vat_treatments",
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
            _funder(funder)
            for funder in programme.funders.select_related("buyer_facts", "succession__predecessor")
        ),
        agreements=_side(agreements, Direction.RECEIVABLE),
        provider_contracts=_side(agreements, Direction.PAYABLE),
    )


def places_of_people(users: Collection[int]) -> dict[int, Whereabouts]:
    """
    Return where each person is who has a role in a programme, by key, in four queries.

    Whoever has programmes in several places gets that of the first by code. The country is the operator's;
    where the programme file does not say it, London is in the United Kingdom and others are not known.
    """
    roles = (
        "operator__members__user",
        "operator__investors__members__user",
        "services__provider__members__user",
        "funders__members__user",
    )
    found: dict[int, tuple[str, str, str]] = {}
    for role in roles:
        programmes = Programme.objects.filter(**{f"{role}__in": users})
        rows = programmes.values_list(role, "code", "timezone", "operator__country")
        for user, *place in rows.distinct():
            code, zone, country = place
            found[user] = min((code, zone, country), found.get(user, (code, zone, country)))
    return {
        user: Whereabouts(zone, country or (UNITED_KINGDOM if zone == LONDON else ""))
        for user, (_, zone, country) in found.items()
    }


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


def _funder(funder: Funder) -> FunderDefinition:
    facts: BuyerFacts | None = getattr(funder, "buyer_facts", None)
    succession: Succession | None = getattr(funder, "succession", None)
    return FunderDefinition(
        code=funder.code,
        name=funder.name,
        kind=funder.kind.lower(),
        invoicing=buyer(facts) if facts else BuyerDefinition(),
        succeeds=SuccessionDefinition(succession.predecessor.code, succession.starts_on)
        if succession
        else None,
    )


def buyer(facts: BuyerFacts) -> BuyerDefinition:
    """Return what invoices say about a funder."""
    return BuyerDefinition(
        legal_name=facts.legal_name or None,
        address=facts.address or None,
        country=facts.country or None,
        e_address=EAddress(facts.e_address_scheme, facts.e_address_id) if facts.e_address_scheme else None,
        vat_number=facts.vat_number or None,
        registration_number=facts.registration_number or None,
        buyer_reference=facts.buyer_reference or None,
        gln=facts.gln or None,
        siret=facts.siret or None,
        service_code=facts.service_code or None,
        engagement_number=facts.engagement_number or None,
        language=facts.language or None,
    )


def vat_treatment(treatment: VatTreatment) -> VatTreatmentDefinition:
    """Return how some of an agreement's lines are taxed."""
    return VatTreatmentDefinition(
        category=treatment.category.lower(),
        lines=treatment.lines or None,
        starts_on=treatment.starts_on,
        rate=treatment.rate,
        reason=treatment.reason or None,
    )


def purchase_order(order: PurchaseOrder) -> PurchaseOrderDefinition:
    """Return one of an agreement's purchase orders."""
    return PurchaseOrderDefinition(order.number, order.starts_on, order.ends_on, order.amount_minor)


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
        vat=tuple(vat_treatment(treatment) for treatment in agreement.vat_treatments.all()),
        purchase_orders=tuple(purchase_order(order) for order in agreement.purchase_orders.all()),
        po_required=agreement.po_required,
        due_on=agreement.due_on.lower(),
        caps=CapsDefinition(
            total_minor=agreement.cap_total_minor,
            financial_year_minor=tuple((cap.year, cap.amount_minor) for cap in agreement.year_caps.all()),
            per_participant_minor=agreement.cap_per_participant_minor,
            partial=agreement.partial,
            over_cap=agreement.over_cap.lower(),
        ),
        fixed_fees=tuple(_fee(fee) for fee in agreement.fixed_fees.all()),
        terms=tuple(_term(term) for term in agreement.terms.all()),
        approval=_approval(agreement),
    )


def _approval(agreement: Agreement) -> ApprovalDefinition | None:
    if agreement.approval_days is None:
        return None
    return ApprovalDefinition(agreement.approval_days, agreement.approval_silence.lower())


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
