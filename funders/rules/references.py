"""Codes and what refers to them: repeated, unknown, or named before they are declared."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from funders.rules.definition import FEES, ProgrammeDefinition
from funders.rules.faults import Faults
from funders.rules.places import PlacedTerm, side_agreements, side_terms
from funders.rules.shape import SIDES, Draft

# A code is blank where it is missing or bad. That fault is recorded; the blank is no code.
_Placed = tuple[str, str, str]  # the item's place, the key within it, the code


def check_references(draft: Draft) -> None:
    """Record repeated codes, unknown references and prerequisites that stand later in the list."""
    definition, faults = draft.definition, draft.faults
    for codes in _lists_of_codes(definition):
        _check_unique(codes, faults)
    _check_outcomes(definition, faults)
    for noun, known, references in _references(definition):
        _check_known(noun, known, references, faults)


def _lists_of_codes(definition: ProgrammeDefinition) -> Iterator[list[_Placed]]:
    for key in ("areas", "cohorts", "providers", "services", "outcomes", "funders"):
        yield [(f"{key}[{i}]", "code", each.code) for i, each in enumerate(getattr(definition, key))]
    for side in SIDES:
        placed = side_agreements(definition, side)
        yield [(each.place, "ref", each.agreement.ref) for each in placed]
        for each in placed:
            fees, terms = each.agreement.fixed_fees, each.agreement.terms
            yield [(f"{each.place}.fixed_fees[{i}]", "ref", fee.ref) for i, fee in enumerate(fees)]
            yield [(f"{each.place}.terms[{i}]", "ref", term.ref) for i, term in enumerate(terms)]
            orders = each.agreement.purchase_orders
            yield [
                (f"{each.place}.purchase_orders[{i}]", "number", order.number)
                for i, order in enumerate(orders)
            ]
    yield _taken_over(definition)
    yield from (references for _, _, references in _reference_lists(definition))


def _check_unique(codes: Iterable[_Placed], faults: Faults) -> None:
    seen: set[str] = set()
    for item, key, code in codes:
        if code and code in seen:
            faults.add(
                _at(item, key),
                "duplicate_code",
                f"{code} stands in this list before. Keep it once, or correct it.",
                item=item,
            )
        seen.add(code)


def _at(item: str, key: str) -> str:
    return f"{item}.{key}"


def _check_outcomes(definition: ProgrammeDefinition, faults: Faults) -> None:
    first = {each.code: i for i, each in reversed(list(enumerate(definition.outcomes)))}
    for index, outcome in enumerate(definition.outcomes):
        if outcome.requires is not None and first.get(outcome.requires, -1) > index:
            item = f"outcomes[{index}]"
            message = (
                f"{outcome.requires} stands later in the list. Put a prerequisite before what requires it."
            )
            faults.add(_at(item, "requires"), "bad_value", message, item=item)


def _references(definition: ProgrammeDefinition) -> Iterator[tuple[str, Collection[str], list[_Placed]]]:
    providers = {each.code for each in definition.providers}
    outcomes = {each.code for each in definition.outcomes}
    funders = {each.code for each in definition.funders}
    services = [(f"services[{i}]", "provider", each.provider) for i, each in enumerate(definition.services)]
    yield "provider", providers, services
    required = [
        (f"outcomes[{i}]", "requires", each.requires or "") for i, each in enumerate(definition.outcomes)
    ]
    yield "outcome", outcomes, required
    yield "funder", funders, _taken_over(definition)
    for side, known in (("agreements", funders), ("provider_contracts", providers)):
        parties = [
            (each.place, SIDES[side], each.agreement.party) for each in side_agreements(definition, side)
        ]
        yield SIDES[side], known, parties
        yield (
            "outcome",
            outcomes,
            [(each.place, "outcome", each.term.outcome) for each in side_terms(definition, side)],
        )
        yield "outcome", outcomes | {FEES}, _taxed(definition, side)
    yield from _reference_lists(definition)


def _taken_over(definition: ProgrammeDefinition) -> list[_Placed]:
    successors = ((i, each.succeeds) for i, each in enumerate(definition.funders))
    return [(f"funders[{i}]", "succeeds.funder", each.funder) for i, each in successors if each]


def _taxed(definition: ProgrammeDefinition, side: str) -> list[_Placed]:
    return [
        (each.place, f"vat[{index}].lines", treatment.lines or "")
        for each in side_agreements(definition, side)
        for index, treatment in enumerate(each.agreement.vat)
    ]


def _reference_lists(definition: ProgrammeDefinition) -> Iterator[tuple[str, Collection[str], list[_Placed]]]:
    areas = {each.code for each in definition.areas}
    cohorts = {each.code for each in definition.cohorts}
    services = {each.code for each in definition.services}
    for index, service in enumerate(definition.services):
        yield "area", areas, _each(f"services[{index}]", "areas", service.areas)
        yield "cohort", cohorts, _each(f"services[{index}]", "cohorts", service.cohorts)
    for placed in _all_terms(definition):
        yield "area", areas, _each(placed.place, "areas", placed.term.areas)
        yield "service", services, _each(placed.place, "services", placed.term.services)
        yield "cohort", cohorts, _each(placed.place, "cohorts", placed.term.cohorts)


def _all_terms(definition: ProgrammeDefinition) -> Iterator[PlacedTerm]:
    for side in SIDES:
        yield from side_terms(definition, side)


def _each(item: str, key: str, codes: tuple[str, ...]) -> list[_Placed]:
    return [(item, f"{key}[{index}]", code) for index, code in enumerate(codes)]


def _check_known(noun: str, known: Collection[str], references: Iterable[_Placed], faults: Faults) -> None:
    for item, key, code in references:
        if code and code not in known:
            message = f"No {noun} of this file has the code {code}. Declare it or correct the reference."
            faults.add(_at(item, key), "unknown_reference", message, item=item)
