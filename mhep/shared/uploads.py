"""
A file that somebody sent and has yet to confirm: kept between requests, bound to sender and purpose.

Each file has a folder of its own below ``DATA_DIR``, which every web process must share. Its ticket is a
random number that says nothing about anybody, so it may stand in an address; to anyone else it is of no use.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

from django.conf import settings

KEPT_FOR = 24 * 60 * 60  # seconds

_PURPOSE, _CONTENT, _RESULT = "purpose", "content", "result"


class UploadGone(Exception):
    """No file waits under the ticket: it is unknown, for another purpose, too old, or the file was used."""


def keep(content: bytes, *, purpose: Mapping[str, object]) -> uuid.UUID:
    """Keep a file for a day and return its ticket; whatever is older than a day is deleted."""
    root = _root()
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    _delete_old(root)
    ticket = uuid.uuid4()
    folder = root / ticket.hex
    folder.mkdir(mode=0o700)
    _write(folder / _CONTENT, content)
    _write(folder / _PURPOSE, _noted(purpose))
    return ticket


def read(ticket: uuid.UUID, *, purpose: Mapping[str, object]) -> bytes:
    """
    Return the file that waits under ``ticket`` for exactly this purpose.

    :raises UploadGone: if there is none. If that is because the file was used, its result is there already.
    """
    folder = _folder(ticket, purpose)
    content = _content(folder)
    if _result(folder) is not None:
        raise UploadGone
    return content


def result_of(ticket: uuid.UUID, *, purpose: Mapping[str, object]) -> str | None:
    """
    Return what came of using the file, or ``None`` while it waits.

    :raises UploadGone: if the ticket is not for this purpose.
    """
    return _result(_folder(ticket, purpose))


def use_once(ticket: uuid.UUID, *, purpose: Mapping[str, object], use: Callable[[bytes], str]) -> str:
    """
    Give the file to ``use``, delete it, and return what came of it; that is kept for as long as the file.

    Asked again, even while the first time still lasts, it only returns the same. If ``use`` raises, the file
    waits on. ``use`` may run again if the process dies before the result is kept.

    :raises UploadGone: if the ticket is not for this purpose.
    """
    folder = _folder(ticket, purpose)
    with (folder / _PURPOSE).open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = _result(folder)
        if result is None:
            result = use(_content(folder))
            unfinished = folder / f"{_RESULT}.part"
            _write(unfinished, result.encode())
            unfinished.rename(folder / _RESULT)
            (folder / _CONTENT).unlink()
    return result


def _root() -> Path:
    return Path(settings.DATA_DIR) / "uploads"


def _folder(ticket: uuid.UUID, purpose: Mapping[str, object]) -> Path:
    folder = _root() / ticket.hex
    note = folder / _PURPOSE
    try:
        is_good = note.read_bytes() == _noted(purpose) and not _is_old(note)
    except FileNotFoundError as error:
        raise UploadGone from error
    if not is_good:
        raise UploadGone
    return folder


def _content(folder: Path) -> bytes:
    try:
        return (folder / _CONTENT).read_bytes()
    except FileNotFoundError as error:
        raise UploadGone from error


def _result(folder: Path) -> str | None:
    try:
        return (folder / _RESULT).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _noted(purpose: Mapping[str, object]) -> bytes:
    return json.dumps(purpose, sort_keys=True).encode()


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


def _is_old(path: Path) -> bool:
    return path.stat().st_mtime < time.time() - KEPT_FOR


def _delete_old(root: Path) -> None:
    for folder in root.iterdir():
        if _is_old(folder):
            shutil.rmtree(folder, ignore_errors=True)
