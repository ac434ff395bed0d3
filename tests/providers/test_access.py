"""What each role at an operator may do, as a table, and nothing at anybody else's."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied

from accounts.rules.matrix import RIGHTS, Action, Object, Role, allows
from funders.enums import FunderRole
from providers.access import may, may_anywhere, may_at_provider, require
from providers.enums import OperatorRole, ProviderRole
from providers.models import ProviderMember
from providers.services.memberships import InvestorPeople
from tests.cast import Cast

pytestmark = pytest.mark.django_db

CHANGES = [
    (Object.IMPORT, Action.IMPORT),
    (Object.OUTCOME, Action.CLAIM),
    (Object.EVENT, Action.VERIFY),
    (Object.EVENT, Action.VOID),
    (Object.MONTH, Action.PRICE),
    (Object.MONTH, Action.CLOSE),
    (Object.MONTH, Action.AUTOMATE),
    (Object.PROGRAMME_FILE, Action.LOAD),
    (Object.MEMBERS, Action.CHANGE),
]
HOW_MANY = {
    OperatorRole.AUDITOR: 0,
    OperatorRole.ANALYST: 5,
    OperatorRole.FINANCE: 6,
    OperatorRole.ADMINISTRATOR: 9,
}


@pytest.mark.parametrize("role", OperatorRole)
def test_a_role_may_do_as_much_as_the_table_says(role: OperatorRole, cast: Cast) -> None:
    user, operator = getattr(cast, role.lower()), cast.programme.operator
    allowed = [change for change in CHANGES if may(user, *change, operator)]
    assert allowed == CHANGES[: HOW_MANY[role]]
    assert allowed == [change for change in CHANGES if may_anywhere(user, *change)]
    for change in CHANGES:
        if change in allowed:
            require(user, *change, operator)
        else:
            with pytest.raises(PermissionDenied):
                require(user, *change, operator)


@pytest.mark.parametrize("person", ["outsider", "commissioner", "specialist"])
@pytest.mark.parametrize("change", CHANGES)
def test_nobody_from_outside_may_do_anything(person: str, change: tuple[Object, Action], cast: Cast) -> None:
    user = getattr(cast, person)
    assert not may(user, *change, cast.programme.operator)
    with pytest.raises(PermissionDenied):
        require(user, *change, cast.programme.operator)


def test_a_role_at_one_provider_counts_for_nothing_at_another(cast: Cast) -> None:
    own = cast.manager.provider_memberships.get().provider_id
    other = cast.programme.operator.providers.create(code="X", name="X").pk
    right = (Object.SAMPLE_AUDIT, Action.REPLY)
    assert may_at_provider(cast.manager, *right, own)
    assert not may_at_provider(cast.manager, *right, other)
    ProviderMember.objects.filter(user=cast.manager).update(role=ProviderRole.SPECIALIST)
    assert not may_at_provider(cast.manager, *right, own)


def test_the_matrix_knows_every_role_that_a_member_can_have() -> None:
    stored = {*OperatorRole.values, *ProviderRole.values, *FunderRole.values, *InvestorPeople.roles}
    assert {role.name for role in Role} == stored


def test_the_matrix_says_each_right_once_and_has_no_unused_word() -> None:
    rights = [(right.object, right.action) for right in RIGHTS]
    assert len(set(rights)) == len(rights)
    assert {thing for thing, _ in rights} == set(Object)
    assert {action for _, action in rights} == set(Action)
    assert len({right.meaning for right in RIGHTS}) == len(RIGHTS)


def test_an_action_that_no_right_names_is_a_fault_and_no_refusal() -> None:
    with pytest.raises(KeyError):
        allows({Role.ADMINISTRATOR}, Object.RATE_CARD, Action.CLOSE)
