"""Who may come in through an organisation's own sign-in, and who may come in no other way."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import Identity, IdentityProvider, Invitation, User
from accounts.services.invitations import InvitationIsOver, accept
from accounts.services.mail import tell_of_change
from accounts.services.memberships import memberships
from accounts.services.oidc import Answer
from accounts.services.sign_ins import end_all
from mhep.kernel.problems import BusinessRuleError


class IdentityTaken(BusinessRuleError):
    """One side is connected with somebody else already: the account, or the person at the sign-in."""


def sole_provider_of(user: User) -> IdentityProvider | None:
    """Return the organisation's sign-in through which alone the person may come in, if there is one."""
    for provider in IdentityProvider.objects.filter(is_sole=True).order_by("pk"):
        if memberships(provider.kind).has_member(provider.place, user):
            return provider
    return None


def organisations_to_connect(user: User) -> list[IdentityProvider]:
    """Return the own sign-ins of the person's organisations that the account is not connected with."""
    others = IdentityProvider.objects.exclude(identities__user=user).order_by("name", "pk")
    return [each for each in others if memberships(each.kind).has_member(each.place, user)]


def provider_of(invitation: Invitation) -> IdentityProvider | None:
    """Return the own sign-in of the organisation that invites."""
    return IdentityProvider.objects.filter(kind=invitation.kind, place=invitation.place).first()


def user_of(answer: Answer) -> User | None:
    """Return whose account belongs to the person at the provider. An address decides nothing."""
    found = Identity.objects.filter(issuer=answer.issuer, subject=answer.subject, user__is_active=True)
    identity = found.select_related("user").first()
    return identity.user if identity else None


@transaction.atomic
def bind(user: User, provider: IdentityProvider, answer: Answer, *, at: datetime) -> None:
    """
    Let the person come in through the organisation's sign-in from now on.

    :raises IdentityTaken: if either side is connected with somebody else.
    """
    theirs = Identity.objects.filter(issuer=answer.issuer, subject=answer.subject).first()
    if theirs is None and not Identity.objects.filter(provider=provider, user=user).exists():
        Identity.objects.create(
            user=user, provider=provider, issuer=answer.issuer, subject=answer.subject, connected_at=at
        )
        tell_of_change(user, f"Your account was connected with the sign-in of {provider.name}.")
    elif theirs is None or theirs.user_id != user.pk:
        raise IdentityTaken("This sign-in of your organisation belongs to another account here.")


@transaction.atomic
def join(invitation: Invitation, provider: IdentityProvider, answer: Answer, *, at: datetime) -> User:
    """
    Accept an invitation as the person at the sign-in of the organisation that invites.

    An account that has the invited address already is never taken over: its owner signs in and joins.

    :raises BusinessRuleError: if the invitation is over or for somebody else, or the identity is taken.
    """
    if (provider.kind, provider.place) != (invitation.kind, invitation.place):
        raise InvitationIsOver("This invitation is from another organisation.")
    user = user_of(answer)
    if user is None:
        if User.objects.filter(email=invitation.email).exists():
            raise IdentityTaken("This address has an account already. Sign in, then open the link again.")
        user = User.objects.create_user(invitation.email, name=answer.name or invitation.email)
        bind(user, provider, answer, at=at)
    accept(invitation, user, at=at)
    return user


@transaction.atomic
def make_sole(provider: IdentityProvider, *, is_sole: bool) -> int:
    """Let the organisation's people in through its sign-in alone, or not; return how many are signed out."""
    provider.is_sole = is_sole
    provider.save(update_fields=["is_sole"])
    if not is_sole:
        return 0
    members = [
        user
        for user in User.objects.filter(is_active=True)
        if memberships(provider.kind).has_member(provider.place, user)
    ]
    return sum(end_all(user) > 0 for user in members)
