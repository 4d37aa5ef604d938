"""What every answer of this dialect carries, errors included."""

from django.http.response import HttpResponseBase

# Official apps compare these: a release of Invoice Ninja, and the oldest app it talks to.
APP_VERSION = "5.10.42"
LEAST_CLIENT_VERSION = "5.0.16"

_ALWAYS = {
    "X-APP-VERSION": APP_VERSION,
    "X-MINIMUM-CLIENT-VERSION": LEAST_CLIENT_VERSION,
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE, OPTIONS",
    "Access-Control-Expose-Headers": "X-APP-VERSION,X-MINIMUM-CLIENT-VERSION,Content-Disposition",
    # Without these a browser would not send its request after asking.
    "Access-Control-Allow-Headers": (
        "X-API-TOKEN,X-API-SECRET,X-API-PASSWORD,X-API-PASSWORD-BASE64,X-API-OAUTH-PASSWORD,"
        "X-API-COMPANY-KEY,X-CLIENT-VERSION,X-CLIENT-PLATFORM,X-React,X-Socket-ID,"
        "X-Requested-With,X-HTTP-Method-Override,Idempotency-Key,Content-Type"
    ),
}


def add_to(response: HttpResponseBase) -> None:
    for name, value in _ALWAYS.items():
        response[name] = value
