"""Checking the second step of a sign-in, so that no code counts twice and guessing takes for ever."""

from __future__ import annotations

import re
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.db import transaction

from accounts.models import User
from accounts.rules import codes, limits
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.encryption import current_key, decrypt, encrypt

PLACE = "mfa_authenticator.data"  # for which secrets are encrypted
SECRETS = ("secret", "seed")  # in an authenticator's data: of an app, of recovery codes
LAST_STEP = "last_step"  # in an authenticator's data: no code of this step or before is accepted again


class TooManyWrongCodes(BusinessRuleError):
    """The person has to wait before the next code is looked at."""


def check_code(user: User, code: str, *, at: datetime) -> Authenticator | None:
    """
    Use up a code of the person's app or one of the recovery codes; return what it belongs to, None if wrong.

    The person's row is locked meanwhile: of the same code sent twice at once, one counts.

    :raises TooManyWrongCodes: without looking at the code, if the person has to wait.
    """
    plain = _plain(code)
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        if locked.code_allowed_at is not None and at < locked.code_allowed_at:
            raise TooManyWrongCodes(_please_wait(locked.code_allowed_at, at))
        found = _matching(locked, plain, at)
        if found is None:
            locked.wrong_codes += 1
            locked.code_allowed_at = at + limits.wait_after(locked.wrong_codes)
        else:
            locked.wrong_codes, locked.code_allowed_at = 0, None
        locked.save(update_fields=["wrong_codes", "code_allowed_at"])
    return found


def first_step(secret: str, code: str, *, at: datetime) -> int | None:
    """Return the step of a code that shows that a new app works, None if it is wrong."""
    return codes.accepted_step(secret, _plain(code), after=0, at=at)


def remember_step(authenticator: Authenticator, step: int) -> None:
    """Let no code of the step or before it count again."""
    authenticator.data[LAST_STEP] = step
    authenticator.save(update_fields=["data"])


@transaction.atomic
def encrypt_secrets_anew() -> int:
    """Write every secret that an older key encrypted with the first of ``FIELD_KEYS``; return how many."""
    written = 0
    for authenticator in Authenticator.objects.select_for_update().order_by("pk"):
        older = {
            name: value
            for name, value in authenticator.data.items()
            if name in SECRETS and not value.startswith(f"{current_key()}.")
        }
        if older:
            anew = {name: encrypt(decrypt(value, place=PLACE), place=PLACE) for name, value in older.items()}
            authenticator.data |= anew
            authenticator.save(update_fields=["data"])
            written += 1
    return written


def _plain(code: str) -> str:
    """Return a code without the spaces and hyphens that people type for legibility."""
    return re.sub(r"[\s-]", "", code)


def _matching(user: User, code: str, at: datetime) -> Authenticator | None:
    for authenticator in Authenticator.objects.filter(user_id=user.pk).select_for_update():
        if authenticator.type == Authenticator.Type.TOTP:
            secret = decrypt(authenticator.data["secret"], place=PLACE)
            step = codes.accepted_step(secret, code, after=authenticator.data.get(LAST_STEP, 0), at=at)
            if step is not None:
                remember_step(authenticator, step)
                return authenticator
        if authenticator.type == Authenticator.Type.RECOVERY_CODES and _is_recovery(authenticator, code):
            return authenticator
    return None


def _is_recovery(authenticator: Authenticator, code: str) -> bool:
    """Use up a recovery code; tell whether it was one."""
    return bool(RecoveryCodes(authenticator).validate_code(code))


def _please_wait(until: datetime, at: datetime) -> str:
    seconds = int((until - at).total_seconds()) + 1
    time = f"{seconds} seconds" if seconds < 100 else f"{-(-seconds // 60)} minutes"
    return f"There were too many wrong codes. Wait {time}, then enter the code that your app shows."
