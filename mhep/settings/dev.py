"""The demo and the developer's machine: plain HTTP on loopback, demo data."""

import secrets

from mhep.settings.base import *  # noqa: F403
from mhep.settings.base import SECRET_KEY as GIVEN_KEY

SECRET_KEY = GIVEN_KEY or secrets.token_urlsafe(50)
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
DEMO = True
