"""What the operator's people may do, by role. Who may see what starts from ``visible_to`` on each model."""

from __future__ import annotations

from enum import Enum

from django.core.exceptions import PermissionDenied

from accounts.models import User
from providers.enums import OperatorRole
from providers.models import Operator, OperatorMember


class Action(Enum):
    """Something that changes data of a programme."""

    IMPORT = "import"
    CLAIM = "claim"
    VERIFY = "verify"
    PRICE = "price"
    CLOSE = "close"
    LOAD = "load"


ALLOWED: dict[Action, frozenset[OperatorRole]] = {
    Action.IMPORT: frozenset({OperatorRole.ANALYST, OperatorRole.FINANCE, OperatorRole.ADMINISTRATOR}),
    Action.CLAIM: frozenset({OperatorRole.ANALYST, OperatorRole.FINANCE, OperatorRole.ADMINISTRATOR}),
    Action.VERIFY: frozenset({OperatorRole.ANALYST, OperatorRole.FINANCE, OperatorRole.ADMINISTRATOR}),
    Action.PRICE: frozenset({OperatorRole.ANALYST, OperatorRole.FINANCE, OperatorRole.ADMINISTRATOR}),
    Action.CLOSE: frozenset({OperatorRole.FINANCE, OperatorRole.ADMINISTRATOR}),
    Action.LOAD: frozenset({OperatorRole.ADMINISTRATOR}),
}


def may(user: User, action: Action, operator: Operator) -> bool:
    """Tell whether the user's role at the operator allows the action. An auditor may do nothing but read."""
    roles = OperatorMember.objects.filter(user=user, operator=operator).values_list("role", flat=True)
    return any(role in ALLOWED[action] for role in roles)


def may_anywhere(user: User, action: Action) -> bool:
    """Tell whether the user's role at any operator allows the action."""
    return OperatorMember.objects.filter(user=user, role__in=ALLOWED[action]).exists()


def require(user: User, action: Action, operator: Operator) -> None:
    """
    Let the action pass.

    :raises PermissionDenied: if the user's role does not allow it.
    """
    if not may(user, action, operator):
        raise PermissionDenied
