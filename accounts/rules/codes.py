"""The six figures of an authenticator app (RFC 6238) and when they may be used."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from datetime import datetime

STEP = 30  # seconds
DIGITS = 6
DRIFT = 1  # steps by which the clock of a telephone may be wrong


def code_at(secret: str, step: int) -> str:
    """Return the code that an app shows during the step, counted from 1970, for a secret in base 32."""
    key = base64.b32decode(secret, casefold=True)
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    start = digest[-1] & 0x0F
    (number,) = struct.unpack(">I", digest[start : start + 4])
    return f"{(number & 0x7FFFFFFF) % 10**DIGITS:0{DIGITS}}"


def step_of(at: datetime) -> int:
    """Return the step in which an instant lies."""
    return int(at.timestamp()) // STEP


def accepted_step(secret: str, code: str, *, after: int, at: datetime) -> int | None:
    """
    Return the step whose code was given, or None if the code is wrong, too old or used before.

    :param after: the last step whose code was accepted; neither it nor an earlier one is accepted again.
    """
    now = step_of(at)
    for step in range(max(now - DRIFT, after + 1), now + DRIFT + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            return step
    return None
