"""The way in to a facility: it is returned, or the person is refused."""

from __future__ import annotations

from django.shortcuts import get_object_or_404

from accounts.models import User
from accounts.rules.matrix import Action, Object
from investment.models import Facility
from providers.access import require


def facility_to_see(user: User, ref: str) -> Facility:
    """Return the facility for somebody of its investor or its operator; others get 404."""
    visible = Facility.objects.visible_to(user).select_related("programme__operator", "investor")
    return get_object_or_404(visible, ref=ref)


def facility_to_change(user: User, ref: str, action: Action) -> Facility:
    """Return the facility for somebody whose role at its operator allows the action (else 403 or 404)."""
    facility = facility_to_see(user, ref)
    require(user, Object.INVESTMENT, action, facility.programme.operator)
    return facility
