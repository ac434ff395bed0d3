"""
What the months that are still open would decide, one after the other (spec: pricing). Pure.

Nothing is priced here: each month goes through :func:`payments.rules.pricing.price_month`, and what it
leaves is handed to the next as a close would store it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from mhep.kernel.periods import Month, YearStart
from payments.rules.pricing import (
    CARRIED,
    CHARGE,
    Decision,
    Known,
    MonthFacts,
    PricedMonth,
    Standing,
    StandingCharge,
    Voids,
    price_month,
)
from payments.rules.terms import Event, Side


@dataclass(frozen=True, slots=True)
class DatedEvent:
    """A verified event with the months in which it is priced first and undone."""

    event: Event
    falls_in: Month
    voided_on: date | None = None
    void_falls_in: Month | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """
    A decision that a later void would undo, in ``void_falls_in``.

    ``charge.key`` is the stored charge's, or below zero for one that an open month would make.
    """

    charge: StandingCharge
    month: Month
    is_charge: bool
    holds_place: bool
    void_falls_in: Month | None


@dataclass(frozen=True, slots=True)
class Past:
    """What the closed months left of one side: the standing, what is known of events, and what voids undo."""

    standing: Standing
    known: Known
    decided: Sequence[Decided]


@dataclass(frozen=True, slots=True)
class Ahead:
    """
    What the open months hold.

    :param months: the open months in order, without a gap.
    :param events: the verified events that fall in them, and the earlier ones that are looked at again.
    :param is_all_again: terms changed since the last close, so the first month looks at all of these.
    """

    months: Sequence[Month]
    financial_year: YearStart
    events: Sequence[DatedEvent]
    is_all_again: bool


@dataclass(frozen=True, slots=True)
class Outlook:
    """One month as it would be closed; ``undone`` are the charges that its credits reverse, by key."""

    month: Month
    year: int
    facts: MonthFacts
    priced: PricedMonth
    undone: dict[int, Decided]


def months_ahead(side: Side, past: Past, ahead: Ahead) -> Iterator[Outlook]:
    """Yield each open month of one side as it would be closed if nothing else happened."""
    run = _Run(side, past, ahead)
    for month in ahead.months:
        yield run.price(month)


class _Run:
    """What stands between two months that are not closed yet."""

    def __init__(self, side: Side, past: Past, ahead: Ahead) -> None:
        self._side = side
        self._ahead = ahead
        self._standing = past.standing
        self._terms = {event: set(terms) for event, terms in past.known.decided.items()}
        self._net = dict(past.known.charged)
        self._decided = list(past.decided)
        self._dated = {dated.event.key: dated for dated in ahead.events}

    def price(self, month: Month) -> Outlook:
        year = self._ahead.financial_year.year_of(month.last_day)
        undone = [each for each in self._decided if each.void_falls_in == month]
        facts = self._facts(month, undone)
        priced = price_month(
            self._side,
            year,
            events=facts.events,
            standing=facts.standing,
            voids=facts.voids,
            known=facts.known,
        )
        by_key = {each.charge.key: each for each in undone}
        self._remember(month, year, priced, by_key)
        return Outlook(month, year, facts, priced, by_key)

    def _facts(self, month: Month, undone: Sequence[Decided]) -> MonthFacts:
        alive = [
            dated
            for dated in self._ahead.events
            if dated.voided_on is None or dated.voided_on > month.last_day
        ]
        is_all_again = self._ahead.is_all_again and month == self._ahead.months[0]
        carried = {event for event, _ in self._standing.remainders}
        again = {
            dated.event.key
            for dated in alive
            if dated.falls_in < month and (is_all_again or dated.event.key in carried)
        }
        return MonthFacts(
            events=[dated.event for dated in alive if dated.falls_in == month or dated.event.key in again],
            standing=self._standing,
            voids=Voids(
                [each.charge for each in undone if each.is_charge],
                [(each.charge.term, each.charge.event) for each in undone if each.holds_place],
            ),
            known=Known(
                {key: frozenset(self._terms.get(key, ())) for key in again},
                {key: self._net.get(key, 0) for key in again},
            ),
        )

    def _remember(self, month: Month, year: int, priced: PricedMonth, undone: dict[int, Decided]) -> None:
        self._standing = priced.standing
        for credit in priced.credits:
            event = undone[credit.charge].charge.event
            self._net[event] = self._net.get(event, 0) - credit.amount
        for made in priced.decisions:
            self._terms.setdefault(made.event, set()).add(made.term)
            self._net[made.event] = self._net.get(made.event, 0) + made.amount
            self._decided.append(self._as_decided(made, month, year))

    def _as_decided(self, made: Decision, month: Month, year: int) -> Decided:
        dated = self._dated[made.event]
        order = (dated.event.outcome_date, dated.event.reference)
        key = -len(self._decided) - 1
        charge = StandingCharge(key, made.term, made.event, order, dated.event.participant, made.amount, year)
        return Decided(
            charge=charge,
            month=month,
            is_charge=made.kind == CHARGE,
            holds_place=made.place is not None and made.reason != CARRIED,
            void_falls_in=dated.void_falls_in,
        )
