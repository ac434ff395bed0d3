"""Who runs programmes, who delivers them and who lends the money for it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from accounts.models import MembershipQuerySet, User
from providers.enums import OperatorRole, ProviderRole


class Operator(models.Model):
    """The organisation that holds the contracts, issues the documents and pays the providers."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=300)
    address = models.TextField(blank=True)
    vat_number = models.CharField(max_length=40, blank=True)
    bank_details = models.TextField(blank=True)
    legal_name = models.CharField(max_length=300, blank=True)  # where it differs from the name
    country = models.CharField(max_length=2, blank=True)
    registration_number = models.CharField(max_length=40, blank=True)
    e_address_scheme = models.CharField(max_length=4, blank=True)
    e_address_id = models.CharField(max_length=50, blank=True)
    iban = models.CharField(max_length=34, blank=True)
    bic = models.CharField(max_length=11, blank=True)

    def __str__(self) -> str:
        return self.code


class OperatorMemberQuerySet(MembershipQuerySet["OperatorMember"]):
    kind = "operator"


class OperatorMember(models.Model):
    """A person's role at an operator: the performance team and the auditors."""

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="operator_memberships"
    )
    role = models.CharField(max_length=20, choices=OperatorRole)

    objects = OperatorMemberQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operator", "user"], name="providers_operatormember_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=OperatorRole.values),
                name="providers_operatormember_role_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"


class ProviderQuerySet(models.QuerySet["Provider"]):
    def staffed_by(self, user: User) -> ProviderQuerySet:
        """The providers that the user works for."""
        return self.filter(members__in=ProviderMember.objects.of(user))


class Provider(models.Model):
    """An organisation that delivers, known to one operator by its code."""

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="providers")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=300)

    objects = ProviderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operator", "code"], name="providers_provider_code_once")
        ]

    def __str__(self) -> str:
        return self.code


class Investor(models.Model):
    """An organisation that lends an operator the money until outcomes are paid, known to it by its code."""

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="investors")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=300)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operator", "code"], name="providers_investor_code_once")
        ]

    def __str__(self) -> str:
        return self.code


class InvestorMemberQuerySet(MembershipQuerySet["InvestorMember"]):
    kind = "investor"


class InvestorMember(models.Model):
    """A person who works for an investor; there is one role."""

    investor = models.ForeignKey(Investor, on_delete=models.PROTECT, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="investor_memberships"
    )

    objects = InvestorMemberQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["investor", "user"], name="providers_investormember_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.investor_id}"


class ProviderMemberQuerySet(MembershipQuerySet["ProviderMember"]):
    kind = "provider"


class ProviderMember(models.Model):
    """A person's role at a provider. ``full_time_percent`` is 100 for somebody who works full time."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="provider_memberships"
    )
    role = models.CharField(max_length=20, choices=ProviderRole)
    full_time_percent = models.PositiveSmallIntegerField(default=100)

    objects = ProviderMemberQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "user"], name="providers_providermember_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=ProviderRole.values),
                name="providers_providermember_role_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(full_time_percent__gte=1, full_time_percent__lte=100),
                name="providers_providermember_works_up_to_full_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"
