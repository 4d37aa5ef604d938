"""`/docs/api/`: each dialect's OpenAPI document, and the page that shows it without a network."""

import json
from functools import cache
from importlib import import_module

import yaml
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from api.schema import JSON, Dialect

NAMES = ("native", "growcrm", "invoiceninja")
_HOUR = 60 * 60
_KINDS = {"json": JSON, "yaml": "application/yaml"}


@cache
def dialects() -> dict[str, Dialect]:
    """Not before somebody asks: whoever only serves the APIs needs nothing of it."""
    return {name: import_module(f"api.{name}.schema").DIALECT for name in NAMES}


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    context = {"dialects": dialects().values(), "address": settings.FOYER_URL}
    return render(request, "api/overview.html", context)


@require_safe
def page(request: HttpRequest, name: str) -> HttpResponse:
    if name not in NAMES:
        raise Http404
    context = {"dialect": dialects()[name], "dialects": dialects().values()}
    return render(request, "api/reference.html", context)


@require_safe
@cache_control(max_age=_HOUR, public=True)
def served_document(request: HttpRequest, name: str, ending: str) -> HttpResponse:
    if name not in NAMES or ending not in _KINDS:
        raise Http404
    return HttpResponse(_written(name, ending), content_type=_KINDS[ending])


@cache
def _written(name: str, ending: str) -> bytes:
    from api.openapi import document

    whole = document(dialects()[name])
    if ending == "json":
        return json.dumps(whole, ensure_ascii=False).encode()
    return yaml.dump(whole, Dumper=_PlainDumper, sort_keys=False, allow_unicode=True).encode()


class _PlainDumper(yaml.SafeDumper):
    """Without anchors: shapes that are shared here are written out."""

    def ignore_aliases(self, data):
        return True


app_name = "reference"
urlpatterns = [
    path("", overview, name="overview"),
    path("<slug:name>", page, name="page"),
    path("<slug:name>.<slug:ending>", served_document, name="document"),
]
