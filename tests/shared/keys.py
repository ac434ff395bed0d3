"""Made-up keys for encrypted fields."""

from __future__ import annotations

import base64
import secrets


def new_key(name: str) -> str:
    return f"{name}:{base64.b64encode(secrets.token_bytes(32)).decode()}"
