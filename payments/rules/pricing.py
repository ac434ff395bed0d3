"""
What one month charges on one side (spec: pricing). Pure: no database, no clock.

All amounts are whole minor units of the programme's currency. The caller supplies what stands
at the end of the month before and receives what is decided and what stands afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from payments.rules.terms import Balance, Banded, Event, Fixed, Side, Term

CHARGE, NIL = "CHARGE", "NIL"
FULL, PARTIAL_CAP, CAP_REACHED = "FULL", "PARTIAL_CAP", "CAP_REACHED"
COUNT_CAP, ZERO_PRICE, CARRIED = "COUNT_CAP", "ZERO_PRICE", "CARRIED"
VOIDED, WAIVED = "VOIDED", "WAIVED"


class Rooms(NamedTuple):
    """What each cap left before a charge; ``None`` where the contract sets no such cap."""

    term: int | None
    total: int | None
    year: int | None
    person: int | None

    def least(self) -> int | None:
        """Return the smallest room, never below 0, or None where nothing limits."""
        set_rooms = [room for room in self if room is not None]
        return max(min(set_rooms), 0) if set_rooms else None


NO_ROOMS = Rooms(None, None, None, None)


class Decision(NamedTuple):
    """
    What one term pays for one event this month, with all that explains it.

    ``place_before`` counts the events that held a place; ``place`` is the one taken, or None.
    ``charged_before`` is what earlier months charged of the same entitlement.
    """

    term: int
    event: int
    kind: str
    reason: str
    amount: int
    place_before: int
    place: int | None
    tariff: int | None
    entitlement: int
    charged_before: int
    rooms: Rooms


class Credit(NamedTuple):
    """The reversal of one charge, ``amount`` positive. ``place_before`` is the highest place then held."""

    charge: int
    term: int
    amount: int
    place_before: int | None
    reason: str = VOIDED


class StandingCharge(NamedTuple):
    """A charge not yet credited whose event is voided; ``year`` is the financial year it was counted in."""

    key: int
    term: int
    event: int
    event_order: tuple[object, str]  # outcome date, event reference
    participant: int
    amount: int
    year: int


@dataclass(frozen=True, slots=True)
class Remainder:
    """What a term that carries forward still owes for an event."""

    entitlement: int
    charged: int
    place: int
    tariff: int | None


@dataclass(slots=True)
class Standing:
    """
    Places held and amounts charged, net of credits, at the end of a month.

    ``persons`` needs to hold only the people of the month's events and credits.
    """

    places: dict[int, int] = field(default_factory=dict)
    terms: dict[int, int] = field(default_factory=dict)
    agreements: dict[int, int] = field(default_factory=dict)
    years: dict[tuple[int, int], int] = field(default_factory=dict)
    persons: dict[tuple[int, int], int] = field(default_factory=dict)
    remainders: dict[tuple[int, int], Remainder] = field(default_factory=dict)

    def copy(self) -> Standing:
        return Standing(
            dict(self.places),
            dict(self.terms),
            dict(self.agreements),
            dict(self.years),
            dict(self.persons),
            dict(self.remainders),
        )

    def add(self, term: Term, participant: int, year: int, amount: int) -> None:
        """Count ``amount`` (negative for a credit) against every cap that it uses."""
        agreement = term.agreement.key
        self.terms[term.key] = self.terms.get(term.key, 0) + amount
        self.agreements[agreement] = self.agreements.get(agreement, 0) + amount
        self.years[agreement, year] = self.years.get((agreement, year), 0) + amount
        if term.agreement.caps.per_participant is not None:
            person = (agreement, participant)
            self.persons[person] = self.persons.get(person, 0) + amount

    def rooms(self, term: Term, participant: int, year: int) -> Rooms:
        """Return the room under each cap that limits the term for this person in this year (step 7)."""
        agreement, caps = term.agreement.key, term.agreement.caps
        year_cap = caps.years.get(year) if caps.years else None
        return Rooms(
            None if term.max_amount is None else term.max_amount - self.terms.get(term.key, 0),
            None if caps.total is None else caps.total - self.agreements.get(agreement, 0),
            None if year_cap is None else year_cap - self.years.get((agreement, year), 0),
            None
            if caps.per_participant is None
            else caps.per_participant - self.persons.get((agreement, participant), 0),
        )


@dataclass(frozen=True, slots=True)
class Voids:
    """
    What the month's voids undo.

    :param charges: every charge not yet credited of an event voided by the month's last day.
    :param places: a (term, event) for each place that these events still hold.
    :param waived: charges that a funder is spared; their events count and keep their places.
    """

    charges: Sequence[StandingCharge] = ()
    places: Sequence[tuple[int, int]] = ()
    waived: Sequence[StandingCharge] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """
    What earlier months decided about the events given again: carried ones, or all after a change of terms.

    :param decided: the terms decided, by event.
    :param charged: the net amount charged on this side, by event (for balance terms).
    """

    decided: Mapping[int, frozenset[int]] = field(default_factory=dict)
    charged: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PricedMonth:
    credits: list[Credit]
    decisions: list[Decision]
    standing: Standing


def price_month(
    side: Side, year: int, *, events: Iterable[Event], standing: Standing, voids: Voids, known: Known
) -> PricedMonth:
    """
    Price one month of one side.

    :param year: the financial year that holds the month's last day.
    :param events: the verified events to look at, none of them voided by the month's last day: those
        that fall in the month and those with a remainder; their order does not matter.
    :param standing: what stood at the end of the month before; not changed.
    """
    run = _Run(side, year, standing.copy(), known)
    run.give_up_places(voids)
    run.credit_first_paid(voids.charges)
    run.credit_waived(voids.waived)
    for event in sorted(events, key=lambda event: (event.outcome_date, event.reference)):
        run.decide_event(event)
    run.credit_marginal(voids.charges)
    return PricedMonth(run.credits, run.decisions, run.standing)


class MonthFacts(NamedTuple):
    """What :func:`price_month` is given for one side of one month."""

    events: Sequence[Event]
    standing: Standing
    voids: Voids
    known: Known


def price_alone(
    side: Side, year: int, facts: MonthFacts, candidates: Iterable[Event]
) -> dict[int, list[Decision]]:
    """
    Return, by event, what the month would decide about each candidate if it alone came to its events.

    Exact, and one run for all: what is decided about an event depends only on what comes before it in
    the month's order.
    """
    run = _Run(side, year, facts.standing.copy(), facts.known)
    run.give_up_places(facts.voids)
    run.credit_first_paid(facts.voids.charges)
    run.credit_waived(facts.voids.waived)
    alone: dict[int, list[Decision]] = {}
    queue = [(event, False) for event in facts.events] + [(event, True) for event in candidates]
    for event, is_candidate in sorted(queue, key=lambda each: (each[0].outcome_date, each[0].reference)):
        if is_candidate:
            trial = _Run(side, year, run.standing.copy(), facts.known)
            trial.decide_event(event)
            alone[event.key] = trial.decisions
        else:
            run.decide_event(event)
    return alone


class _Run:
    """The state of one pricing run; one method for each step of the specification."""

    def __init__(self, side: Side, year: int, standing: Standing, known: Known) -> None:
        self.side = side
        self.year = year
        self.standing = standing
        self.known = known
        self.credits: list[Credit] = []
        self.decisions: list[Decision] = []

    def give_up_places(self, voids: Voids) -> None:
        """Step 5: a voided event holds no place, but one charged by a marginal term keeps it to the end."""
        kept = {(charge.term, charge.event) for charge in voids.charges if self._is_marginal(charge)}
        for term, event in voids.places:
            self.standing.remainders.pop((event, term), None)
            if (term, event) not in kept:
                self.standing.places[term] -= 1

    def credit_first_paid(self, charges: Sequence[StandingCharge]) -> None:
        """Step 1: the same amount back, before anything is charged."""
        for charge in charges:
            if not self._is_marginal(charge):
                self._credit(charge, charge.amount, None)

    def credit_waived(self, charges: Sequence[StandingCharge]) -> None:
        """What a funder is spared gives headroom back like any credit; the place stays (ADR 0020)."""
        for charge in charges:
            self._credit(charge, charge.amount, None, WAIVED)

    def credit_marginal(self, charges: Sequence[StandingCharge]) -> None:
        """Step 1, marginal: the band's price at the highest place then held, after the month's charges."""
        for charge in sorted(charges, key=lambda charge: charge.event_order):
            if self._is_marginal(charge):
                price = self.side.terms[charge.term].price
                assert isinstance(price, Banded)  # noqa: S101 (the programme file refuses marginal without bands)
                held = self.standing.places[charge.term]
                self._credit(charge, price.at(held), held)
                self.standing.places[charge.term] -= 1

    def decide_event(self, event: Event) -> None:
        """Steps 3 and 4: each matching term that is not finally decided for the event."""
        decided = self.known.decided.get(event.key)
        charged_here = self.known.charged.get(event.key, 0)
        for term in self.side.matching(event):
            if decided is None or term.key not in decided:
                charged_here += self._decide_first(term, event, charged_here)
            elif term.agreement.caps.carry_forward:
                charged_here += self._decide_again(term, event)

    def _decide_first(self, term: Term, event: Event, charged_here: int) -> int:
        """Steps 5 to 9 for a term's first decision; return what it charged."""
        held = self.standing.places.get(term.key, 0)
        if term.max_count is not None and held >= term.max_count:
            self.decisions.append(
                Decision(term.key, event.key, NIL, COUNT_CAP, 0, held, None, None, 0, 0, NO_ROOMS)
            )
            return 0
        tariff, entitlement = self._entitlement(term, event, held + 1, charged_here)
        rooms = self.standing.rooms(term, event.participant, self.year) if entitlement else NO_ROOMS
        amount = _within(entitlement, rooms, partial=term.agreement.caps.partial)
        carries = term.agreement.caps.carry_forward and amount < entitlement
        place = held + 1 if amount or not entitlement or carries else None
        self.decisions.append(
            Decision(
                term.key,
                event.key,
                CHARGE if amount else NIL,
                _reason(entitlement, amount),
                amount,
                held,
                place,
                tariff,
                entitlement,
                0,
                rooms,
            )
        )
        if place is not None:
            self.standing.places[term.key] = place
        if amount:
            self.standing.add(term, event.participant, self.year, amount)
        if carries:
            self.standing.remainders[event.key, term.key] = Remainder(entitlement, amount, held + 1, tariff)
        return amount

    def _decide_again(self, term: Term, event: Event) -> int:
        """Step 9: what is left of an entitlement is due again; recorded only when it charges something."""
        remainder = self.standing.remainders.get((event.key, term.key))
        if remainder is None:
            return 0
        due = remainder.entitlement - remainder.charged
        rooms = self.standing.rooms(term, event.participant, self.year)
        amount = _within(due, rooms, partial=term.agreement.caps.partial)
        if not amount:
            return 0
        self.decisions.append(
            Decision(
                term.key,
                event.key,
                CHARGE,
                CARRIED,
                amount,
                self.standing.places[term.key],
                remainder.place,
                remainder.tariff,
                remainder.entitlement,
                remainder.charged,
                rooms,
            )
        )
        self.standing.add(term, event.participant, self.year, amount)
        if amount == due:
            del self.standing.remainders[event.key, term.key]
        else:
            self.standing.remainders[event.key, term.key] = Remainder(
                remainder.entitlement, remainder.charged + amount, remainder.place, remainder.tariff
            )
        return amount

    def _entitlement(self, term: Term, event: Event, place: int, charged_here: int) -> tuple[int | None, int]:
        """Step 6: the tariff looked at, if any, and the amount due by the price."""
        price = term.price
        if isinstance(price, Fixed):
            return None, price.amount
        if isinstance(price, Banded):
            return None, price.at(place)
        tariff = self.side.tariff(event)
        if tariff is None:
            return None, 0
        if isinstance(price, Balance):
            return tariff, max(tariff - charged_here, 0)
        return tariff, self.side.share(term, tariff)

    def _credit(self, charge: StandingCharge, amount: int, place: int | None, reason: str = VOIDED) -> None:
        if amount:
            self.credits.append(Credit(charge.key, charge.term, amount, place, reason))
            self.standing.add(self.side.terms[charge.term], charge.participant, charge.year, -amount)

    def _is_marginal(self, charge: StandingCharge) -> bool:
        return self.side.terms[charge.term].marginal_clawback


def _within(due: int, rooms: Rooms, *, partial: bool) -> int:
    """Step 7: the lesser of what is due and the room; with ``partial`` off, all of it or nothing."""
    room = rooms.least()
    if room is None or due <= room:
        return due
    return room if partial else 0


def _reason(entitlement: int, amount: int) -> str:
    """Step 8, for a first decision."""
    if not entitlement:
        return ZERO_PRICE
    if amount == entitlement:
        return FULL
    return PARTIAL_CAP if amount else CAP_REACHED
