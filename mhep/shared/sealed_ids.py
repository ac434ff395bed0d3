"""
Ids for addresses and forms: a row's kind and key, sealed into one that looks like any UUID (ADR 0019).

Nobody can tell from one id how many rows there are, which came first, or what another row's id is; an id of
one kind is no id of another. It replaces no check of who may see the row. ``ADDRESS_KEYS`` lists keys in
base64: the first one seals, all of them open, so that links outlive a change of key for a while.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

KEY_BYTES = 32
HALF = 8  # bytes: half a block tells the kind, the other half is the row's key
_PURPOSE = b"mhep ids in addresses"


class Kind(StrEnum):
    """What an id in an address or a form may name; its value is the converter's name in ``urls.py``."""

    ACCOUNT = "account"
    SIGN_IN = "sign_in"
    SECOND_STEP = "second_step"
    INVITATION = "invitation"
    MEMBER = "member"
    API_TOKEN = "api_token"  # noqa: S105
    WEBHOOK = "webhook"
    DELIVERY = "delivery"
    PLACE = "place"
    PARTICIPANT = "participant"
    GOAL = "goal"
    WORK_PERIOD = "work_period"
    EVENT = "event"
    QUESTION = "question"
    STEP = "step"
    SERVICE = "service"
    TRANSFER = "transfer"
    CHARGE = "charge"
    DOCUMENT = "document"
    JOURNAL = "journal"
    STATEMENT = "statement"
    LINE_QUERY = "line_query"
    ADJUSTMENT = "adjustment"
    BANK_ACCOUNT = "bank_account"
    FUNDER = "funder"
    BANK_LINE = "bank_line"
    ALLOCATION = "allocation"
    LATE_CLAIM = "late_claim"
    SAMPLE_AUDIT = "sample_audit"
    SAMPLED_EVENT = "sampled_event"
    REVIEW_MEETING = "review_meeting"
    REVIEW_ACTION = "review_action"
    SCORED_REVIEW = "scored_review"
    BOOKING_CODE = "booking_code"
    PROFILE = "profile"


class Unsealable(ValueError):
    """The text is no id of that kind that this installation has given out."""


def sealed_id(kind: Kind, key: int) -> UUID:
    """
    Return the id of the row of that kind whose primary key is ``key``; always the same one.

    :raises ValueError: for what can be no key.
    """
    if not 0 <= key < 1 << 63:
        raise ValueError(f"{key} is no key of a row.")
    block = _tag(kind) + key.to_bytes(HALF)
    encryptor = _ciphers(tuple(settings.ADDRESS_KEYS))[0].encryptor()
    return UUID(bytes=encryptor.update(block) + encryptor.finalize())


def opened_id(kind: Kind, text: str) -> int:
    """
    Return the primary key that :func:`sealed_id` was given for the same kind.

    :raises Unsealable: if the text is none of its ids.
    """
    try:
        sealed = UUID(text).bytes
    except ValueError as error:
        raise Unsealable(text) from error
    for cipher in _ciphers(tuple(settings.ADDRESS_KEYS)):
        decryptor = cipher.decryptor()
        block = decryptor.update(sealed) + decryptor.finalize()
        if block[:HALF] == _tag(kind):
            return int.from_bytes(block[HALF:])
    raise Unsealable(text)


def opened_ids(kind: Kind, texts: Iterable[str]) -> set[int]:
    """Return the keys of all that are ids of that kind; what is none is left out."""
    keys = set()
    for text in texts:
        with suppress(Unsealable):
            keys.add(opened_id(kind, text))
    return keys


@lru_cache
def _tag(kind: Kind) -> bytes:
    return hashlib.sha256(kind.encode()).digest()[:HALF]


@lru_cache
def _ciphers(keys: Sequence[str]) -> tuple[Cipher[ECB], ...]:
    """
    Return a cipher for each key.

    One block, never a second: what ECB gives away about longer texts cannot show.
    """
    if not keys:
        raise ImproperlyConfigured("ADDRESS_KEYS names no key; make one with: openssl rand -base64 32")
    return tuple(Cipher(AES256(_derived(key)), ECB()) for key in keys)  # noqa: S305


def _derived(key: str) -> bytes:
    try:
        content = base64.b64decode(key, validate=True)
    except binascii.Error as error:
        raise ImproperlyConfigured("A key of ADDRESS_KEYS is not base64.") from error
    if len(content) != KEY_BYTES:
        raise ImproperlyConfigured(f"A key of ADDRESS_KEYS has {len(content)} bytes, not {KEY_BYTES}.")
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=_PURPOSE).derive(content)
