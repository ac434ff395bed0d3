"""What the navigation says of verification."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

from accounts.models import User
from funders.models import Programme
from outcomes.selectors.verification import waiting_count

register = template.Library()


@register.simple_tag(takes_context=True)
def waiting_for_verification(context: Mapping[str, object], programme: Programme) -> int:
    """Return how many submitted events wait; takes the signed-in ``user`` from the context."""
    user = context.get("user")
    return waiting_count(user, programme) if isinstance(user, User) else 0
