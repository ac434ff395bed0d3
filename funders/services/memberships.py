"""The people of funders."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet, TextField, Value
from django.db.models.functions import Concat

from accounts.models import User
from accounts.services.memberships import Member, Place
from funders.enums import FunderRole
from funders.models import Funder, FunderMember
from mhep.kernel.problems import BusinessRuleError


class FunderPeople:
    """Commissioners and those who approve what a funder pays."""

    roles = dict(FunderRole.choices)

    def name(self, place: int) -> str:
        return Funder.objects.get(pk=place).name

    def place_named(self, code: str) -> int:
        programme, _, own = code.partition("/")
        funder = Funder.objects.filter(programme__code=programme, code=own).first()
        if funder is None:
            raise BusinessRuleError(f"There is no funder {code}. Write PROGRAMME/FUNDER.")
        return funder.pk

    def has_member(self, place: int, user: User) -> bool:
        return FunderMember.objects.filter(funder=place, user=user).exists()

    def seats(self, user: User) -> QuerySet[Any, tuple[str, int, str, str]]:
        rows = FunderMember.objects.filter(user=user)
        name = Concat(
            "funder__name", Value(" ("), "funder__programme__code", Value(")"), output_field=TextField()
        )
        return rows.values_list(Value("funder"), "funder", name, "role")

    def places(self, operator: int) -> list[Place]:
        funders = Funder.objects.filter(programme__operator=operator).select_related("programme")
        return [_place(each) for each in funders.order_by("programme__code", "name", "pk")]

    def members(self, operator: int) -> Iterable[Member]:
        rows = FunderMember.objects.people().filter(funder__programme__operator=operator)
        for row in rows.select_related("user", "funder__programme").order_by(
            "funder__name", "user__name", "pk"
        ):
            yield Member(row.pk, row.user, _place(row.funder), row.role)

    def grant(self, place: int, user: User, role: str) -> None:
        FunderMember.objects.update_or_create(funder_id=place, user=user, defaults={"role": role})

    def change(self, member: Member, role: str) -> None:
        FunderMember.objects.filter(pk=member.pk).update(role=role)

    def remove(self, member: Member) -> None:
        FunderMember.objects.filter(pk=member.pk).delete()


def _place(funder: Funder) -> Place:
    return Place(funder.pk, f"{funder.name} ({funder.programme.code})")
