"""Who belongs to which organisation, for pages that deal with every kind of organisation alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from django.conf import settings
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from accounts.models import User
from mhep.shared.sealed_ids import Kind, sealed_id

ALL = "all"  # in a form: all of the person's organisations


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


@dataclass(frozen=True, slots=True)
class Seat:
    """A person's own place and role, to choose among. ``role`` is its label."""

    kind: str
    place: Place
    role: str

    @property
    def key(self) -> tuple[str, int]:
        return self.kind, self.place.pk

    @property
    def id(self) -> str:
        """Return what names the seat in a form."""
        return seat_id(self.key)


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

    def seats(self, user: User) -> QuerySet[Any, tuple[str, int, str, str]]:
        """Return the kind, the key and the name of each of the person's organisations, and the role there."""

    def places(self, operator: int) -> list[Place]:
        """Return the organisations whose people the operator looks after."""

    def members(self, operator: int) -> Iterable[Member]:
        """Return their people; the machine members that tokens act as are none."""

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


def seats_of(user: User) -> list[Seat]:
    """Return everything that the person is anywhere, whatever they have chosen, by name; in one query."""
    known = kinds()
    first, *others = (each.seats(user) for each in known.values())
    found = [
        Seat(kind, Place(place, name), known[kind].roles[role])
        for kind, place, name, role in first.union(*others)
    ]
    return sorted(found, key=lambda seat: (seat.place.name, seat.kind, seat.place.pk))


def seat_id(seat: tuple[str, int] | None) -> str:
    """Return what names an organisation in a form."""
    return f"{seat[0]}:{sealed_id(Kind.PLACE, seat[1])}" if seat else ALL
