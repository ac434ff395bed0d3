"""What every environment shares. One reader of the environment, no secret with a default."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONCE, NONE, SELF
from environs import Env, validate

from mhep.patience import KINDS, PROCESS

env = Env()

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = Path(env.str("MHEP_DATA", str(BASE_DIR / ".mhep")))

SECRET_KEY = env.str("SECRET_KEY", "")
DEBUG = False
DEMO = False  # whether made-up people with a known password may be loaded
ENDED_PROGRAMMES_STAND_STILL = False  # whether it is for ever the last day of a programme that has ended
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", [])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "mhep.shared",
    "accounts",
    "audit",
    "providers",
    "funders",
    "participants",
    "outcomes",
    "payments",
    "investment",
    "performance",
]

# Those that add headers come first: redirects, errors and static files pass through them too.
MIDDLEWARE = [
    "mhep.shared.middleware.ResponseHeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "audit.middleware.AttributionMiddleware",
    "accounts.middleware.SignInMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "mhep.shared.once.OnceMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "mhep.urls"
WSGI_APPLICATION = "mhep.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
            "builtins": ["mhep.shared.templatetags.mhep", "accounts.templatetags.seats"],
        },
    }
]

# How long the database may work and wait for this process.
PATIENCE = KINDS[env.str(PROCESS, "command", validate=validate.OneOf(list(KINDS)))]
_ADDRESS = dj_database_url.parse(env.str("DATABASE_URL", "postgres:///mhep"), conn_max_age=60)
DATABASES = {
    "default": {
        **_ADDRESS,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**_ADDRESS.get("OPTIONS", {}), "options": PATIENCE.options},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "funders:start"
LOGOUT_REDIRECT_URL = "accounts:sign-in"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
]
# The first counts wrong passwords and holds back; the second looks at the password.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]

# Wrong passwords are counted for a person at an address: one person's slips hold back nobody else there,
# and somebody else's at another address do not hold back the person (ADR 0013).
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "accounts.views.throttle.username"
AXES_CLIENT_IP_CALLABLE = "accounts.views.throttle.address"
AXES_LOCKOUT_CALLABLE = "accounts.views.throttle.too_many_tries"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
# How many proxies before the application write X-Forwarded-For; nothing beyond them is believed.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)

# The second step of a sign-in. Whether it is asked for is not a setting: see accounts.access.
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False
MFA_ADAPTER = "accounts.adapter.SecondStepAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "MHEP"

# What knows the people of each kind of organisation.
MEMBERSHIPS = {
    "operator": "providers.services.memberships.OperatorPeople",
    "provider": "providers.services.memberships.ProviderPeople",
    "funder": "funders.services.memberships.FunderPeople",
    "investor": "providers.services.memberships.InvestorPeople",
}

PASSWORD_RESET_TIMEOUT = 60 * 60

# The limits that count are kept by the server, in accounts.rules.sessions.
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # no cookie of its own

# Where people reach the pages: for the links in letters that no request asked for.
SITE_ADDRESS = env.str("SITE_ADDRESS", "http://localhost:8000")

# What takes letters to people: a mail server, or a government's notification service (ADR 0017).
MAIL_BY = env.str("MAIL_BY", "smtp", validate=validate.OneOf(["smtp", "notify"]))
NOTIFY_BASE_URL = env.str("NOTIFY_BASE_URL", "https://api.notifications.service.gov.uk")
NOTIFY_SERVICE_ID = env.str("NOTIFY_SERVICE_ID", "")
NOTIFY_KEY = env.str("NOTIFY_KEY", "")
NOTIFY_TEMPLATE_ID = env.str("NOTIFY_TEMPLATE_ID", "")
EMAIL_HOST = env.str("EMAIL_HOST", "localhost")
EMAIL_PORT = env.int("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", False)
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "MHEP <noreply@localhost>")

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_ALLOW_ALL_ORIGINS = False

DATA_UPLOAD_MAX_MEMORY_SIZE = 60 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 11 * 1024 * 1024  # evidence never touches the disk unencrypted

SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

# Where files of rows wait to be confirmed; empty: in DATA_DIR. Web processes and workers must share it.
UPLOADS_DIR = env.str("MHEP_UPLOADS", "")

# Evidence: encrypted files outside of every folder that is served; scanned by clamd where one is named.
EVIDENCE_DIR = Path(env.str("MHEP_EVIDENCE", str(DATA_DIR / "evidence")))
EVIDENCE_QUOTA = env.int("EVIDENCE_QUOTA_MB", 20_000) * 1024 * 1024  # bytes, for each provider
EVIDENCE_DAILY_QUOTA = env.int("EVIDENCE_DAILY_QUOTA_MB", 200) * 1024 * 1024  # bytes, for each person
CLAMD_ADDRESS = env.str("CLAMD_ADDRESS", "")  # host:port, or the path of a socket; empty: nothing is scanned
STAND_IN_SCANNER = False  # whether what knows only a test file may stand in for clamd: in the demo alone

# The API (ADR 0033): by token only; whatever is refused is a problem of RFC 9457.
API_REQUESTS_A_MINUTE = env.int("API_REQUESTS_A_MINUTE", 300)  # of one token
# Whether webhooks may lead inside of our own walls, and without encryption: in tests alone.
WEBHOOKS_TO_PRIVATE_ADDRESSES = False
REST_FRAMEWORK = {
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.TokenAuthentication"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "mhep.shared.api.schema.ApiSchema",
    "EXCEPTION_HANDLER": "mhep.shared.api.problems.problem_of",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "MHEP",
    "DESCRIPTION": "Multi-funder, outcomes-based contracts in employment support.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SORT_OPERATIONS": False,
    # Several fields are called kind or state: what they may be has a name of its own in the schema.
    "ENUM_NAME_OVERRIDES": {
        "ChargeKind": "payments.enums.ChargeKind",
        "EventState": "payments.api.serializers.EVENT_STATES",
        "StatementState": "payments.enums.StatementState",
    },
}

# Jobs: the row in the database is the truth, the broker is a hint (ADR 0006).
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", "filesystem://")
QUEUE_DIR = Path(env.str("MHEP_QUEUE", str(DATA_DIR / "queue")))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}
