"""Broken rules must be noticed: each mutant by the oracle, and by the properties that it offends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from typing import Any

import pytest

from payments.rules import pricing, terms
from payments.rules.pricing import Standing, StandingCharge, _Run
from payments.rules.terms import Balance, Banded, Event, Side, Term
from tests.payments.rules import checks
from tests.payments.rules.checks import Check
from tests.payments.rules.oracle import World
from tests.payments.rules.strategies import seeded_worlds

Patch = pytest.MonkeyPatch
Mutant = Callable[[Patch], None]


@cache
def full_worlds() -> tuple[World, ...]:
    return tuple(seeded_worlds(1500))


def notices(check: Check) -> bool:
    """Tell whether ``check`` fails in any of the worlds."""
    for world in full_worlds():
        try:
            check(world)
        except (AssertionError, KeyError):
            return True
    return False


def ignore_cap(name: str) -> Mutant:
    def mutate(patch: Patch) -> None:
        rooms = Standing.rooms
        patch.setattr(Standing, "rooms", lambda *args: rooms(*args)._replace(**{name: None}))

    mutate.__name__ = f"the cap of the {name} is ignored"
    return mutate


def one_penny_over(patch: Patch) -> None:
    least = pricing.Rooms.least

    def one_more(rooms: pricing.Rooms) -> int | None:
        room = least(rooms)
        return None if room is None else room + 1

    patch.setattr(pricing.Rooms, "least", one_more)


def half_even(patch: Patch) -> None:
    def share(minor: int, percent: Decimal) -> int:
        return int((minor * percent / 100).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))

    patch.setattr(terms, "percent_of", share)


def round_down(patch: Patch) -> None:
    patch.setattr(terms, "percent_of", lambda minor, percent: int(minor * percent / 100))


def priority_ignored(patch: Patch) -> None:
    order = lambda t: (isinstance(t.price, Balance), t.agreement.ref, t.ref)  # noqa: E731
    patch.setattr(Term, "order", property(order))


def balance_in_its_priority(patch: Patch) -> None:
    patch.setattr(Term, "order", property(lambda t: (t.priority, t.agreement.ref, t.ref)))


def refs_as_numbers(patch: Patch) -> None:
    """Terms t2 before t10, as people would sort them; between agreements the order changes no amount."""
    order = lambda t: (isinstance(t.price, Balance), t.priority, t.agreement.ref, len(t.ref), t.ref)  # noqa: E731
    patch.setattr(Term, "order", property(order))


def events_as_stored(patch: Patch) -> None:
    def price_month(side: Side, year: int, **given: Any) -> pricing.PricedMonth:
        run = _Run(side, year, given["standing"].copy(), given["known"])
        run.give_up_places(given["voids"])
        run.credit_first_paid(given["voids"].charges)
        for event in given["events"]:
            run.decide_event(event)
        run.credit_marginal(given["voids"].charges)
        return pricing.PricedMonth(run.credits, run.decisions, run.standing)

    patch.setattr(pricing, "price_month", price_month)


def credit_keeps_its_place(patch: Patch) -> None:
    patch.setattr(_Run, "give_up_places", lambda _run, _voids: None)


def credit_gives_no_headroom(patch: Patch) -> None:
    add = Standing.add

    def only_charges(standing: Standing, term: Term, participant: int, year: int, amount: int) -> None:
        add(standing, term, participant, year, max(amount, 0))

    patch.setattr(Standing, "add", only_charges)


def credit_counts_in_the_year_of_the_void(patch: Patch) -> None:
    credit = _Run._credit

    def in_this_year(run: _Run, charge: StandingCharge, amount: int, place: int | None) -> None:
        credit(run, charge._replace(year=run.year), amount, place)

    patch.setattr(_Run, "_credit", in_this_year)


def credits_after_charges(patch: Patch) -> None:
    first_paid, marginal = _Run.credit_first_paid, _Run.credit_marginal

    def both(run: _Run, charges: Sequence[StandingCharge]) -> None:
        first_paid(run, charges)
        marginal(run, charges)

    patch.setattr(_Run, "credit_first_paid", lambda _run, _charges: None)
    patch.setattr(_Run, "credit_marginal", both)


def marginal_credited_first(patch: Patch) -> None:
    first_paid, marginal = _Run.credit_first_paid, _Run.credit_marginal

    def both(run: _Run, charges: Sequence[StandingCharge]) -> None:
        first_paid(run, charges)
        marginal(run, charges)

    patch.setattr(_Run, "credit_first_paid", both)
    patch.setattr(_Run, "credit_marginal", lambda _run, _charges: None)


def marginal_credited_as_paid(patch: Patch) -> None:
    patch.setattr(_Run, "_is_marginal", lambda _run, _charge: False)


def partial_ignored(patch: Patch) -> None:
    within = pricing._within
    patch.setattr(pricing, "_within", lambda due, rooms, **_: within(due, rooms, partial=True))


def carry_lapses(patch: Patch) -> None:
    patch.setattr(_Run, "_decide_again", lambda _run, _term, _event: 0)


def carry_charges_all_again(patch: Patch) -> None:
    again = _Run._decide_again

    def forget(run: _Run, term: Term, event: Event) -> int:
        left = run.standing.remainders.get((event.key, term.key))
        if left:
            key = (event.key, term.key)
            run.standing.remainders[key] = pricing.Remainder(left.entitlement, 0, left.place, left.tariff)
        return again(run, term, event)

    patch.setattr(_Run, "_decide_again", forget)


def remainder_outlives_its_void(patch: Patch) -> None:
    """A carried decision whose event is voided must not leave its place taken."""
    give_up = _Run.give_up_places
    no_remainders = lambda run, voids: give_up(  # noqa: E731
        run,
        pricing.Voids(
            voids.charges, [p for p in voids.places if (p[1], p[0]) not in run.standing.remainders]
        ),
    )
    patch.setattr(_Run, "give_up_places", no_remainders)


def band_below(patch: Patch) -> None:
    at = Banded.at
    patch.setattr(Banded, "at", lambda band, place: at(band, place - 1))


def hours_exclusive(patch: Patch) -> None:
    fit = terms._hours_fit
    patch.setattr(
        terms, "_hours_fit", lambda t, hours: fit(t, hours) and (hours is None or hours != t.hours_min)
    )


def hours_absent_fit(patch: Patch) -> None:
    fit = terms._hours_fit
    patch.setattr(terms, "_hours_fit", lambda term, hours: hours is None or fit(term, hours))


def no_score_is_enough(patch: Patch) -> None:
    fits = Side._fidelity_fits
    patch.setattr(
        Side, "_fidelity_fits", lambda side, term, event: event.service == "W2" or fits(side, term, event)
    )


def last_day_is_out(patch: Patch) -> None:
    matching = Side.matching
    patch.setattr(
        Side,
        "matching",
        lambda side, event: [t for t in matching(side, event) if t.last_day != event.outcome_date],
    )


def agreement_dates_ignored(patch: Patch) -> None:
    patch.setattr(Term, "last_day", property(lambda term: term.ends_on or terms.ALWAYS_OPEN))


def balance_looks_at_nobody(patch: Patch) -> None:
    entitlement = _Run._entitlement
    patch.setattr(
        _Run,
        "_entitlement",
        lambda run, term, event, place, _charged: entitlement(run, term, event, place, 0),
    )


def year_carries_over(patch: Patch) -> None:
    """All years share one cap: that of the year being priced."""
    add = Standing.add
    patch.setattr(
        Standing, "add", lambda standing, t, person, _year, amount: add(standing, t, person, 2025, amount)
    )


def looks_decided_again(patch: Patch) -> None:
    decide = _Run.decide_event

    def forget(run: _Run, event: Event) -> None:
        run.known = pricing.Known()
        decide(run, event)

    patch.setattr(_Run, "decide_event", forget)


MUTANTS: dict[Mutant, tuple[Check, ...]] = {
    ignore_cap("term"): (checks.no_cap_is_exceeded,),
    ignore_cap("total"): (checks.no_cap_is_exceeded,),
    ignore_cap("year"): (checks.no_cap_is_exceeded,),
    ignore_cap("person"): (checks.no_cap_is_exceeded,),
    one_penny_over: (checks.no_cap_is_exceeded, checks.every_charge_explains_itself),
    half_even: (),
    round_down: (),
    priority_ignored: (),
    balance_in_its_priority: (checks.a_balance_tops_up_to_the_tariff,),
    refs_as_numbers: (),
    events_as_stored: (checks.the_order_of_arrival_does_not_matter,),
    credit_keeps_its_place: (checks.a_place_is_held_by_what_stands,),
    credit_gives_no_headroom: (),
    credit_counts_in_the_year_of_the_void: (),
    credits_after_charges: (),
    marginal_credited_first: (checks.a_place_is_held_by_what_stands,),
    marginal_credited_as_paid: (),
    partial_ignored: (checks.every_charge_explains_itself,),
    carry_lapses: (),
    carry_charges_all_again: (checks.nothing_is_charged_twice,),
    remainder_outlives_its_void: (checks.a_place_is_held_by_what_stands,),
    band_below: (),
    hours_exclusive: (),
    hours_absent_fit: (),
    no_score_is_enough: (),
    last_day_is_out: (),
    agreement_dates_ignored: (),
    balance_looks_at_nobody: (checks.a_balance_tops_up_to_the_tariff,),
    year_carries_over: (),
    looks_decided_again: (checks.nothing_is_charged_twice, checks.a_second_run_gives_the_same),
}


@pytest.mark.parametrize(
    ("mutant", "offended"), MUTANTS.items(), ids=lambda each: getattr(each, "__name__", "")
)
def test_a_broken_rule_is_noticed(mutant: Mutant, offended: tuple[Check, ...], monkeypatch: Patch) -> None:
    mutant(monkeypatch)
    for check in (checks.agrees_with_the_oracle, *offended):
        assert notices(check), check.__name__
