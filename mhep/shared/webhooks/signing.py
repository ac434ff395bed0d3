"""Signatures of Standard Webhooks 1.0: HMAC-SHA256 over the id, the time and the body."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """Return a fresh secret as its owner gets it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers_of(*, key: str, at: int, body: bytes, among: Sequence[str]) -> dict[str, str]:
    """
    Return the three headers of a message.

    :param at: when it is sent, in seconds since 1970.
    :param among: the secrets that sign it, the present one first; a receiver needs to know only one of them.
    """
    signed = f"{key}.{at}.".encode() + body
    signatures = [f"v1,{_signature(secret, signed)}" for secret in among]
    return {
        "webhook-id": key,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(signatures),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
