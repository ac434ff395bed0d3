"""The demo and the developer's machine: plain HTTP on loopback, demo data."""

import secrets

import dj_database_url

from mhep import local_postgres
from mhep.local_secrets import kept_key
from mhep.settings.base import *  # noqa: F403
from mhep.settings.base import DATA_DIR, DATABASES, env
from mhep.settings.base import SECRET_KEY as GIVEN_KEY

SECRET_KEY = GIVEN_KEY or secrets.token_urlsafe(50)
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
DEMO = True
STAND_IN_SCANNER = True  # so that verifiers of the demo can open evidence
ENDED_PROGRAMMES_STAND_STILL = True  # so that what is verified in the demo is priced in its open months
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

# People's names are encrypted here too, with keys that this data folder keeps.
FIELD_KEYS: list[str] = env.list("FIELD_KEYS", []) or [f"local:{kept_key(DATA_DIR / 'field-key')}"]
BLIND_INDEX_KEY = env.str("BLIND_INDEX_KEY", "") or kept_key(DATA_DIR / "blind-index-key")
# What ids in addresses are sealed with (mhep.shared.sealed_ids).
ADDRESS_KEYS: list[str] = env.list("ADDRESS_KEYS", []) or [kept_key(DATA_DIR / "address-key")]

# `manage.py` beside a running `make run` finds the private server by itself.
if not env.str("DATABASE_URL", "") and local_postgres.is_running(local_postgres.default_home()):
    DATABASES["default"].update(
        dj_database_url.parse(local_postgres.default_home().url("mhep_owner"), conn_max_age=60)
    )
