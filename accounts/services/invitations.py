"""Inviting people by a link that works once, for one address and one role."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import Invitation, User
from accounts.services.mail import send
from accounts.services.memberships import memberships
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.mailing.letters import LetterRefused, PostAway

VALID_FOR = timedelta(days=7)


class InvitationIsOver(BusinessRuleError):
    """The invitation was used, replaced, withdrawn, or is too old."""


class MailFailed(BusinessRuleError):
    """The letter did not leave; nothing was kept."""


def invite(  # noqa: PLR0913 - each says another thing about one invitation
    email: str, *, kind: str, place: int, role: str, actor: User, at: datetime, link: str
) -> Invitation:
    """
    Invite an address to a role; an earlier invitation of it to the same organisation is void from now on.

    Whether the address has an account makes no difference to anything that the caller sees.

    :param link: the address of the page that accepts, with ``TOKEN`` where the token belongs.
    :raises MailFailed: if the letter could not be sent.
    """
    with transaction.atomic():
        invitation, token = invite_by_hand(email, kind=kind, place=place, role=role, actor=actor, at=at)
        try:
            send(
                invitation.email,
                "You are invited to MHEP",
                "accounts/mail/invitation.txt",
                link=link.replace("TOKEN", token),
                days=VALID_FOR.days,
            )
        except LetterRefused as refusal:
            raise MailFailed(
                "The invitation cannot be sent. Check the address; if it is right, tell whoever runs MHEP: "
                f"{refusal}"
            ) from refusal
        except PostAway as away:
            raise MailFailed("The invitation could not be sent. Try again in a few minutes.") from away
    return invitation


@transaction.atomic
def invite_by_hand(
    email: str, *, kind: str, place: int, role: str, actor: User | None, at: datetime
) -> tuple[Invitation, str]:
    """
    Make an invitation and return it with its token, which nobody can read again; the caller hands it on.

    An earlier invitation of the address to the same organisation is void from now on.
    """
    token = secrets.token_urlsafe(32)
    address = User.normal_email(email)
    pending = Invitation.objects.open_at(at).filter(email=address, kind=kind, place=place)
    pending.update(revoked_at=at)
    invitation = Invitation.objects.create(
        email=address,
        token_hash=hash_of(token),
        kind=kind,
        place=place,
        role=role,
        invited_by=actor,
        invited_at=at,
        expires_at=at + VALID_FOR,
    )
    return invitation, token


def invitation_for(token: str, *, at: datetime) -> Invitation | None:
    """Return the invitation that a link belongs to, if it can still be accepted."""
    return Invitation.objects.open_at(at).filter(token_hash=hash_of(token)).first()


@transaction.atomic
def accept(invitation: Invitation, user: User, *, at: datetime) -> None:
    """
    Give the person what the invitation promises.

    :raises InvitationIsOver: if it is over by now, or belongs to another address.
    """
    locked = Invitation.objects.open_at(at).select_for_update().filter(pk=invitation.pk).first()
    if locked is None or locked.email != user.email:
        raise InvitationIsOver(
            "This invitation is for somebody else, was used, or is too old. Ask for a new one."
        )
    memberships(locked.kind).grant(locked.place, user, locked.role)
    locked.accepted_at = at
    locked.save(update_fields=["accepted_at"])


@transaction.atomic
def accept_as_new(invitation: Invitation, *, name: str, password: str, at: datetime) -> User:
    """
    Make an account for the invited address and accept.

    :raises InvitationIsOver: as :func:`accept` does, or if the address has got an account meanwhile.
    """
    if User.objects.filter(email=invitation.email).exists():
        raise InvitationIsOver("This address has an account already. Sign in, then open the link again.")
    user = User.objects.create_user(invitation.email, password, name=name)
    accept(invitation, user, at=at)
    return user


def revoke(invitation: Invitation, *, at: datetime) -> None:
    """Withdraw an invitation; its link no longer works."""
    Invitation.objects.open_at(at).filter(pk=invitation.pk).update(revoked_at=at)


def hash_of(token: str) -> str:
    """Return what the database keeps of a token: a plain hash is enough for 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()
