"""
A programme as the data standard of INDIGO writes it (a "project"), from figures that may be published. Pure.

What is published is read by everybody, so few outcomes are no figure, and neither is an amount that would
give them away. Field names and lists of values are those of version 4.1 of the standard.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from mhep.kernel.money import to_major

WITHHELD = "Not published: it is about too few people."
COMPLETE = "Complete"
NGO, PUBLIC_BODY, PHILANTHROPIST = (
    "Nonprofit/NGO",
    "Government/Public Sector/Public Bank",
    "Foundation/Philanthropist",
)


@dataclass(frozen=True, slots=True)
class Metric:
    """An outcome type; ``achieved`` is by financial year, with None for what is withheld."""

    code: str
    name: str
    validation: str
    tariff_minor: int | None
    achieved: tuple[tuple[date, date, int | None], ...]


@dataclass(frozen=True, slots=True)
class Paid:
    """What a funder was charged for outcomes in a financial year, net; None for what is withheld."""

    starts_on: date
    ends_on: date
    net_minor: int | None


@dataclass(frozen=True, slots=True)
class Commitment:
    """A funder's agreement: up to what it pays, and what it was charged."""

    payer: str
    role: str
    starts_on: date
    ends_on: date
    most_minor: int | None
    paid: tuple[Paid, ...]


@dataclass(frozen=True, slots=True)
class Provision:
    """A service."""

    code: str
    provider: str
    name: str
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class Project:
    """A programme with all that is published about it."""

    name: str
    currency: str
    operator: str
    starts_on: date
    ends_on: date
    has_ended: bool
    metrics: Sequence[Metric]
    commitments: Sequence[Commitment]
    provisions: Sequence[Provision]


def written(project: Project) -> dict[str, Any]:
    """Return the project as the standard's JSON."""
    return {
        "status": "PUBLIC",
        "name": _value(project.name),
        "stage_development": _value(COMPLETE if project.has_ended else "Implementation"),
        "dates": {
            "start_date_of_service_provision": _public(project.starts_on.isoformat()),
            "anticipated_end_date_of_service_provision": _public(project.ends_on.isoformat()),
        },
        "service_provisions": [_provision(each) for each in project.provisions],
        "outcome_metrics": [_metric(each) for each in project.metrics],
        "outcome_pricings": [
            _pricing(each, project.currency) for each in project.metrics if each.tariff_minor is not None
        ],
        "outcome_payment_commitments": [_commitment(each, project.currency) for each in project.commitments],
        "outcome_payment_plans": [_plan(*years) for years in _years(project)],
        "outcome_payments": [
            _payment(paid, each, project) for each in project.commitments for paid in each.paid
        ],
        "results": [row for each in project.metrics for row in _results(each)],
    }


def _value(value: object) -> dict[str, object]:
    return {"value": value}


def _public(value: object) -> dict[str, object]:
    return {"value": value, "status": "PUBLIC"}


def _number(minor: int) -> dict[str, object]:
    """Return an amount as the number that the standard wants; its two decimals are exact as text."""
    return _value(float(to_major(minor)))


def _period(starts_on: date, ends_on: date) -> dict[str, object]:
    return {"start_date": _value(starts_on.isoformat()), "end_date": _value(ends_on.isoformat())}


def _provision(each: Provision) -> dict[str, object]:
    ends = {"end_date": _value(each.ends_on.isoformat())} if each.ends_on else {}
    return {
        "id": each.code,
        "organisation_id": _value(each.provider),
        "organisation_role_category": _value(NGO),
        "intervention": _value(each.name),
        "planned_service": {"start_date": _value(each.starts_on.isoformat()), **ends},
        "status": "PUBLIC",
    }


def _metric(each: Metric) -> dict[str, object]:
    return {
        "id": each.code,
        "definition": _value(each.name),
        "unit_type_of_targeted_service_users_or_beneficiaries": _value("Individual"),
        "outcome_validation_method": _value(each.validation),
        "status": "PUBLIC",
    }


def _pricing(each: Metric, currency: str) -> dict[str, object]:
    return {
        "outcome_metric_id": _value(each.code),
        "currency": _value(currency),
        "price_per_unit": {"amount": _number(each.tariff_minor or 0)},
        "price_description": _value("Tariff; each funder pays its share or its own price"),
        "status": "PUBLIC",
    }


def _commitment(each: Commitment, currency: str) -> dict[str, object]:
    body: dict[str, object] = {
        "organisation_id": _value(each.payer),
        "organisation_role_category": _value(each.role),
        "result_type": _value("Interim"),
        "period": _period(each.starts_on, each.ends_on),
        "status": "PUBLIC",
    }
    if each.most_minor is not None:
        body["maximum_potential_outcome_payment"] = _money(each.most_minor, currency)
    amounts = [paid.net_minor for paid in each.paid]
    if None in amounts:
        body["notes"] = WITHHELD
    else:
        body["total_outcome_payments"] = _money(sum(amount or 0 for amount in amounts), currency)
    return body


def _money(minor: int, currency: str) -> dict[str, object]:
    return {"currency": _public(currency), "amount": _number(minor)}


def _years(project: Project) -> list[tuple[date, date]]:
    return sorted({(paid.starts_on, paid.ends_on) for each in project.commitments for paid in each.paid})


def _plan(starts_on: date, ends_on: date) -> dict[str, object]:
    return {"id": _value(str(starts_on.year)), "period": _period(starts_on, ends_on), "status": "PUBLIC"}


def _payment(paid: Paid, commitment: Commitment, project: Project) -> dict[str, object]:
    body: dict[str, object] = {
        "outcome_payment_plan_id": _value(str(paid.starts_on.year)),
        "period": _period(paid.starts_on, paid.ends_on),
        "payer_organisation_id": _value(commitment.payer),
        "recipient_organisation_id": _value(project.operator),
        "type": _value("Actual"),
        "status": "PUBLIC",
    }
    if paid.net_minor is None:
        return body | {"notes": WITHHELD}
    money = {"currency": _value(project.currency), "amount": _number(paid.net_minor)}
    return body | {"money": money}


def _results(each: Metric) -> Iterable[dict[str, object]]:
    for starts_on, ends_on, achieved in each.achieved:
        body: dict[str, object] = {
            "outcome_metric_id": _value(each.code),
            "result_level": _value("Project level"),
            "result_type": _value("Interim"),
            "period": _period(starts_on, ends_on),
            "status": "PUBLIC",
        }
        if achieved is None:
            yield body | {"notes": WITHHELD}
        else:
            yield body | {"outcomes_achieved": _value(str(achieved))}
