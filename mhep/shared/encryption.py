"""
Fields that only the application can read: AES-256-GCM with named keys, and an index that finds equal values.

``FIELD_KEYS`` lists keys as ``name:base64``. The first one encrypts; all of them decrypt, so a new key is put
in front, ``manage.py rotate_field_keys`` writes everything anew, and the old one is then taken out.
``BLIND_INDEX_KEY`` is a key of its own: a value's index tells nobody without it what the value is.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import models
from django.db.models.functions import Cast

if TYPE_CHECKING:
    _TextField = models.TextField[str, str]
else:  # Django's fields cannot be subscripted when they run
    _TextField = models.TextField

NONCE_BYTES = 12
KEY_BYTES = 32
_NAME = re.compile(r"[A-Za-z0-9_-]{1,20}")


class SpoiltField(Exception):
    """An encrypted value was changed, moved to another column, or written with a key that is not here."""


def encrypt(text: str, *, place: str) -> str:
    """
    Return ``text`` encrypted with the first key, as ``name.base64``; never the same twice.

    :param place: the column that it is for. It can be decrypted for that column only.
    """
    name, cipher = next(iter(_ciphers(tuple(settings.FIELD_KEYS)).items()))
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + cipher.encrypt(nonce, text.encode(), place.encode())
    return f"{name}.{base64.b64encode(sealed).decode()}"


def decrypt(stored: str, *, place: str) -> str:
    """
    Return what :func:`encrypt` was given for the same place.

    :raises SpoiltField: if that cannot be told.
    """
    name, _, sealed = stored.partition(".")
    cipher = _ciphers(tuple(settings.FIELD_KEYS)).get(name)
    if cipher is None:
        raise SpoiltField(f"{place} was encrypted with the key {name}, which is not among FIELD_KEYS.")
    try:
        content = base64.b64decode(sealed, validate=True)
        return cipher.decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], place.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise SpoiltField(f"A value of {place} is not what was written.") from error


def seal(content: bytes, *, place: str) -> bytes:
    """Return bytes encrypted as :func:`encrypt` does with text, without the detour by base64."""
    name, cipher = next(iter(_ciphers(tuple(settings.FIELD_KEYS)).items()))
    nonce = os.urandom(NONCE_BYTES)
    return name.encode() + b"." + nonce + cipher.encrypt(nonce, content, place.encode())


def unseal(sealed: bytes, *, place: str) -> bytes:
    """
    Return what :func:`seal` was given for the same place.

    :raises SpoiltField: if that cannot be told.
    """
    name, _, content = sealed.partition(b".")
    cipher = _ciphers(tuple(settings.FIELD_KEYS)).get(name.decode(errors="replace"))
    if cipher is None:
        raise SpoiltField(f"{place} was encrypted with a key that is not among FIELD_KEYS.")
    try:
        return cipher.decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError) as error:
        raise SpoiltField(f"{place} is not what was written.") from error


def blind_index(*parts: str) -> str:
    """Return the same 64 digits for the same parts and no others, of no use to whoever lacks the key."""
    message = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
    return hmac.digest(_key("BLIND_INDEX_KEY", settings.BLIND_INDEX_KEY), message, "sha256").hex()


def current_key() -> str:
    """Return the name of the key that encrypts."""
    return next(iter(_ciphers(tuple(settings.FIELD_KEYS))))


class EncryptedTextField(_TextField):
    """Text that is encrypted in the database; an empty text stays empty. It cannot be searched."""

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        return decrypt(value, place=self._place) if value else value

    def get_prep_value(self, value: Any) -> Any:
        return encrypt(str(value), place=self._place) if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError(f"{self._place} is encrypted: no two values are alike, so none can be looked up.")

    @property
    def _place(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"  # noqa: SLF001


def encrypted_fields() -> Iterator[tuple[type[models.Model], EncryptedTextField]]:
    """Give every encrypted field of the application with its model."""
    for model in apps.get_models():
        for field in model._meta.local_fields:  # noqa: SLF001
            if isinstance(field, EncryptedTextField):
                yield model, field


def encrypt_anew(model: type[models.Model], field: EncryptedTextField, batch: int = 500) -> int:
    """
    Write up to ``batch`` values of other keys with the first key; return how many, 0 when none is left.

    Needs a transaction. May run while people work, and again after it was cut off: each row is locked,
    read and written once.
    """
    rows = model._base_manager  # noqa: SLF001
    stored = rows.annotate(stored=Cast(field.attname, models.TextField())).exclude(stored="")
    older = stored.exclude(stored__startswith=f"{current_key()}.").order_by("pk")
    found = list(older.select_for_update(no_key=True, of=("self",))[:batch])
    for row in found:
        rows.filter(pk=row.pk).update(**{field.attname: getattr(row, field.attname)})
    return len(found)


@lru_cache(maxsize=8)
def _ciphers(keys: Sequence[str]) -> dict[str, AESGCM]:
    ciphers: dict[str, AESGCM] = {}
    for entry in keys:
        name, _, key = entry.partition(":")
        if not _NAME.fullmatch(name) or name in ciphers:
            raise ImproperlyConfigured("FIELD_KEYS: every key needs a name of its own, as in 2026a:base64.")
        ciphers[name] = AESGCM(_key("FIELD_KEYS", key))
    if not ciphers:
        raise ImproperlyConfigured("FIELD_KEYS is empty: at least one key is needed to keep people's names.")
    return ciphers


def _key(setting: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise ImproperlyConfigured(f"{setting}: a key is {KEY_BYTES} random bytes in base64.")
    return key
