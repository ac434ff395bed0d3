"""What the library for second steps asks of us. It is named in the settings."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.models import SignIn, User
from accounts.selectors import second_steps_of
from accounts.services.mail import tell_of_change
from accounts.services.second_step import PLACE
from accounts.views.throttle import address
from mhep.shared.encryption import decrypt, encrypt

WRONG = (
    "That code is wrong. Enter the code that your app shows now, or a recovery code that you have not used."
)
# Which of the library's letters tell of which change.
CHANGES = {
    "mfa/email/totp_activated": "An authenticator app was added to your account.",
    "mfa/email/totp_deactivated": "The authenticator app was removed from your account.",
    "mfa/email/webauthn_added": "A passkey was added to your account.",
    "mfa/email/webauthn_removed": "A passkey was removed from your account.",
    "mfa/email/recovery_codes_generated": "You have new recovery codes. The old ones no longer work.",
}


class AccountAdapter(DefaultAccountAdapter):
    """Signing in with one step after another; nobody signs up by themselves."""

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        return ["allauth.mfa.stages.AuthenticateStage"]

    def add_message(self, *_args: Any, **_kwargs: Any) -> None:
        """Say nothing: our pages say what was done."""

    def send_notification_mail(self, template_prefix: str, user: User, *_args: Any, **_kwargs: Any) -> None:
        tell_of_change(user, CHANGES[template_prefix])

    def is_reauthentication_required(self, **_kwargs: Any) -> bool:
        sign_in = getattr(self.request, "sign_in", None)
        return not (isinstance(sign_in, SignIn) and sign_in.is_confirmed(timezone.now()))

    def get_reauthentication_methods(self, _user: User) -> list[dict[str, str]]:
        return [{"id": "confirm", "description": "", "url": reverse("accounts:confirm")}]

    def get_client_ip(self, request: HttpRequest) -> str:
        return address(request)


class SecondStepAdapter(DefaultMFAAdapter):
    """Secrets are encrypted, and the last way to take the second step cannot be removed."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": WRONG,
        "cannot_delete_authenticator": "Add another way to take the second step before you remove this one.",
    }

    def encrypt(self, text: str) -> str:
        return encrypt(text, place=PLACE)

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text, place=PLACE)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return second_steps_of(authenticator.user).ways > 1

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002
        return f"Passkey {len(second_steps_of(user).passkeys) + 1}"
