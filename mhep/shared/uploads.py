"""
A file that somebody sent and has yet to confirm: kept between two requests, bound to sender and purpose.

The claim ticket is signed and travels in the form, so neither the session nor the database holds anything.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings
from django.core import signing

SALT = "mhep.shared.uploads"
KEPT_FOR = 24 * 60 * 60  # seconds


class UploadGone(Exception):
    """The ticket is forged, of another person or purpose, or too old, or the file was used already."""


def keep(content: bytes, *, purpose: Mapping[str, object]) -> str:
    """Keep a file for a day and return its ticket; files kept for longer are deleted."""
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _delete_old(folder)
    name = uuid.uuid4().hex
    path = folder / name
    path.touch(mode=0o600)
    path.write_bytes(content)
    return signing.dumps({"name": name, **purpose}, salt=SALT)


def read(ticket: str, *, purpose: Mapping[str, object]) -> bytes:
    """
    Return the file that was kept under ``ticket`` for exactly this purpose.

    :raises UploadGone: if there is none.
    """
    try:
        return _path(ticket, purpose).read_bytes()
    except FileNotFoundError as error:
        raise UploadGone from error


def forget(ticket: str, *, purpose: Mapping[str, object]) -> None:
    """
    Delete the file; it was used.

    :raises UploadGone: if the ticket is not for this purpose.
    """
    _path(ticket, purpose).unlink(missing_ok=True)


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "uploads"


def _path(ticket: str, purpose: Mapping[str, object]) -> Path:
    try:
        claimed = signing.loads(ticket, salt=SALT, max_age=KEPT_FOR)
    except signing.BadSignature as error:
        raise UploadGone from error
    name: str = claimed.pop("name")
    if claimed != dict(purpose):
        raise UploadGone
    return _folder() / name


def _delete_old(folder: Path) -> None:
    oldest = time.time() - KEPT_FOR
    for path in folder.iterdir():
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
