"""Who belongs to which organisation, for pages that deal with every kind of organisation alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.models import User


@dataclass(frozen=True, slots=True)
class Place:
    """An organisation to which people can belong."""

    pk: int
    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """A person's place and role."""

    pk: int
    user: User
    place: Place
    role: str


class Memberships(Protocol):
    """
    One kind of organisation, as its own app knows it; the settings' ``MEMBERSHIPS`` name one for each kind.

    ``operator`` is the key of the operator on whose behalf somebody acts. Nothing beyond it is touched.
    """

    roles: dict[str, str]  # the label of each role

    def name(self, place: int) -> str:
        """Return what the organisation is called."""

    def place_named(self, code: str) -> int:
        """
        Return the key of the organisation that a person at the command line names.

        :raises BusinessRuleError: if there is none.
        """

    def has_member(self, place: int, user: User) -> bool:
        """Tell whether the person belongs to the organisation."""

    def places(self, operator: int) -> list[Place]:
        """Return the organisations whose people the operator looks after."""

    def members(self, operator: int) -> Iterable[Member]:
        """Return their people."""

    def grant(self, place: int, user: User, role: str) -> None:
        """Give the person the role there; one that they already have is replaced."""

    def change(self, member: Member, role: str) -> None:
        """
        Give the member another role.

        :raises BusinessRuleError: if nobody could then look after the organisation.
        """

    def remove(self, member: Member) -> None:
        """
        Take the member's place away.

        :raises BusinessRuleError: if nobody could then look after the organisation.
        """


def memberships(kind: str) -> Memberships:
    """
    Return what knows the organisations of a kind.

    :raises KeyError: for a kind that the settings do not name.
    """
    found: Memberships = import_string(settings.MEMBERSHIPS[kind])()
    return found


def kinds() -> dict[str, Memberships]:
    """Return every kind of organisation."""
    return {kind: memberships(kind) for kind in settings.MEMBERSHIPS}
