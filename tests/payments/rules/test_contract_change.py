"""Which changes of a contract would alter a documented amount: the cases that need no database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from funders.rules.definition import (
    AgreementDefinition,
    CapsDefinition,
    FidelityReviewDefinition,
    FunderDefinition,
    Named,
    OutcomeTypeDefinition,
    Price,
    ProgrammeDefinition,
    ServiceDefinition,
    TariffDefinition,
    TermDefinition,
)
from payments.rules.contract_change import (
    Documented,
    DocumentedCharge,
    agreements_to_look_at,
    already_invoiced,
)

FIRST, LAST, DAY = date(2026, 4, 1), date(2029, 3, 31), date(2026, 6, 1)
KEY = ("agreements", "A-1")
NO_CAPS = CapsDefinition()
TERM = TermDefinition("job", "JOB", Price("percent_of_tariff", percent=Decimal(50)), min_fidelity=90)
CHARGE = DocumentedCharge("job", "S", "X", None, Decimal(20), DAY, 1, 50000)


def programme(
    *,
    term: TermDefinition = TERM,
    caps: CapsDefinition = NO_CAPS,
    tariff: int = 100000,
    score: int = 95,
) -> ProgrammeDefinition:
    return ProgrammeDefinition(
        "P",
        "Programme",
        "GBP",
        FIRST,
        LAST,
        Named("OP", "Operator"),
        areas=(Named("X", "X"),),
        providers=(Named("PR", "Provider"),),
        services=(
            ServiceDefinition(
                "S", "PR", "Service", FIRST, fidelity_reviews=(FidelityReviewDefinition(FIRST, score),)
            ),
        ),
        outcomes=(OutcomeTypeDefinition("JOB", "Job", tariffs=(TariffDefinition(FIRST, tariff),)),),
        funders=(FunderDefinition("A", "Funder", "local"),),
        agreements=(AgreementDefinition("A-1", "A", FIRST, LAST, caps=caps, terms=(term,)),),
    )


def places(before: ProgrammeDefinition, now: ProgrammeDefinition, **papers: Any) -> list[str]:
    documented = {KEY: Documented(charges=(CHARGE,), **papers)}
    return [problem.place for problem in already_invoiced(before, now, documented)]


def test_price_and_tariff_that_change_together_to_the_same_amount_are_no_change() -> None:
    quarter = replace(TERM, price=Price("percent_of_tariff", percent=Decimal(25)))

    assert places(programme(), programme(term=quarter, tariff=200000)) == []
    assert places(programme(), programme(term=quarter)) == ["agreements[0].terms[0].price"]
    assert places(programme(), programme(tariff=200000)) == ["outcomes[0].tariff[0].amount"]
    assert places(programme(), programme(term=quarter, tariff=300000)) == [
        "agreements[0].terms[0].price",
        "outcomes[0].tariff[0].amount",
    ]


def test_a_percentage_may_become_the_fixed_price_that_it_came_to() -> None:
    same = replace(TERM, price=Price("fixed", fixed_minor=50000))

    assert places(programme(), programme(term=same)) == []


def test_what_a_balance_would_have_been_is_not_known() -> None:
    assert places(programme(), programme(term=replace(TERM, price=Price("balance")))) == [
        "agreements[0].terms[0].price"
    ]


def test_a_score_that_is_no_longer_enough_is_named_where_it_changed() -> None:
    assert places(programme(), programme(score=89)) == ["services[0].fidelity_reviews"]
    assert places(programme(), programme(term=replace(TERM, min_fidelity=96))) == [
        "agreements[0].terms[0].min_fidelity"
    ]
    assert places(programme(), programme(term=replace(TERM, min_fidelity=96), score=97)) == []
    assert places(programme(), programme(term=replace(TERM, min_fidelity=93), score=92)) == [
        "agreements[0].terms[0].min_fidelity",
        "services[0].fidelity_reviews",
    ]


def test_how_caps_cut_and_carry_stays_once_a_document_rests_on_it() -> None:
    carrying = CapsDefinition(over_cap="carry_forward")
    whole = CapsDefinition(partial=False)

    assert places(programme(), programme(caps=whole)) == []
    assert places(programme(), programme(caps=whole), cut=True) == ["agreements[0].caps.partial"]
    assert places(programme(caps=carrying), programme()) == []
    assert places(programme(caps=carrying), programme(), carried=True) == ["agreements[0].caps.over_cap"]


def test_the_way_of_clawback_stays_once_a_credit_is_documented() -> None:
    marginal = programme(term=replace(TERM, clawback="marginal"))

    assert places(programme(), marginal) == []
    assert places(programme(), marginal, credited=frozenset({"job"})) == ["agreements[0].terms[0].clawback"]


def test_a_cap_may_fall_to_what_is_documented_and_no_further() -> None:
    used = {"net_by_term": {"job": 50000}, "net_by_year": {2026: 50000}, "most_for_a_person": 50000}

    exact = CapsDefinition(50000, ((2026, 50000), (2027, 0)), 50000)
    below = CapsDefinition(49999, ((2026, 49999),), 49999)

    assert places(programme(), programme(caps=exact), **used) == []
    assert places(programme(), programme(caps=below), **used) == [
        "agreements[0].caps.financial_year.2026",
        "agreements[0].caps.per_participant",
        "agreements[0].caps.total",
    ]
    assert places(programme(caps=below), programme(caps=below), **used) == []


def test_only_agreements_that_a_change_may_touch_are_looked_at() -> None:
    before = programme()

    assert agreements_to_look_at(before, replace(before, name="Other")) == []
    assert agreements_to_look_at(before, programme(score=96)) == [KEY]
    assert agreements_to_look_at(before, programme(tariff=5)) == [KEY]
    assert agreements_to_look_at(before, replace(before, currency="EUR")) == [KEY]
    assert agreements_to_look_at(before, replace(before, agreements=())) == [KEY]
    fixed = programme(term=replace(TERM, price=Price("fixed", fixed_minor=1), min_fidelity=None))
    assert agreements_to_look_at(fixed, replace(fixed, outcomes=programme(tariff=5).outcomes)) == []
