"""All settings. Every difference between two installations comes from the environment."""

from pathlib import Path
from urllib.parse import urlsplit

import pghistory
import pgtrigger.core
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

from config import env, logs
from config.theme import UNFOLD as UNFOLD

BASE_DIR = Path(__file__).resolve().parent.parent
FOYER_HOME = Path(env.text("FOYER_HOME", str(BASE_DIR / ".foyer"))).resolve()

# The address people and machines reach Foyer at; links in mails and API answers begin with it.
FOYER_URL = env.web_address("FOYER_URL", "http://localhost:8000")

SECRET_KEY = env.secret("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.items("SECRET_KEY_FALLBACKS")
DEBUG = env.boolean("DEBUG", default=False)
ALLOWED_HOSTS = [
    *env.items("ALLOWED_HOSTS"),
    urlsplit(FOYER_URL).hostname,
    "localhost",
    "127.0.0.1",
    "[::1]",
]

INSTALLED_APPS = [
    "procrastinate.contrib.django",
    "agencies",
    "clients",
    "contacts",
    "billing",
    "portal",
    "api",
    "config",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_countries",
    "anymail",
    "pgtrigger",
    "pghistory",
]

MIDDLEWARE = [
    "config.middleware.request_log",
    "config.health.answer_before_hosts",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.ContentSecurityPolicy",
    "portal.hosts.portal_hosts_only",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "agencies.middleware.staff_scope",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
# Three dialects answer with and without a trailing slash; a redirect would drop a POST's body.
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# Unset: the embedded server under FOYER_HOME, started by the first connection.
DATABASES = {"default": env.database("DATABASE_URL", default="config.embedded", home=FOYER_HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "agencies.User"
AUTHENTICATION_BACKENDS = ["agencies.backends.MembershipBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")

LANGUAGE_CODE = "en"
# What clients are written in; the catalogues lie compiled beside their sources.
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("ar", "العربية")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = FOYER_HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = FOYER_HOME / "files"
# Clients' documents: below MEDIA_ROOT, which no address leads to, or in a private bucket. Keys to
# the bucket come from the environment as every program for S3 reads them (AWS_ACCESS_KEY_ID, …).
_FILE_STORAGES = {
    "local": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "s3": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": env.text("FILE_STORAGE_BUCKET"),
            "endpoint_url": env.text("FILE_STORAGE_ENDPOINT") or None,
            "region_name": env.text("FILE_STORAGE_REGION") or None,
        },
    },
}
FILE_STORAGE = env.text("FILE_STORAGE", "local")
if FILE_STORAGE not in _FILE_STORAGES:
    raise ImproperlyConfigured(f"FILE_STORAGE is {FILE_STORAGE!r}. Set it to local or s3.")
if FILE_STORAGE == "s3" and not env.text("FILE_STORAGE_BUCKET"):
    raise ImproperlyConfigured("FILE_STORAGE is s3. Set FILE_STORAGE_BUCKET to the bucket's name.")
STORAGES = {
    "default": _FILE_STORAGES[FILE_STORAGE],
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True

# Mails land as files under FOYER_HOME/outbox until a provider is named: smtp, or one of anymail's.
EMAIL_PROVIDER = env.text("EMAIL_PROVIDER", "outbox").lower()
EMAIL_BACKEND = env.mail_backend("EMAIL_PROVIDER", EMAIL_PROVIDER)
EMAIL_FILE_PATH = FOYER_HOME / "outbox"
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "foyer@localhost")
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", default=25, least=1)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text_or_file("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS", default=False)
EMAIL_USE_SSL = env.boolean("EMAIL_USE_SSL", default=False)
# Seconds per step; a job that hangs must end before the worker is asked to stop.
EMAIL_TIMEOUT = env.integer("EMAIL_TIMEOUT", default=15, least=1)
# ANYMAIL_MAILGUN_API_KEY and so on, as anymail names its settings.
_ANYMAIL = env.prefixed("ANYMAIL_")
if ":" not in _ANYMAIL.get("WEBHOOK_SECRET", ":"):
    raise ImproperlyConfigured("Set ANYMAIL_WEBHOOK_SECRET to a name and a password: foyer:….")
ANYMAIL = {
    "REQUESTS_TIMEOUT": EMAIL_TIMEOUT,
    # Not every provider hands our id back; the others must not refuse the message for it.
    "IGNORE_UNSUPPORTED_FEATURES": True,
    **_ANYMAIL,
}
if EMAIL_USE_TLS and EMAIL_USE_SSL:
    raise ImproperlyConfigured("Set EMAIL_USE_TLS or EMAIL_USE_SSL to true, not both.")

# Secure cookies, HSTS and the redirect to https; on where the public address is https.
HTTPS = env.boolean("HTTPS", default=FOYER_URL.startswith("https://"))
SECURE_SSL_REDIRECT = HTTPS
BEHIND_PROXY = env.boolean("BEHIND_PROXY", default=HTTPS)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [FOYER_URL]
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
# The largest file that is kept, in kilobytes of 1024 bytes; as Invoice Ninja allows.
UPLOAD_LIMIT_KB = env.integer("UPLOAD_LIMIT_KB", default=100_000, least=1)
FILE_UPLOAD_HANDLERS = [
    "config.uploads.UpToLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
# All files and fields of one request to the API.
UPLOAD_REQUEST_LIMIT_KB = env.integer(
    "UPLOAD_REQUEST_LIMIT_KB", default=5 * UPLOAD_LIMIT_KB, least=1
)
# How long a password given for a dangerous request need not be given again; 0 asks each time.
PASSWORD_CONFIRMATION_MINUTES = env.integer("PASSWORD_CONFIRMATION_MINUTES", default=30)

REST_FRAMEWORK = {
    # Deny by default: each dialect's base view says who may come in.
    "DEFAULT_PERMISSION_CLASSES": ["api.permissions.Nobody"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PARSER_CLASSES": ["api.parsing.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "api.rendering.AlwaysJSON",
    "DEFAULT_SCHEMA_CLASS": "api.openapi.DeclaredSchema",
    "UNAUTHENTICATED_USER": None,
    # Whose X-Forwarded-For is believed: the one proxy's, else nobody's. Otherwise a stranger
    # would escape the limit with a new invented address for every guess.
    "NUM_PROXIES": 1 if BEHIND_PROXY else 0,
}

# Each dialect's document says the rest itself (api/schema.py). Its words stay as they are declared.
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "COMPONENT_SPLIT_PATCH": False,
    "ENFORCE_NON_BLANK_FIELDS": True,
    "SORT_OPERATIONS": False,
    "SORT_OPERATION_PARAMETERS": False,
    "POSTPROCESSING_HOOKS": [],
}

# Requests an API key may make per minute, unless the key has its own limit.
API_REQUESTS_PER_MINUTE = env.integer("API_REQUESTS_PER_MINUTE", default=500, least=1)
# The salt of the ids of the Invoice Ninja dialect; empty as upstream's own default.
FOYER_NINJA_SALT = env.text("FOYER_NINJA_SALT")

# Networks of your own that webhooks may be sent into, by http and to any port as well. All others
# that are private or reserved are refused.
WEBHOOK_ALLOWED_NETWORKS = env.networks("WEBHOOK_ALLOWED_NETWORKS")

# Who is asked about clients' tax, by jobs and only if set here; see docs/tax.md.
VIES_LOOKUP = env.boolean("VIES_LOOKUP", default=False)
VIES_URL = env.web_address(
    "VIES_URL", "https://ec.europa.eu/taxation_customs/vies/rest-api/check-vat-number"
)
TAXJAR_API_KEY = env.text_or_file("TAXJAR_API_KEY")
TAXJAR_URL = env.web_address("TAXJAR_URL", "https://api.taxjar.com/v2")

# The audit trail: each changed row is copied by a trigger, with who did it through which door.
# Once a statement: row by row, a change of 10,000 clients took seconds.
PGHISTORY_LEVEL = pgtrigger.core.Statement
PGHISTORY_APPEND_ONLY = True
PGHISTORY_CONTEXT_FIELD = pghistory.ContextJSONField()
PGHISTORY_CONTEXT_ID_FIELD = pghistory.ContextUUIDField()
PGHISTORY_OBJ_FIELD = pghistory.ObjForeignKey(related_name="+", related_query_name="+")

LOG_LEVEL = env.text("LOG_LEVEL", "INFO").upper()
LOGGING_CONFIG = None
logs.configure(level=LOG_LEVEL, plain=env.boolean("LOG_PLAIN", default=False))
