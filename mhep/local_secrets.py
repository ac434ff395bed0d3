"""Secrets of a developer's machine: made at random once, then kept beside its data."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path


def kept_key(place: Path) -> str:
    """
    Return the 32 random bytes, in base64, that the file holds; the first caller writes it.

    Several processes may start at once: all of them get the same key.
    """
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        unfinished = place.with_name(f"{place.name}.{os.getpid()}")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(base64.b64encode(secrets.token_bytes(32)).decode())
        try:
            os.link(unfinished, place)  # fails where another process was first: its key is the one
        except FileExistsError:
            pass
        finally:
            unfinished.unlink()
    return place.read_text()
