"""
Runs the pricing rules month by month over a world, handing on what the services hand on.

What stands is rebuilt from what the month before left, as it is from the tables: totals of
agreements from their terms, sums of people from their charges, and only for people who are needed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from mhep.kernel.periods import YearStart
from payments.rules import pricing
from payments.rules.terms import DatedValues, Event, Side
from tests.payments.rules.oracle import Claim, World

PriceMonth = Callable[..., pricing.PricedMonth]


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision or credit as stored; ``amount`` is negative for a credit. Amounts in minor units."""

    key: int
    period: int
    kind: str
    term: int
    event: int
    amount: int
    reason: str
    year: int
    place_before: int | None
    place: int | None
    entitlement: int
    rooms: pricing.Rooms
    credits: int | None = None


def run(world: World, *, look_again: bool = False, keys: list[int] | None = None) -> list[Entry]:
    """
    Price every month of the world.

    :param look_again: give every month all earlier events again, as after a change of terms.
    :param keys: the key of each claim; the order in which they were stored must not matter.
    """
    return _Runner(world, keys or list(range(1, len(world.claims) + 1)), look_again=look_again).all_months()


class _Runner:
    def __init__(self, world: World, keys: list[int], *, look_again: bool) -> None:
        self.world = world
        self.claims = dict(sorted(zip(keys, world.claims, strict=True)))
        self.look_again = look_again
        self.side = Side(
            world.terms,
            {code: DatedValues.of(pairs) for code, pairs in world.tariffs.items()},
            {code: DatedValues.of(pairs) for code, pairs in world.fidelity.items()},
        )
        self.entries: list[Entry] = []
        self.standing = pricing.Standing()
        self.next_key = count(1)

    def all_months(self) -> list[Entry]:
        for period in range(len(self.world.months)):
            self.one_month(period)
        return self.entries

    def one_month(self, period: int) -> None:
        year = YearStart(*self.world.year_begins).year_of(self.world.months[period].last_day)
        fresh = [key for key in self.claims if self._falls_in(key) == period and self._stands(key, period)]
        earlier = [key for key in self._earlier(period) if self._stands(key, period)]
        voided = [
            entry
            for entry in self.entries
            if self._void_falls_in(entry.event) == period and entry.kind in ("CHARGE", "NIL")
        ]
        priced = pricing.price_month(
            self.side,
            year,
            events=[self._event(key) for key in fresh + earlier],
            standing=self._standing({self.claims[e.event].participant for e in voided}, fresh + earlier),
            voids=self._voids(voided),
            known=self._known(earlier),
        )
        by_key = {entry.key: entry for entry in self.entries}
        for credit in priced.credits:
            charge = by_key[credit.charge]
            self._keep(
                period, "CREDIT", credit.term, charge.event, -credit.amount, "VOIDED", charge.year,
                credit.place_before, None, 0, pricing.NO_ROOMS, credit.charge,
            )  # fmt: skip
        for made in priced.decisions:
            self._keep(
                period, made.kind, made.term, made.event, made.amount, made.reason, year,
                made.place_before, made.place, made.entitlement, made.rooms, None,
            )  # fmt: skip
        self.standing = priced.standing

    def _keep(self, *values: object) -> None:
        self.entries.append(Entry(next(self.next_key), *values))  # type: ignore[arg-type]

    def _first_month(self, day: object, arrives: int) -> int:
        ended = [p for p in range(len(self.world.months)) if self.world.months[p].last_day >= day]  # type: ignore[operator]
        return max(arrives, ended[0]) if ended else len(self.world.months)

    def _falls_in(self, key: int) -> int:
        claim = self.claims[key]
        return self._first_month(claim.verified_on, claim.arrives)

    def _void_falls_in(self, key: int) -> int | None:
        claim = self.claims[key]
        return None if claim.voided_on is None else self._first_month(claim.voided_on, claim.void_arrives)

    def _stands(self, key: int, period: int) -> bool:
        void = self._void_falls_in(key)
        return void is None or void > period

    def _earlier(self, period: int) -> list[int]:
        carried = {event for event, _ in self.standing.remainders}
        return [
            key for key in self.claims if self._falls_in(key) < period and (self.look_again or key in carried)
        ]

    def _event(self, key: int) -> Event:
        claim: Claim = self.claims[key]
        return Event(
            key=key,
            reference=claim.reference,
            outcome=claim.outcome,
            outcome_date=claim.outcome_date,
            participant=claim.participant,
            service=claim.service,
            area=claim.area,
            cohort=claim.cohort,
            hours=claim.hours,
        )

    def _known(self, earlier: list[int]) -> pricing.Known:
        return pricing.Known(
            {key: frozenset(e.term for e in self.entries if e.event == key) for key in earlier},
            {key: sum(e.amount for e in self.entries if e.event == key) for key in earlier},
        )

    def _voids(self, voided: list[Entry]) -> pricing.Voids:
        return pricing.Voids(
            charges=[
                pricing.StandingCharge(
                    entry.key,
                    entry.term,
                    entry.event,
                    (self.claims[entry.event].outcome_date, self.claims[entry.event].reference),
                    self.claims[entry.event].participant,
                    entry.amount,
                    entry.year,
                )
                for entry in voided
                if entry.kind == "CHARGE"
            ],
            places=[(e.term, e.event) for e in voided if e.place is not None and e.reason != pricing.CARRIED],
        )

    def _standing(self, people: set[int], events: list[int]) -> pricing.Standing:
        before = self.standing
        standing = pricing.Standing(
            places=dict(before.places),
            terms=dict(before.terms),
            years=dict(before.years),
            remainders=dict(before.remainders),
        )
        for key, net in before.terms.items():
            agreement = self.side.terms[key].agreement.key
            standing.agreements[agreement] = standing.agreements.get(agreement, 0) + net
        needed = people | {self.claims[key].participant for key in events}
        for entry in self.entries:
            person = self.claims[entry.event].participant
            agreement = self.side.terms[entry.term].agreement.key
            if person in needed:
                standing.persons[agreement, person] = (
                    standing.persons.get((agreement, person), 0) + entry.amount
                )
        return standing
