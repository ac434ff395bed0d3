"""The pricing rules against a second, naive reading of the same text (oracle)."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from tests.payments.rules import ledger, oracle
from tests.payments.rules.oracle import World
from tests.payments.rules.strategies import seeded_worlds, worlds

Comparable = tuple[object, ...]

def expected(world: World) -> list[Comparable]:
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


def found(world: World, *, look_again: bool = False) -> list[Comparable]:
    terms = {term.key: term for term in world.terms}
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
        for entry in ledger.run(world, look_again=look_again)
    )


@settings(max_examples=400, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds())
def test_the_rules_and_the_oracle_decide_the_same(world: World) -> None:
    assert found(world) == expected(world)


def test_the_rules_and_the_oracle_decide_the_same_in_full_worlds() -> None:
    for number, world in enumerate(seeded_worlds(1500)):
        assert found(world) == expected(world), f"seeded world {number}"


def test_looking_at_every_earlier_event_again_decides_the_same():
    for number, world in enumerate(seeded_worlds(300, seed=7)):
        assert found(world, look_again=True) == found(world), f"seeded world {number}"
