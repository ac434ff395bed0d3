"""An authenticator app, as people have it on their telephones."""

from __future__ import annotations

import time
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from accounts.models import User
from accounts.rules.codes import code_at

STEP = 30


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone with an app that knows the secret."""

    secret: str

    def code(self, steps_ahead: int = 0) -> str:
        """Return what the app shows now, or so many steps of 30 seconds later."""
        return code_at(self.secret, int(time.time()) // STEP + steps_ahead)


def give_phone(user: User) -> Phone:
    """Set up an app for the person, with recovery codes."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return Phone(secret)


def give_passkey(user: User, name: str) -> Authenticator:
    """Write down that the person has a passkey; it cannot be used."""
    return Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={"name": name})


def recovery_codes(user: User) -> list[str]:
    """Return the person's unused recovery codes."""
    row = Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES)
    return list(row.wrap().get_unused_codes())
