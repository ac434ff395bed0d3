"""
Bytes that must not lie about: each under a random key, encrypted, in a folder that no server serves.

Nothing that somebody chose becomes part of a path. A write is whole or was not: it goes to a name of its own
first.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings

from mhep.shared.encryption import SpoiltField, current_key, seal, unseal


class SpoiltFile(Exception):
    """Stored bytes are gone, or are not what was written."""


def put(key: UUID, content: bytes) -> None:
    """Store bytes under a key, encrypted; they have reached the disk when this returns."""
    path = _path(key)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f".{uuid4().hex}")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(seal(content, place=_place(key)))
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def get(key: UUID) -> bytes:
    """
    Return the bytes under a key.

    :raises SpoiltFile: if they are gone or changed.
    """
    try:
        return unseal(_path(key).read_bytes(), place=_place(key))
    except (OSError, SpoiltField) as error:
        raise SpoiltFile(f"The stored file {key} is gone or was changed.") from error


def remove(key: UUID) -> None:
    """Delete the bytes under a key, if there are any."""
    _path(key).unlink(missing_ok=True)


def keep_current(key: UUID) -> bool:
    """Encrypt the bytes anew if they were encrypted with an older key, and tell whether they were."""
    if _path(key).read_bytes().startswith(f"{current_key()}.".encode()):
        return False
    put(key, get(key))
    return True


def keys(*, older_than: float) -> Iterator[UUID]:
    """Yield the keys of what was stored at least so many seconds ago."""
    latest = time.time() - older_than
    for path in Path(settings.EVIDENCE_DIR).glob("??/????????????????????????????????"):
        if path.stat().st_mtime <= latest:
            yield UUID(path.name)


def _place(key: UUID) -> str:
    return f"vault/{key.hex}"


def _path(key: UUID) -> Path:
    return Path(settings.EVIDENCE_DIR) / key.hex[:2] / key.hex
