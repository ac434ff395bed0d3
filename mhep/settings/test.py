"""The test suite: fast password hashing, no outside network, everything else as in production."""

from mhep.settings.base import *  # noqa: F403

SECRET_KEY = "for the test suite only"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
FIELD_KEYS = ["test:" + "dGVzdA0K" * 5 + "dGU="]
BLIND_INDEX_KEY = "aW5kZXgK" * 5 + "aW4="
ADDRESS_KEYS = ["YWRkcmVz" * 5 + "YWQ="]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

SITE_ADDRESS = "https://mhep.example.org"

# Messages stay inside the process: jobs are run by the tests that are about them.
CELERY_BROKER_URL = "memory://"
DEMO = True

# Static files from their sources, found when asked for: nothing is collected for a test.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
