"""Whether to show the way to the page about people."""

from __future__ import annotations

from django import template

from accounts.models import User
from providers.selectors import operators_administered_by

register = template.Library()


@register.filter
def looks_after_people(user: User) -> bool:
    """Tell whether the user may invite and remove people."""
    return operators_administered_by(user).exists()
