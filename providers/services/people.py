"""What an operator's administrator does about people. Each change is recorded and its owner told."""

from __future__ import annotations

from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts.models import Invitation, User
from accounts.services import invitations
from accounts.services.mail import tell_of_change
from accounts.services.memberships import Member, memberships
from accounts.services.sign_ins import end_all
from audit.services import record
from mhep.kernel.problems import BusinessRuleError
from providers.models import Operator


@transaction.atomic
def invite_person(  # noqa: PLR0913 - each says another thing about one invitation
    operator: Operator, email: str, *, kind: str, place: int, role: str, actor: User, at: datetime, link: str
) -> Invitation:
    """
    Invite an address to one of the operator's own organisations.

    :raises BusinessRuleError: if the organisation or the role is not the operator's to give.
    """
    known = memberships(kind)
    if role not in known.roles or place not in {each.pk for each in known.places(operator.pk)}:
        raise BusinessRuleError("Choose an organisation and a role from the list.")
    invitation = invitations.invite(email, kind=kind, place=place, role=role, actor=actor, at=at, link=link)
    record(
        actor=actor,
        action="person.invited",
        subject=f"{kind} {place}",
        at=at,
        role=role,
        invitation=invitation.pk,
    )
    return invitation


@transaction.atomic
def change_role(kind: str, member: Member, role: str, *, actor: User, at: datetime) -> None:
    """
    Give a member another role. What they may do changes with their next request.

    :raises BusinessRuleError: for an unknown role, or if no administrator would be left.
    """
    if role not in memberships(kind).roles:
        raise BusinessRuleError("Choose a role from the list.")
    memberships(kind).change(member, role)
    _record("person.role_changed", kind, member, actor, at, role=role)
    tell_of_change(member.user, "Your role was changed.")


@transaction.atomic
def remove_person(kind: str, member: Member, *, actor: User, at: datetime) -> None:
    """
    Take a member's place away and end their sign-ins. The account stays: what it did must keep its name.

    :raises BusinessRuleError: if no administrator would be left.
    """
    memberships(kind).remove(member)
    end_all(member.user)
    _record("person.removed", kind, member, actor, at, role=member.role)
    tell_of_change(member.user, f"You no longer belong to {member.place.name}.")


@transaction.atomic
def reset_second_step(kind: str, member: Member, *, actor: User, at: datetime) -> None:
    """Let somebody who lost every way to take the second step set it up again at the next sign-in."""
    Authenticator.objects.filter(user=member.user).delete()
    end_all(member.user)
    _record("person.second_step_reset", kind, member, actor, at, role=member.role)
    tell_of_change(member.user, "An administrator let you set up your second step again.")


def _record(action: str, kind: str, member: Member, actor: User, at: datetime, *, role: str) -> None:
    record(
        actor=actor, action=action, subject=f"{kind} {member.place.pk}", at=at, user=member.user.pk, role=role
    )
