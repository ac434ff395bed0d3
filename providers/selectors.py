"""What is known about operators."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import User
from providers.enums import OperatorRole
from providers.models import Operator


def operators_administered_by(user: User) -> QuerySet[Operator]:
    """Return the operators whose people the user may invite and remove."""
    return Operator.objects.filter(members__user=user, members__role=OperatorRole.ADMINISTRATOR).order_by(
        "name", "pk"
    )
