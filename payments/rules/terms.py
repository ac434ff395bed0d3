"""One side of a programme, ready to price by: agreements, terms, tariffs and fidelity scores."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from mhep.kernel.money import percent_of

NEVER_BOUND = date.min
ALWAYS_OPEN = date.max


@dataclass(frozen=True, slots=True)
class Caps:
    """The most an agreement pays, in minor units; ``None`` means no such cap."""

    total: int | None = None
    years: Mapping[int, int] = field(default_factory=dict)
    per_participant: int | None = None
    partial: bool = True
    carry_forward: bool = False


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement or provider contract. ``key`` identifies it, ``ref`` orders it; dates are inclusive."""

    key: int
    ref: str
    starts_on: date
    ends_on: date
    caps: Caps = Caps()


@dataclass(frozen=True, slots=True)
class Fixed:
    """Pays the same amount for each event."""

    amount: int


@dataclass(frozen=True, slots=True)
class PercentOfTariff:
    """Pays a share of the tariff in force on the outcome date, rounded half up."""

    percent: Decimal


@dataclass(frozen=True, slots=True)
class Banded:
    """Pays by place in the term's own count: ``limits[i]`` is the last place of ``amounts[i]``."""

    limits: tuple[int, ...]  # of every band but the open last one
    amounts: tuple[int, ...]

    def at(self, place: int) -> int:
        """Return the amount of the given place, counted from 1."""
        for limit, amount in zip(self.limits, self.amounts, strict=False):
            if place <= limit:
                return amount
        return self.amounts[-1]


@dataclass(frozen=True, slots=True)
class Balance:
    """Pays the tariff less what the other terms of the side were charged for the event."""


Price = Fixed | PercentOfTariff | Banded | Balance


@dataclass(frozen=True, slots=True)
class Term:
    """
    One thing that an agreement pays for. Empty sets of areas, services and cohorts mean all.

    ``hours_min`` is inclusive and ``hours_below`` exclusive; absent hours meet neither.
    """

    key: int
    ref: str
    agreement: Agreement
    outcome: str
    price: Price
    areas: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    cohorts: frozenset[str] = frozenset()
    hours_min: Decimal | None = None
    hours_below: Decimal | None = None
    min_fidelity: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    max_count: int | None = None
    max_amount: int | None = None
    priority: int = 100
    marginal_clawback: bool = False

    @property
    def order(self) -> tuple[bool, int, str, str]:
        """Terms are priced by priority, agreement and ref, all balance terms after all others."""
        return (isinstance(self.price, Balance), self.priority, self.agreement.ref, self.ref)

    @property
    def first_day(self) -> date:
        return max(self.starts_on or NEVER_BOUND, self.agreement.starts_on)

    @property
    def last_day(self) -> date:
        return min(self.ends_on or ALWAYS_OPEN, self.agreement.ends_on)


@dataclass(frozen=True, slots=True)
class DatedValues:
    """Values by the date from which each holds."""

    days: tuple[date, ...]
    values: tuple[int, ...]

    @classmethod
    def of(cls, pairs: Sequence[tuple[date, int]]) -> DatedValues:
        """Order ``pairs`` by date; of several on one date the last given holds."""
        ordered = sorted(pairs, key=lambda pair: pair[0])
        return cls(tuple(day for day, _ in ordered), tuple(value for _, value in ordered))

    def on(self, day: date) -> int | None:
        """Return the value in force on ``day``, or None before the first."""
        index = bisect_right(self.days, day)
        return self.values[index - 1] if index else None


class Event:
    """
    A verified outcome event with what the terms look at.

    Plain and mutable for speed: a close makes one for each event of the month.
    """

    __slots__ = (
        "area",
        "cohort",
        "hours",
        "key",
        "outcome",
        "outcome_date",
        "participant",
        "reference",
        "service",
    )

    def __init__(  # noqa: PLR0913
        self,
        *,
        key: int,
        reference: str,
        outcome: str,
        outcome_date: date,
        participant: int,
        service: str,
        area: str | None,
        cohort: str | None,
        hours: Decimal | None,
    ) -> None:
        self.key = key
        self.reference = reference
        self.outcome = outcome
        self.outcome_date = outcome_date
        self.participant = participant
        self.service = service
        self.area = area
        self.cohort = cohort
        self.hours = hours


class Side:
    """
    All terms of one direction with the tariffs and fidelity scores they refer to.

    :param tariffs: by outcome code, in minor units.
    :param fidelity: by service code, scores of 25 to 125.
    """

    def __init__(
        self,
        terms: Sequence[Term],
        tariffs: Mapping[str, DatedValues],
        fidelity: Mapping[str, DatedValues],
    ) -> None:
        self.terms: dict[int, Term] = {term.key: term for term in terms}
        self._tariffs = tariffs
        self._fidelity = fidelity
        self._by_outcome: dict[str, list[Term]] = {}
        for term in sorted(terms, key=lambda term: term.order):
            self._by_outcome.setdefault(term.outcome, []).append(term)
        self._by_place: dict[tuple[str, str, str | None, str | None], list[tuple[Term, date, date]]] = {}
        self._shares: dict[tuple[int, int], int] = {}

    def tariff(self, event: Event) -> int | None:
        """Return the tariff in force on the event's outcome date, in minor units."""
        values = self._tariffs.get(event.outcome)
        return values.on(event.outcome_date) if values else None

    def share(self, term: Term, tariff: int) -> int:
        """Return the percentage term's share of ``tariff``."""
        known = self._shares.get((term.key, tariff))
        if known is None:
            assert isinstance(term.price, PercentOfTariff)  # noqa: S101 (a caller's fault, not an input's)
            known = self._shares[term.key, tariff] = percent_of(tariff, term.price.percent)
        return known

    def matching(self, event: Event) -> list[Term]:
        """Return the terms that match the event (pricing, step 4), in the order of pricing (step 3)."""
        place = (event.outcome, event.service, event.area, event.cohort)
        candidates = self._by_place.get(place)
        if candidates is None:
            candidates = self._by_place[place] = [
                (term, term.first_day, term.last_day)
                for term in self._by_outcome.get(event.outcome, ())
                if _serves(term, event)
            ]
        day = event.outcome_date
        return [
            term
            for term, first, last in candidates
            if first <= day <= last and _hours_fit(term, event.hours) and self._fidelity_fits(term, event)
        ]

    def _fidelity_fits(self, term: Term, event: Event) -> bool:
        if term.min_fidelity is None:
            return True
        scores = self._fidelity.get(event.service)
        score = scores.on(event.outcome_date) if scores else None
        return score is not None and score >= term.min_fidelity


def _serves(term: Term, event: Event) -> bool:
    return (
        (not term.areas or event.area in term.areas)
        and (not term.services or event.service in term.services)
        and (not term.cohorts or event.cohort in term.cohorts)
    )


def _hours_fit(term: Term, hours: Decimal | None) -> bool:
    if term.hours_min is not None and (hours is None or hours < term.hours_min):
        return False
    return term.hours_below is None or (hours is not None and hours < term.hours_below)
