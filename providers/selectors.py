"""What is known about operators."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import User
from providers.enums import OperatorRole
from providers.models import Operator, OperatorMember, Provider


def operators_administered_by(user: User) -> QuerySet[Operator]:
    """Return the operators whose people the user may invite and remove."""
    seats = OperatorMember.objects.of(user).filter(role=OperatorRole.ADMINISTRATOR)
    return Operator.objects.filter(members__in=seats).order_by("name", "pk")


def providers_of(user: User) -> frozenset[int]:
    """Return the keys of the providers that the user works for."""
    return frozenset(Provider.objects.staffed_by(user).values_list("pk", flat=True))
