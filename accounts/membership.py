"""What every kind of membership has in common: whom it counts for, and at which organisation just now."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from django.db import models

if TYPE_CHECKING:
    from accounts.models import User

_Row = TypeVar("_Row", bound=models.Model)


class MembershipQuerySet(models.QuerySet[_Row]):
    """
    The memberships of one kind of organisation.

    Whatever a person may see or do is asked through :meth:`of`; so one who has chosen an organisation has the
    rows and the rights of that membership and of no other.
    """

    kind: ClassVar[str]  # as in the settings' MEMBERSHIPS, and the name of the field with the organisation

    def of(self, user: User) -> Self:
        """The user's memberships, or of them the one whose organisation the user has chosen."""
        own = self.filter(user=user)
        if user.seat is None:
            return own
        kind, place = user.seat
        return own.filter(**{self.kind: place}) if kind == self.kind else own.none()
