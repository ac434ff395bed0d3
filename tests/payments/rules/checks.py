"""
What always holds of priced months, one function for each property (spec: pricing).

Each takes a world and raises AssertionError if the rules break the property in it, so that the same
functions judge the rules as they are and deliberately broken ones.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random

from payments.rules.terms import Balance, Banded, DatedValues, Side, Term
from tests.payments.rules import ledger, oracle
from tests.payments.rules.ledger import Entry
from tests.payments.rules.oracle import Claim, World

Check = Callable[[World], None]
Decided = tuple[object, ...]


def terms_of(world: World) -> dict[int, Term]:
    return {term.key: term for term in world.terms}


def firsts(entries: list[Entry]) -> Iterator[Entry]:
    return (entry for entry in entries if entry.kind != "CREDIT" and entry.reason != "CARRIED")


def agrees_with_the_oracle(world: World) -> None:
    assert found(world) == expected(world)


def nothing_is_charged_twice(world: World) -> None:
    """(event, agreement, term) has one entitlement, and its charges never exceed it."""
    entries = ledger.run(world)
    decided = Counter((entry.event, entry.term) for entry in firsts(entries))
    assert all(times == 1 for times in decided.values())
    entitled = {(entry.event, entry.term): entry.entitlement for entry in firsts(entries)}
    charged: Counter[tuple[int, int]] = Counter()
    for entry in entries:
        if entry.kind == "CHARGE":
            charged[entry.event, entry.term] += entry.amount
            assert entry.entitlement == entitled[entry.event, entry.term]
            assert charged[entry.event, entry.term] <= entry.entitlement


def no_cap_is_exceeded(world: World) -> None:
    """Not after any single charge of the run."""
    terms = terms_of(world)
    used: defaultdict[tuple[object, ...], int] = defaultdict(int)
    for entry in ledger.run(world):
        term = terms[entry.term]
        caps, key = term.agreement.caps, term.agreement.key
        person = world.claims[entry.event - 1].participant
        limits = {
            ("term", term.key): term.max_amount,
            ("total", key): caps.total,
            ("year", key, entry.year): caps.years.get(entry.year),
            ("person", key, person): caps.per_participant,
        }
        for limit, most in limits.items():
            used[limit] += entry.amount
            assert most is None or used[limit] <= most, (limit, entry)


def a_count_is_never_exceeded(world: World) -> None:
    """No event is paid beyond ``max_count``, and one beyond it is refused for that reason."""
    terms = terms_of(world)
    for entry in firsts(ledger.run(world)):
        most = terms[entry.term].max_count
        beyond = most is not None and (entry.place_before or 0) >= most
        assert (entry.reason == "COUNT_CAP") == beyond


def a_balance_tops_up_to_the_tariff(world: World) -> None:
    """Where a balance term matches, all together pay the tariff or less: it adds what is left."""
    terms = terms_of(world)
    entries = ledger.run(world)
    for entry in entries:
        if isinstance(terms[entry.term].price, Balance) and entry.kind == "CHARGE":
            together = sum(
                each.amount
                for each in entries
                if each.event == entry.event and each.kind == "CHARGE" and each.period <= entry.period
            )
            assert together <= dict(world.tariffs["BAL"])[min(dict(world.tariffs["BAL"]))]


def a_second_run_gives_the_same(world: World) -> None:
    """Looking at everything again, as after a change of terms, changes nothing."""
    assert found(world, look_again=True) == found(world)


def the_order_of_arrival_does_not_matter(world: World) -> None:
    """Inside a month: events stored in another order are charged the same (catalogue M5)."""
    keys = list(range(1, len(world.claims) + 1))
    Random(len(keys)).shuffle(keys)  # noqa: S311
    reordered = ledger.run(world, keys=keys)
    original = {key: position for position, key in enumerate(keys, start=1)}
    again = [replace(entry, event=original[entry.event]) for entry in reordered]
    assert _comparable(world, again) == found(world)


def a_void_gives_back_what_was_charged(world: World) -> None:
    """Each charge of a voided event has one credit of the same amount, in the month of the void (M8)."""
    terms = terms_of(world)
    entries = ledger.run(world)
    credits_of = Counter(entry.credits for entry in entries if entry.kind == "CREDIT")
    assert all(times == 1 for times in credits_of.values())
    by_charge = {entry.credits: entry for entry in entries if entry.kind == "CREDIT"}
    for entry in entries:
        if entry.kind != "CHARGE" or terms[entry.term].marginal_clawback:
            continue
        credit, voided = by_charge.get(entry.key), _void_period(world, world.claims[entry.event - 1])
        assert (credit is None) == (voided is None)
        if credit:
            assert (credit.amount, credit.year, credit.period) == (-entry.amount, entry.year, voided)


def a_place_is_held_by_what_stands(world: World) -> None:
    """The places before a decision are the events that hold one then, without the voided."""
    terms = terms_of(world)
    holders: defaultdict[int, set[int]] = defaultdict(set)
    charged: set[tuple[int, int]] = set()
    period = -1
    for entry in ledger.run(world):
        if entry.period != period:
            period = entry.period
            for key, events in holders.items():
                # A charged event of a marginal term holds its place through the month of its void.
                kept = charged if terms[key].marginal_clawback else set()
                events -= {e for e in events if _gone(world, e, period - ((e, key) in kept))}
        if entry.kind == "CREDIT":
            continue
        assert entry.place_before == len(holders[entry.term]), entry
        if entry.place is not None:
            holders[entry.term].add(entry.event)
        if entry.kind == "CHARGE":
            charged.add((entry.event, entry.term))


def every_charge_explains_itself(world: World) -> None:
    """Entitlement, what was charged of it before, and every room give the amount and the reason."""
    terms = terms_of(world)
    before: Counter[tuple[int, int]] = Counter()
    for entry in ledger.run(world):
        if entry.kind == "CREDIT":
            continue
        due = entry.entitlement - before[entry.event, entry.term]
        before[entry.event, entry.term] += entry.amount
        rooms = [max(room, 0) for room in entry.rooms if room is not None]
        least = min(rooms, default=due)
        whole_or_nothing = not terms[entry.term].agreement.caps.partial and least < due
        assert entry.amount == (0 if whole_or_nothing else min(due, least))
        if entry.reason != "CARRIED":
            assert entry.reason == _reason(entry, due)


def _reason(entry: Entry, due: int) -> str:
    if entry.place is None and not due:
        return "COUNT_CAP"
    if not due:
        return "ZERO_PRICE"
    if entry.amount == due:
        return "FULL"
    return "PARTIAL_CAP" if entry.amount else "CAP_REACHED"


def every_matching_term_decides(world: World) -> None:
    """Each verified event has its first decision under each matching term in the first month it falls in."""
    side = Side(
        world.terms,
        {code: DatedValues.of(pairs) for code, pairs in world.tariffs.items()},
        {code: DatedValues.of(pairs) for code, pairs in world.fidelity.items()},
    )
    wanted = set()
    for event, claim in enumerate(world.claims, start=1):
        due = [period for period in range(len(world.months)) if world.is_due(claim, period)]
        if due:
            matching = side.matching(claim)  # type: ignore[arg-type]
            wanted |= {(event, term.key, due[0]) for term in matching}
    assert {(e.event, e.term, e.period) for e in firsts(ledger.run(world))} == wanted


def others_change_a_charge_only_through_a_shared_limit(world: World) -> None:
    """Without one person's events, what another is charged differs only where a named rule ties them (M6)."""
    if not world.claims:
        return
    gone = world.claims[-1].participant
    terms = terms_of(world)
    fewer = replace(world, claims=tuple(claim for claim in world.claims if claim.participant != gone))
    tied = {key for key, term in terms.items() if _ties_people(term)}
    tied_outcomes = {terms[key].outcome for key in tied}

    def untied(row: Decided) -> bool:
        term = next(t for t in world.terms if (t.agreement.ref, t.ref) == row[2:4])
        # A balance depends on what the outcome's other terms charged, so on what ties those.
        through_others = isinstance(term.price, Balance) and term.outcome in tied_outcomes
        return term.key not in tied and not through_others

    def of_the_others(rows: list[Decided]) -> list[Decided]:
        references = {claim.reference for claim in fewer.claims}
        return [(*row[:9], *row[10:]) for row in rows if row[4] in references and untied(row)]

    assert of_the_others(found(fewer)) == of_the_others(found(world))


def _ties_people(term: Term) -> bool:
    caps = term.agreement.caps
    limits = (caps.total, term.max_amount, term.max_count)
    return bool(caps.years) or any(limit is not None for limit in limits) or isinstance(term.price, Banded)


PROPERTIES: tuple[Check, ...] = (
    nothing_is_charged_twice,
    no_cap_is_exceeded,
    a_count_is_never_exceeded,
    a_balance_tops_up_to_the_tariff,
    a_second_run_gives_the_same,
    the_order_of_arrival_does_not_matter,
    a_void_gives_back_what_was_charged,
    a_place_is_held_by_what_stands,
    every_charge_explains_itself,
    every_matching_term_decides,
    others_change_a_charge_only_through_a_shared_limit,
)


def _gone(world: World, event: int, period: int) -> bool:
    voided = _void_period(world, world.claims[event - 1])
    return voided is not None and voided <= period


def _void_period(world: World, claim: Claim) -> int | None:
    return next((period for period in range(len(world.months)) if world.is_voided(claim, period)), None)


def expected(world: World) -> list[Decided]:
    """Return what the oracle decides: what the exports show, entitlement, place, whether one is held."""
    return sorted(
        (
            row.period,
            row.kind,
            row.agreement,
            row.term,
            row.claim.reference,
            row.amount,
            row.reason,
            row.year,
            row.entitlement,
            row.place if row.kind != "credit" and row.reason != "carried" else 0,
            row.holds,
        )
        for row in oracle.replay(world)
    )


def found(world: World, *, look_again: bool = False) -> list[Decided]:
    """Return what the rules decide, in the oracle's words."""
    return _comparable(world, ledger.run(world, look_again=look_again))


def _comparable(world: World, entries: list[Entry]) -> list[Decided]:
    terms = terms_of(world)
    return sorted(
        (
            entry.period,
            entry.kind.lower(),
            terms[entry.term].agreement.ref,
            terms[entry.term].ref,
            world.claims[entry.event - 1].reference,
            entry.amount,
            entry.reason.lower(),
            entry.year,
            entry.entitlement,
            (entry.place_before or 0) + 1 if entry.kind != "CREDIT" and entry.reason != "CARRIED" else 0,
            entry.place is not None and entry.reason != "CARRIED",
        )
        for entry in entries
    )
