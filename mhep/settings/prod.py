"""Production: HTTPS only; every secret and every place from the environment, which must name them."""

from environs import validate

from mhep.settings.base import *  # noqa: F403
from mhep.settings.base import MAIL_BY, env

GIVEN = validate.Length(min=1)

env.str("DATABASE_URL")  # read in base; without it nothing starts
SECRET_KEY = env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [])
FIELD_KEYS: list[str] = env.list("FIELD_KEYS")  # name:base64; the first encrypts (mhep.shared.encryption)
BLIND_INDEX_KEY = env.str("BLIND_INDEX_KEY")
ADDRESS_KEYS: list[str] = env.list("ADDRESS_KEYS")  # base64; the first seals (mhep.shared.sealed_ids)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL")
SITE_ADDRESS = env.str("SITE_ADDRESS", "") or f"https://{ALLOWED_HOSTS[0].removeprefix('.')}"

if MAIL_BY == "smtp":
    EMAIL_HOST = env.str("EMAIL_HOST", "localhost", validate=GIVEN)
else:
    NOTIFY_SERVICE_ID = env.str("NOTIFY_SERVICE_ID", validate=GIVEN)
    NOTIFY_KEY = env.str("NOTIFY_KEY", validate=validate.Length(min=32))
    NOTIFY_TEMPLATE_ID = env.str("NOTIFY_TEMPLATE_ID", validate=GIVEN)

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrftoken"

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
