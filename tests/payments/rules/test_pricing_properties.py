"""What always holds (spec: pricing), in random worlds, and the rules against a second reading of the text."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings

from tests.payments.rules import checks
from tests.payments.rules.checks import Check
from tests.payments.rules.oracle import World
from tests.payments.rules.strategies import seeded_worlds, worlds


@cache
def full_worlds() -> tuple[World, ...]:
    return tuple(seeded_worlds(1500))


@settings(max_examples=300, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds())
def test_the_rules_and_the_oracle_decide_the_same(world: World) -> None:
    checks.agrees_with_the_oracle(world)


def test_the_rules_and_the_oracle_decide_the_same_in_full_worlds() -> None:
    for number, world in enumerate(full_worlds()):
        assert checks.found(world) == checks.expected(world), f"seeded world {number}"


@pytest.mark.parametrize("check", checks.PROPERTIES, ids=lambda check: check.__name__)
def test_a_property_always_holds(check: Check) -> None:
    for number, world in enumerate(full_worlds()[:600]):
        try:
            check(world)
        except AssertionError as error:
            raise AssertionError(f"seeded world {number}: {error}") from error


def test_the_worlds_hold_every_kind_of_decision() -> None:
    """A property proves nothing about what never happens."""
    seen = {(row[1], row[6]) for world in full_worlds() for row in checks.expected(world)}
    assert seen == {
        ("charge", "full"),
        ("charge", "partial_cap"),
        ("charge", "carried"),
        ("nil", "cap_reached"),
        ("nil", "count_cap"),
        ("nil", "zero_price"),
        ("credit", "voided"),
    }
