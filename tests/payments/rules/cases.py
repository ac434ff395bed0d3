"""Cases to explain: a job start in Ealing that a council pays 1,500.00 for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from funders.rules.definition import AgreementDefinition, CapsDefinition, Price, TermDefinition
from mhep.kernel.periods import Month, YearStart
from payments.rules.explanation.case import Case, Conditions, EventFacts, Row
from payments.rules.explanation.page import Amount, Exact, Explanation, Link, Step, Text
from payments.rules.pricing import Rooms

APRIL, MAY = Month(2026, 4), Month(2026, 5)
EVENT = EventFacts(
    key=7,
    reference="E-1",
    outcome="JOB_START",
    outcome_name="Job start",
    participant="P-1",
    outcome_date=date(2026, 4, 6),
    hours=Decimal(20),
    job="",
    evidence=("payslip",),
    service="WL-1",
    area="EAL",
    cohort=None,
    submitted_on=date(2026, 4, 8),
    submitted_by="",
    verified_on=date(2026, 4, 9),
    verified_by="Vera Fye",
)
FIXED = Price("fixed", fixed_minor=150_000)


def row(**changes: Any) -> Row:
    values: dict[str, Any] = {
        "key": 11,
        "kind": "CHARGE",
        "reason": "FULL",
        "month": APRIL,
        "amount": 150_000,
        "year": 2026,
        "place_before": 3,
        "place": 4,
        "entitlement": 150_000,
    }
    return Row(**{**values, **changes})


def term(price: Price = FIXED, **changes: Any) -> TermDefinition:
    return replace(TermDefinition("job-start", "JOB_START", price), **changes)


def case(
    *,
    price: Price = FIXED,
    caps: CapsDefinition | None = None,
    terms: dict[str, Any] | None = None,
    **changes: Any,
) -> Case:
    """Return a case whose charge has the row's ``changes`` and whose term the given price and caps."""
    its_term = term(price, **(terms or {}))
    agreement = AgreementDefinition(
        "EALING-1",
        "EALING",
        date(2026, 4, 1),
        date(2029, 3, 31),
        caps=caps or CapsDefinition(),
        terms=(its_term,),
    )
    parts = {name: changes.pop(name) for name in list(changes) if name in Case.__dataclass_fields__}
    values: dict[str, Any] = {
        "row": row(**changes),
        "conditions": Conditions(agreement, 2, its_term),
        "party": "Ealing Council",
        "payable": False,
        "year_start": YearStart(4, 1),
        "names": {"Area EAL": "Ealing"},
        "event": EVENT,
    }
    return Case(**{**values, **parts})


def rooms(term: int | None = None, total: int | None = None, year: int | None = None) -> Rooms:
    return Rooms(term, total, year, None)


def in_words(text: Text) -> str:
    """Return a sentence as it reads, amounts in pounds."""
    return "".join(_words(part) for part in text)


def step(explanation: Explanation, title: str) -> Step:
    """Return the one step of that title."""
    (found,) = [each for each in explanation.steps if each.title == title]
    return found


def _words(part: object) -> str:
    if isinstance(part, Amount):
        return f"£{part.minor // 100:,}.{part.minor % 100:02d}"
    if isinstance(part, Exact):
        return f"£{part.value}"
    if isinstance(part, Link):
        return part.text
    return f"{part.day} {part:%B %Y}" if isinstance(part, date) else str(part)
