"""Warnings about a sound file: what it may cost, leave unpaid or pay twice (spec: Warnings)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from funders.rules.coverage import Group, Reach, Served, groups, hours_of_interest, in_time
from funders.rules.definition import OutcomeTypeDefinition, ProgrammeDefinition
from funders.rules.places import PlacedTerm, side_terms
from funders.rules.shape import SIDES
from mhep.kernel.money import percent_of, to_major
from mhep.kernel.problems import Problem


def cautions(definition: ProgrammeDefinition) -> tuple[Problem, ...]:
    """Return the warnings of a sound programme, each place and code once, sorted by place as plain text."""
    served = [Served.by(each, definition) for each in definition.services]
    found: dict[tuple[str, str], Problem] = {}
    for problem in _all(definition, served):
        found.setdefault((problem.place, problem.code), problem)
    return tuple(sorted(found.values()))


def _all(definition: ProgrammeDefinition, served: Sequence[Served]) -> Iterator[Problem]:
    for side in SIDES:
        terms = list(side_terms(definition, side))
        yield from _band_cliffs(terms)
        yield from _beyond_tariff(definition, terms, served)
        yield from _uneven_hours(definition, terms, served)
    yield from _unfunded(definition)


def _unfunded(definition: ProgrammeDefinition) -> Iterator[Problem]:
    funded = {each.term.outcome for each in side_terms(definition, "agreements")}
    for index, outcome in enumerate(definition.outcomes):
        if outcome.code not in funded:
            message = f"No funder pays for {outcome.code}. Add a term to an agreement if one should."
            yield Problem(f"outcomes[{index}]", "unfunded_outcome", message)


def _band_cliffs(terms: Iterable[PlacedTerm]) -> Iterator[Problem]:
    for each in terms:
        amounts = [band.amount_minor for band in each.term.price.bands]
        for before, after in pairwise(amounts):
            if after < before:
                message = (
                    f"A band pays {to_major(after)}, less than the {to_major(before)} of the one before."
                )
                yield Problem(f"{each.place}.price.bands", "band_cliff", message)


def _beyond_tariff(
    definition: ProgrammeDefinition, terms: Iterable[PlacedTerm], served: Sequence[Served]
) -> Iterator[Problem]:
    by_outcome: defaultdict[str, list[PlacedTerm]] = defaultdict(list)
    for each in terms:
        if each.term.price.kind in {"fixed", "percent_of_tariff"}:
            by_outcome[each.term.outcome].append(each)
    for index, outcome in enumerate(definition.outcomes):
        priced = by_outcome.get(outcome.code, [])
        excess = _Excess(outcome, priced, [Reach.of(each) for each in priced]).first(served)
        if excess:
            yield Problem(f"outcomes[{index}]", "may_exceed_tariff", excess)


@dataclass(frozen=True, slots=True)
class _Excess:
    """Looks for a day and hours at which the terms that apply together pay more than the tariff."""

    outcome: OutcomeTypeDefinition
    terms: Sequence[PlacedTerm]
    reaches: Sequence[Reach]

    def first(self, served: Sequence[Served]) -> str | None:
        starts = [each.starts_on.toordinal() for each in self.outcome.tariffs]
        if not starts:
            return None
        amounts = [each.amount_minor for each in self.outcome.tariffs]
        dearest = [self._charge(index, max(amounts)) for index in range(len(self.terms))]
        for group in groups(self.reaches, served):
            if sum(dearest[index] for index in group) <= min(amounts):
                continue  # not even all of them at once exceed any tariff
            for day, here in in_time(self.reaches, group, starts):
                message = self._on(day, here)
                if message:
                    return message
        return None

    def _on(self, day: int, here: Group) -> str | None:
        tariff = self._tariff_on(day)
        if tariff is None:
            return None
        charges = {index: self._charge(index, tariff) for index in here}
        if sum(charges.values()) <= tariff:
            return None
        for hours in hours_of_interest(self.reaches, here, Decimal(0)):
            together = [index for index in here if self.reaches[index].takes_hours(hours)]
            total = sum(charges[index] for index in together)
            if total > tariff:
                return self._message(date.fromordinal(day), together, total, tariff)
        return None

    def _tariff_on(self, day: int) -> int | None:
        begun = [each for each in self.outcome.tariffs if each.starts_on.toordinal() <= day]
        return max(begun, key=lambda each: each.starts_on).amount_minor if begun else None

    def _charge(self, index: int, tariff: int) -> int:
        price = self.terms[index].term.price
        return percent_of(tariff, price.percent) if price.percent is not None else price.fixed_minor or 0

    def _message(self, day: date, together: Iterable[int], total: int, tariff: int) -> str:
        names = ", ".join(f"{self.terms[i].owner.agreement.ref}/{self.terms[i].term.ref}" for i in together)
        return (
            f"On {day} these terms together pay {to_major(total)} for one {self.outcome.code}, "
            f"more than its tariff of {to_major(tariff)}: {names}."
        )


def _uneven_hours(
    definition: ProgrammeDefinition, terms: Iterable[PlacedTerm], served: Sequence[Served]
) -> Iterator[Problem]:
    least = {each.code: each.min_hours or Decimal(0) for each in definition.outcomes}
    grouped: defaultdict[tuple[str, str], list[PlacedTerm]] = defaultdict(list)
    for each in terms:
        if each.term.price.kind != "balance":
            grouped[each.owner.place, each.term.outcome].append(each)
    for (_, outcome), together in grouped.items():
        reaches = [Reach.of(each) for each in together]
        if any(reach.names_hours for reach in reaches):
            yield from _uneven_hours_of_one(together, reaches, served, least[outcome])


def _uneven_hours_of_one(
    terms: Sequence[PlacedTerm], reaches: Sequence[Reach], served: Sequence[Served], least: Decimal
) -> Iterator[Problem]:
    sets = {here for group in groups(reaches, served) for _, here in in_time(reaches, group)}
    for here in sorted(sets):
        if any(reaches[index].names_hours for index in here):
            yield from _uneven(terms[here[0]], reaches, here, least)


def _uneven(first: PlacedTerm, reaches: Sequence[Reach], here: Group, least: Decimal) -> Iterator[Problem]:
    for hours in hours_of_interest(reaches, here, least):
        takers = sum(reaches[index].takes_hours(hours) for index in here)
        if takers == 0:
            message = f"For {first.term.outcome}, {hours} hours a week is in none of this agreement's terms."
            yield Problem(first.place, "hours_gap", message)
        elif takers > 1:
            message = (
                f"For {first.term.outcome}, {hours} hours a week is in {takers} of this agreement's terms."
            )
            yield Problem(first.place, "hours_overlap", message)
