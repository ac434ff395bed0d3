"""Where things stand in a programme file: ``agreements[2].terms[0]``, indices from 0."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from funders.rules.definition import AgreementDefinition, ProgrammeDefinition, TermDefinition


@dataclass(frozen=True, slots=True)
class PlacedAgreement:
    place: str
    agreement: AgreementDefinition


@dataclass(frozen=True, slots=True)
class PlacedTerm:
    place: str
    term: TermDefinition
    owner: PlacedAgreement


def side_agreements(definition: ProgrammeDefinition, side: str) -> list[PlacedAgreement]:
    """Return one side's agreements in the order of the file; ``side`` is the list's key in it."""
    agreements = definition.agreements if side == "agreements" else definition.provider_contracts
    return [PlacedAgreement(f"{side}[{index}]", agreement) for index, agreement in enumerate(agreements)]


def side_terms(definition: ProgrammeDefinition, side: str) -> Iterator[PlacedTerm]:
    """Yield the terms of one side in the order of the file."""
    for owner in side_agreements(definition, side):
        for index, term in enumerate(owner.agreement.terms):
            yield PlacedTerm(f"{owner.place}.terms[{index}]", term, owner)
