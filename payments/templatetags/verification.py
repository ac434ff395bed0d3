"""What the navigation says of what waits: events to verify, statements to answer."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

from accounts.models import User
from funders.models import Programme
from outcomes.selectors.verification import waiting_count
from payments.selectors.statement_list import waiting_statements

register = template.Library()


@register.simple_tag(takes_context=True)
def waiting_for_verification(context: Mapping[str, object], programme: Programme) -> int:
    """Return how many submitted events wait; takes the signed-in ``user`` from the context."""
    user = context.get("user")
    return waiting_count(user, programme) if isinstance(user, User) else 0


@register.simple_tag(takes_context=True)
def statements_to_answer(context: Mapping[str, object], programme: Programme) -> int | None:
    """Return how many statements wait that the signed-in user sees, or None where there never was one."""
    user = context.get("user")
    return waiting_statements(user, programme) if isinstance(user, User) else None
