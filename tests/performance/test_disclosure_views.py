"""C4: nobody has exact and rounded figures about the same people."""

from __future__ import annotations

import pytest
from django.urls import resolve

from accounts.rules.matrix import FUNDER, INVESTOR, Role
from performance.rules.disclosure.views import (
    BY_THE_RULE,
    SHOWINGS,
    WITHOUT_PEOPLE,
    Population,
    Precision,
    Showing,
    conflicts,
)
from tests.addresses import every_address

NAMES = {resolve(address).view_name for address in every_address()}


@pytest.mark.parametrize("role", Role, ids=lambda role: role.name)
def test_c4_no_role_sees_the_same_people_exactly_and_by_a_rule(role: Role) -> None:
    assert list(conflicts(role)) == []


def test_c4_a_page_that_breaks_this_is_found() -> None:
    exact = Showing("somewhere", Population.INVOICED, Precision.EXACT, FUNDER)
    ruled = Showing("elsewhere", Population.EVERYONE, Precision.RULED, FUNDER)
    assert list(conflicts(Role.COMMISSIONER, [exact, ruled])) == [(exact, ruled)]
    assert list(conflicts(Role.INVESTOR, [exact, ruled])) == []


def test_c4_only_who_pays_sees_lines_under_the_contract_and_on_no_dashboard() -> None:
    lines = [each for each in SHOWINGS if each.precision is Precision.UNDER_CONTRACT]
    apps = {each.view.partition(":")[0] for each in lines if each.view != "performance:full-export-file"}
    assert apps == {"payments", "investment"}
    assert {role for each in lines for role in each.roles} == FUNDER | INVESTOR


def test_c4_what_is_declared_exists_and_once() -> None:
    assert {each.view for each in SHOWINGS} <= NAMES
    assert {*BY_THE_RULE, *WITHOUT_PEOPLE} <= NAMES
    assert set(BY_THE_RULE).isdisjoint(WITHOUT_PEOPLE)


def test_c4_every_page_of_how_it_is_going_is_declared() -> None:
    declared = {*BY_THE_RULE, *WITHOUT_PEOPLE, *(each.view for each in SHOWINGS)}
    assert {name for name in NAMES if name.startswith("performance:")} <= declared
