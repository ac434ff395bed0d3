"""What each role at an operator may do, as a table, and nothing at anybody else's."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied

from providers.access import Action, may, may_anywhere, require
from providers.enums import OperatorRole
from tests.cast import Cast

pytestmark = pytest.mark.django_db

TABLE = {
    OperatorRole.ANALYST: {Action.IMPORT, Action.VERIFY, Action.PRICE},
    OperatorRole.FINANCE: {Action.IMPORT, Action.VERIFY, Action.PRICE, Action.CLOSE},
    OperatorRole.ADMINISTRATOR: {Action.IMPORT, Action.VERIFY, Action.PRICE, Action.CLOSE, Action.LOAD},
    OperatorRole.AUDITOR: set(),
}


@pytest.mark.parametrize("role", OperatorRole)
@pytest.mark.parametrize("action", Action)
def test_a_role_may_do_what_the_table_says(role: OperatorRole, action: Action, cast: Cast) -> None:
    user = getattr(cast, role.lower())
    operator = cast.programme.operator
    assert may(user, action, operator) is may_anywhere(user, action) is (action in TABLE[role])
    if action in TABLE[role]:
        require(user, action, operator)
    else:
        with pytest.raises(PermissionDenied):
            require(user, action, operator)


@pytest.mark.parametrize("person", ["outsider", "commissioner"])
@pytest.mark.parametrize("action", Action)
def test_nobody_from_outside_may_do_anything(person: str, action: Action, cast: Cast) -> None:
    user = getattr(cast, person)
    assert not may(user, action, cast.programme.operator)
    with pytest.raises(PermissionDenied):
        require(user, action, cast.programme.operator)
