"""The people of operators, of providers and of investors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, Value

from accounts.models import User
from accounts.services.memberships import Member, Place
from mhep.kernel.problems import BusinessRuleError
from providers.enums import OperatorRole, ProviderRole
from providers.models import Investor, InvestorMember, Operator, OperatorMember, Provider, ProviderMember


class LastAdministrator(BusinessRuleError):
    """Without this administrator nobody could invite anybody any more."""


class OperatorPeople:
    """The performance team and the auditors."""

    roles = dict(OperatorRole.choices)

    def name(self, place: int) -> str:
        return Operator.objects.get(pk=place).name

    def place_named(self, code: str) -> int:
        operator = Operator.objects.filter(code=code).first()
        if operator is None:
            raise BusinessRuleError(f"There is no operator {code}.")
        return operator.pk

    def has_member(self, place: int, user: User) -> bool:
        return OperatorMember.objects.filter(operator=place, user=user).exists()

    def seats(self, user: User) -> QuerySet[Any, tuple[str, int, str, str]]:
        rows = OperatorMember.objects.filter(user=user)
        return rows.values_list(Value("operator"), "operator", "operator__name", "role")

    def places(self, operator: int) -> list[Place]:
        return [Place(each.pk, each.name) for each in Operator.objects.filter(pk=operator)]

    def members(self, operator: int) -> Iterable[Member]:
        rows = OperatorMember.objects.people().filter(operator=operator)
        rows = rows.select_related("user", "operator")
        for row in rows.order_by("user__name", "pk"):
            yield Member(row.pk, row.user, Place(row.operator_id, row.operator.name), row.role)

    def grant(self, place: int, user: User, role: str) -> None:
        OperatorMember.objects.update_or_create(operator_id=place, user=user, defaults={"role": role})

    @transaction.atomic
    def change(self, member: Member, role: str) -> None:
        if role != OperatorRole.ADMINISTRATOR:
            _keep_an_administrator(member)
        OperatorMember.objects.filter(pk=member.pk).update(role=role)

    @transaction.atomic
    def remove(self, member: Member) -> None:
        _keep_an_administrator(member)
        OperatorMember.objects.filter(pk=member.pk).delete()


class ProviderPeople:
    """Employment specialists and their managers."""

    roles = dict(ProviderRole.choices)

    def name(self, place: int) -> str:
        return Provider.objects.get(pk=place).name

    def place_named(self, code: str) -> int:
        operator, _, own = code.partition("/")
        provider = Provider.objects.filter(operator__code=operator, code=own).first()
        if provider is None:
            raise BusinessRuleError(f"There is no provider {code}. Write OPERATOR/PROVIDER.")
        return provider.pk

    def has_member(self, place: int, user: User) -> bool:
        return ProviderMember.objects.filter(provider=place, user=user).exists()

    def seats(self, user: User) -> QuerySet[Any, tuple[str, int, str, str]]:
        rows = ProviderMember.objects.filter(user=user)
        return rows.values_list(Value("provider"), "provider", "provider__name", "role")

    def places(self, operator: int) -> list[Place]:
        providers = Provider.objects.filter(operator=operator).order_by("name", "pk")
        return [Place(each.pk, each.name) for each in providers]

    def members(self, operator: int) -> Iterable[Member]:
        rows = ProviderMember.objects.people().filter(provider__operator=operator)
        for row in rows.select_related("user", "provider").order_by("provider__name", "user__name", "pk"):
            yield Member(row.pk, row.user, Place(row.provider_id, row.provider.name), row.role)

    def grant(self, place: int, user: User, role: str) -> None:
        ProviderMember.objects.update_or_create(provider_id=place, user=user, defaults={"role": role})

    def change(self, member: Member, role: str) -> None:
        ProviderMember.objects.filter(pk=member.pk).update(role=role)

    def remove(self, member: Member) -> None:
        ProviderMember.objects.filter(pk=member.pk).delete()


class InvestorPeople:
    """Those who follow an investment."""

    roles = {"INVESTOR": "Investor"}

    def name(self, place: int) -> str:
        return Investor.objects.get(pk=place).name

    def place_named(self, code: str) -> int:
        operator, _, own = code.partition("/")
        investor = Investor.objects.filter(operator__code=operator, code=own).first()
        if investor is None:
            raise BusinessRuleError(f"There is no investor {code}. Write OPERATOR/INVESTOR.")
        return investor.pk

    def has_member(self, place: int, user: User) -> bool:
        return InvestorMember.objects.filter(investor=place, user=user).exists()

    def seats(self, user: User) -> QuerySet[Any, tuple[str, int, str, str]]:
        rows = InvestorMember.objects.filter(user=user)
        return rows.values_list(Value("investor"), "investor", "investor__name", Value("INVESTOR"))

    def places(self, operator: int) -> list[Place]:
        investors = Investor.objects.filter(operator=operator).order_by("name", "pk")
        return [Place(each.pk, each.name) for each in investors]

    def members(self, operator: int) -> Iterable[Member]:
        rows = InvestorMember.objects.people().filter(investor__operator=operator)
        for row in rows.select_related("user", "investor").order_by("investor__name", "user__name", "pk"):
            yield Member(row.pk, row.user, Place(row.investor_id, row.investor.name), "INVESTOR")

    def grant(self, place: int, user: User, _role: str) -> None:
        InvestorMember.objects.get_or_create(investor_id=place, user=user)

    def change(self, _member: Member, _role: str) -> None:
        """Do nothing: there is one role."""

    def remove(self, member: Member) -> None:
        InvestorMember.objects.filter(pk=member.pk).delete()


def _keep_an_administrator(member: Member) -> None:
    """
    Let the member go, if somebody else is an administrator. Two who go at once wait for each other.

    :raises LastAdministrator: if nobody else is.
    """
    administrators = OperatorMember.objects.filter(
        operator=member.place.pk, role=OperatorRole.ADMINISTRATOR, user__is_active=True
    )
    keys = set(administrators.select_for_update().values_list("pk", flat=True))
    if keys == {member.pk}:
        raise LastAdministrator("This is the only administrator. Make somebody else an administrator first.")
