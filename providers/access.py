"""What people may do by their role at an operator or a provider, as the matrix says."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.access import Arguments, View, gate
from accounts.models import User
from accounts.rules.matrix import Action, Object, Role, allows
from providers.models import Operator, OperatorMember, ProviderMember
from providers.selectors import operators_administered_by


def may(user: User, thing: Object, action: Action, operator: Operator) -> bool:
    """Tell whether the user's role at the operator allows the action. An auditor may do nothing but read."""
    return allows(_roles_at(user, operator.code), thing, action)


def may_at_provider(user: User, thing: Object, action: Action, provider: int) -> bool:
    """Tell whether the user's role at the provider with that key allows the action."""
    members = ProviderMember.objects.of(user).filter(provider=provider)
    return allows({Role[role] for role in members.values_list("role", flat=True)}, thing, action)


def may_anywhere(user: User, thing: Object, action: Action) -> bool:
    """Tell whether the user's role at any operator allows the action."""
    return allows(_roles(user), thing, action)


def require(user: User, thing: Object, action: Action, operator: Operator) -> None:
    """
    Let the action pass.

    :raises PermissionDenied: if the user's role does not allow it.
    """
    if not may(user, thing, action, operator):
        raise PermissionDenied


def administered_by(user: User, code: str) -> Operator:
    """Return the operator for one of its administrators; others get 404."""
    return get_object_or_404(operators_administered_by(user), code=code)


def needs_at_operator(thing: Object, action: Action) -> Callable[[View[Arguments]], View[Arguments]]:
    """
    Declare what a view needs of a role at the operator whose code is its argument ``code``, else at any.

    To somebody without any role at that operator it is not found.
    """
    return gate(thing, action, roles_for=_roles_for)


def _roles_for(user: User, arguments: Mapping[str, object]) -> set[Role]:
    if "code" not in arguments:
        return _roles(user)
    roles = _roles_at(user, str(arguments["code"]))
    if not roles:
        raise Http404
    return roles


def _roles(user: User) -> set[Role]:
    members = OperatorMember.objects.of(user)
    return {Role[role] for role in members.values_list("role", flat=True)}


def _roles_at(user: User, operator: str) -> set[Role]:
    members = OperatorMember.objects.of(user).filter(operator__code=operator)
    return {Role[role] for role in members.values_list("role", flat=True)}
