"""What is known about accounts."""

from __future__ import annotations

from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.db.models import QuerySet

from accounts.models import SignIn, User

SECOND_STEPS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


@dataclass(frozen=True, slots=True)
class SecondSteps:
    """How a person can take the second step of a sign-in."""

    app: Authenticator | None
    passkeys: tuple[Authenticator, ...]
    recovery_codes_left: int

    @property
    def ways(self) -> int:
        """Return how many ways there are, recovery codes not counted."""
        return len(self.passkeys) + (self.app is not None)


def has_second_step(user: User) -> bool:
    """Tell whether the person has an app or a passkey; recovery codes alone are none."""
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=SECOND_STEPS).exists())


def second_steps_of(user: User) -> SecondSteps:
    """Return every way in which the person can take the second step."""
    found = list(Authenticator.objects.filter(user_id=user.pk).order_by("created_at"))
    codes = [each for each in found if each.type == Authenticator.Type.RECOVERY_CODES]
    return SecondSteps(
        app=next((each for each in found if each.type == Authenticator.Type.TOTP), None),
        passkeys=tuple(each for each in found if each.type == Authenticator.Type.WEBAUTHN),
        recovery_codes_left=len(codes[0].wrap().get_unused_codes()) if codes else 0,
    )


def sign_ins_of(user: User) -> QuerySet[SignIn]:
    """Return where the person is signed in, the latest use first."""
    return SignIn.objects.filter(user=user).order_by("-seen_at", "-pk")
