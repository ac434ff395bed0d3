"""
Files that somebody sent and has yet to confirm: encrypted, in ``UPLOADS_DIR``, each under a random key.

Every web process and every worker must share that folder. Nothing that somebody chose becomes part of a
path.
"""

from __future__ import annotations

import time
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings

from mhep.shared.encryption import SpoiltField, seal, unseal


class UploadGone(Exception):
    """No file waits under the key: it was used, was called off, or waited too long."""


def keep(key: UUID, content: bytes) -> None:
    """Keep a file under a key that no other file has; it is there as a whole when this returns."""
    path = _path(key)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f".{uuid4().hex}")
    unfinished.touch(mode=0o600)
    unfinished.write_bytes(seal(content, place=_place(key)))
    unfinished.replace(path)


def read(key: UUID) -> bytes:
    """
    Return the file that waits under a key.

    :raises UploadGone: if there is none, or if it is not what was kept.
    """
    try:
        return unseal(_path(key).read_bytes(), place=_place(key))
    except (OSError, SpoiltField) as error:
        raise UploadGone from error


def forget(key: UUID) -> None:
    """Delete the file under a key, if there is one."""
    _path(key).unlink(missing_ok=True)


def forget_old(seconds: float) -> None:
    """Delete whatever has waited for longer, and what was left of a write that was cut off."""
    latest = time.time() - seconds
    for path in _root().glob("*"):
        if path.is_file() and path.stat().st_mtime < latest:
            path.unlink(missing_ok=True)


def _place(key: UUID) -> str:
    return f"upload/{key.hex}"


def _root() -> Path:
    return Path(settings.UPLOADS_DIR or Path(settings.DATA_DIR) / "uploads")


def _path(key: UUID) -> Path:
    return _root() / key.hex
