"""What a well-formed file must not say: the checks from ``bad_bands`` to ``ambiguous_balance``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise

from funders.rules.coverage import Reach, Served, groups
from funders.rules.definition import (
    Band,
    CapsDefinition,
    OutcomeTypeDefinition,
    ProgrammeDefinition,
    ServiceDefinition,
)
from funders.rules.places import PlacedAgreement, PlacedTerm, side_agreements, side_terms
from funders.rules.shape import SIDES, Draft
from mhep.kernel.periods import Month


def check_consistency(draft: Draft) -> None:
    """
    Record what contradicts itself, passing over every item with a fault of its own.

    Where a check of a sound item needs a value of another that could not be read, it is passed
    over too: what is mended first may be all that was wrong.
    """
    _check_programme(draft)
    _check_outcomes(draft)
    _check_successions(draft)
    for side in SIDES:
        for placed in side_agreements(draft.definition, side):
            _check_agreement(draft, placed)
        placed_terms = side_terms(draft.definition, side)
        terms = [each for each in placed_terms if not draft.faults.have_spoilt(each.place)]
        for each in terms:
            _check_term(draft, each)
        _check_carry_forward(draft, terms)
        _check_balances(draft, terms)


def _check_programme(draft: Draft) -> None:
    definition = draft.definition
    if not draft.faults.have_spoilt("programme"):
        _check_order(draft, "programme.ends_on", definition.starts_on, definition.ends_on)


def _check_outcomes(draft: Draft) -> None:
    for index, outcome in enumerate(draft.definition.outcomes):
        place = f"outcomes[{index}]"
        if outcome.requires == outcome.code and not draft.faults.have_spoilt(place):
            message = f"{outcome.code} requires itself. Name the outcome that comes before it, or none."
            draft.faults.add(f"{place}.requires", "prerequisite_cycle", message)


def _check_successions(draft: Draft) -> None:
    """Nobody takes over from itself, at once or in a circle."""
    before = {each.code: each.succeeds.funder for each in draft.definition.funders if each.succeeds}
    for index, funder in enumerate(draft.definition.funders):
        place = f"funders[{index}]"
        seen, code = set[str](), funder.code
        while code in before and code not in seen:
            seen.add(code)
            code = before[code]
        if code == funder.code and seen and not draft.faults.have_spoilt(place):
            message = f"{funder.code} takes over from itself. Name the body before it, or none."
            draft.faults.add(f"{place}.succeeds.funder", "bad_value", message)


def _check_order(draft: Draft, place: str, start: date | Month, end: date | Month) -> None:
    if str(end) < str(start):
        message = f"The end, {end}, is before the start, {start}. Correct one of them."
        draft.faults.add(place, "bad_dates", message)


def _check_agreement(draft: Draft, placed: PlacedAgreement) -> None:
    agreement = placed.agreement
    if not draft.faults.have_spoilt(placed.place) and _knows(draft, placed, "starts_on", "ends_on"):
        ends_at, starts_at = f"{placed.place}.ends_on", f"{placed.place}.starts_on"
        if ends_at not in draft.defaulted:
            _check_order(draft, ends_at, agreement.starts_on, agreement.ends_on)
        elif starts_at not in draft.defaulted:
            _check_order(draft, starts_at, agreement.starts_on, agreement.ends_on)
    for index, fee in enumerate(agreement.fixed_fees):
        place = f"{placed.place}.fixed_fees[{index}]"
        if not draft.faults.have_spoilt(place):
            _check_order(draft, f"{place}.to", fee.first, fee.last)


def _knows(draft: Draft, placed: PlacedAgreement, *keys: str) -> bool:
    """Tell whether these dates of an agreement, or the programme's that stand in for them, could be read."""
    own = (f"{placed.place}.{key}" for key in keys)
    sources = (
        f"programme.{place.rpartition('.')[2]}" if place in draft.defaulted else place for place in own
    )
    return not any(draft.faults.are_at(each) for each in ("programme", *sources))


def _check_term(draft: Draft, placed: PlacedTerm) -> None:
    term = placed.term
    if term.price.kind == "bands":
        _check_bands(draft, placed)
    if term.clawback == "marginal":
        _check_marginal(draft, placed)
    if term.price.kind in {"percent_of_tariff", "balance"}:
        _check_tariff(draft, placed)
    if term.starts_on is not None and term.ends_on is not None:
        _check_order(draft, f"{placed.place}.to", term.starts_on, term.ends_on)


def _check_bands(draft: Draft, placed: PlacedTerm) -> None:
    why = _fault_of_bands(placed.term.price.bands)
    if why:
        draft.faults.add(f"{placed.place}.price.bands", "bad_bands", why)


def _fault_of_bands(bands: Sequence[Band]) -> str | None:
    if not bands or bands[-1].up_to is not None:
        return "Add a last band without up_to, for every place beyond."
    ends = [band.up_to for band in bands[:-1]]
    known = [end for end in ends if end is not None]
    if len(known) < len(ends):
        return "Only the last band may lack up_to. Say how far the others go."
    if any(end < 1 for end in known):
        return "Places count from 1. Give up_to a number of 1 or more."
    if any(later <= earlier for earlier, later in pairwise(known)):
        return "Each up_to must be above the one before. Put the bands in order."
    return None


def _check_marginal(draft: Draft, placed: PlacedTerm) -> None:
    place = f"{placed.place}.clawback"
    if placed.term.price.kind != "bands":
        message = "Marginal clawback works with bands only. Use first_paid, or price by bands."
        draft.faults.add(place, "bad_bands", message)
    elif placed.term.max_amount_minor is not None or _caps_money(placed.owner.agreement.caps):
        message = (
            "Marginal clawback does not go with a cap in money, here or of the agreement. Use first_paid."
        )
        draft.faults.add(place, "marginal_with_cap", message)


def _caps_money(caps: CapsDefinition) -> bool:
    return bool(caps.financial_year_minor) or (caps.total_minor, caps.per_participant_minor) != (None, None)


def _check_tariff(draft: Draft, placed: PlacedTerm) -> None:
    if not _knows(draft, placed.owner, "starts_on"):
        return
    start = max(placed.owner.agreement.starts_on, placed.term.starts_on or date.min)
    index, outcome = _outcome(draft.definition, placed.term.outcome)
    if _tariffs_unread(draft, index, outcome) or any(each.starts_on <= start for each in outcome.tariffs):
        return
    message = f"{outcome.code} has no tariff on {start}, when this term begins. Add one, or begin later."
    draft.faults.add(f"{placed.place}.price", "missing_tariff", message)


def _outcome(definition: ProgrammeDefinition, code: str) -> tuple[int, OutcomeTypeDefinition]:
    return next((index, each) for index, each in enumerate(definition.outcomes) if each.code == code)


def _tariffs_unread(draft: Draft, index: int, outcome: OutcomeTypeDefinition) -> bool:
    place = f"outcomes[{index}].tariff"
    parts = (f"{place}[{each}]" for each in range(len(outcome.tariffs)))
    return draft.faults.are_at(place) or any(
        draft.faults.are_at(part) or draft.faults.are_at(f"{part}.from") for part in parts
    )


def _check_carry_forward(draft: Draft, terms: Sequence[PlacedTerm]) -> None:
    balanced = {each.term.outcome for each in terms if each.term.price.kind == "balance"}
    for each in terms:
        if each.owner.agreement.caps.over_cap == "carry_forward" and each.term.outcome in balanced:
            message = (
                f"A balance term pays the rest of {each.term.outcome} at once, so nothing can be "
                "carried forward. Use over_cap: lapse, or another price than balance."
            )
            draft.faults.add(each.place, "carry_forward_with_balance", message)


def _check_balances(draft: Draft, terms: Sequence[PlacedTerm]) -> None:
    by_outcome: defaultdict[str, list[PlacedTerm]] = defaultdict(list)
    for each in terms:
        if each.term.price.kind == "balance" and _knows(draft, each.owner, "starts_on", "ends_on"):
            by_outcome[each.term.outcome].append(each)
    served = [Served.by(each, draft.definition) for each in _readable_services(draft)]
    for balances in by_outcome.values():
        _check_balances_of_one(draft, balances, served)


def _readable_services(draft: Draft) -> Iterator[ServiceDefinition]:
    for index, service in enumerate(draft.definition.services):
        place = f"services[{index}]"
        if not any(draft.faults.are_at(each) for each in (place, f"{place}.areas", f"{place}.cohorts")):
            yield service


def _check_balances_of_one(draft: Draft, terms: Sequence[PlacedTerm], served: Sequence[Served]) -> None:
    reaches = [Reach.of(each) for each in terms]
    clashes: dict[int, int] = {}
    for group in groups(reaches, served):
        for position, later in enumerate(group):
            earlier = clashes.get(later, later)
            for index in group[:position]:
                if index >= earlier:
                    break
                if reaches[index].meets(reaches[later]):
                    clashes[later] = index
                    break
    for later, earlier in clashes.items():
        other = f"{terms[earlier].owner.agreement.ref}/{terms[earlier].term.ref}"
        message = f"This and {other} can match the same event, and only one can pay its balance. Narrow one."
        draft.faults.add(f"{terms[later].place}.price", "ambiguous_balance", message)
