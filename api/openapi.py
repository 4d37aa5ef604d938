"""One OpenAPI document per dialect, put together from what its schema.py declares.

Views here are written by hand, so hardly anything can be guessed from them: drf-spectacular walks
the URL map and asks, the declarations answer, and tests hold them to the running API.
"""

import re
from itertools import pairwise
from types import SimpleNamespace

from django.conf import settings
from django.urls import get_resolver
from drf_spectacular.generators import EndpointEnumerator, SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiRequest, OpenApiResponse

from api.body_shapes import bracketed, resolved
from api.schema import JSON, Dialect, Operation
from api.shapes import Shape, header

_HEADERS: dict[str, tuple[str, Shape]] = {
    "X-RateLimit-Limit": ("How many requests the key may make in a minute.", {"type": "integer"}),
    "X-RateLimit-Remaining": ("How many of them are left.", {"type": "integer"}),
    "Retry-After": ("How many seconds to wait.", {"type": "integer"}),
    "ETag": ("Stands for this state of the record.", {"type": "string"}),
    "Location": ("Where it is.", {"type": "string"}),
}
_IDEMPOTENCY = header(
    "Idempotency-Key",
    "Any text that names this request. Sent again with it, the request changes nothing and is "
    "answered as the first time, for 24 hours.",
    {"type": "string", "minLength": 1, "maxLength": 255},
)


def document(dialect: Dialect) -> Shape:
    """The whole document. Nothing in it depends on a request."""
    return _Generator(dialect).get_schema(public=True)


class DeclaredSchema(AutoSchema):
    """Answers drf-spectacular's questions from the declaration of the operation at hand."""

    @property
    def dialect(self) -> Dialect:
        return self.view.dialect  # type: ignore[attr-defined]  # The generator sets it.

    @property
    def declared(self) -> Operation | None:
        return self.dialect.operation(self.method, self.path)

    def is_excluded(self):
        return self.declared is None

    def get_operation(self, *about):
        operation = super().get_operation(*about)
        if operation and self.declared.body:
            body = resolved(self.declared.body, self.dialect.shapes)
            operation["requestBody"]["required"] = "required" in body
        return operation

    def get_operation_id(self):
        return re.sub(r"\W+", "_", self.declared.summary.lower())

    def get_summary(self):
        return self.declared.summary

    def get_description(self):
        if self.declared.any_key:
            return f"{self.declared.description}\n\nAny key will do.".strip()
        asked = SimpleNamespace(method=self.method)
        scopes = self.declared.scopes or [self.view.scope_needed(asked)]
        needed = " and ".join(f"`{scope}`" for scope in scopes)
        told = self.declared.description
        if self.view.action in self.view.deleting_actions:
            told += "\n\nWants a key of an owner or a manager."
        return f"{told}\n\nScope: {needed}".strip()

    def get_tags(self):
        return [self.path.removeprefix(self.dialect.base).split("/")[1].replace("_", " ")]

    def get_auth(self):
        return [{"key": []}]

    def get_override_parameters(self):
        pairs = pairwise(self.path.split("/"))
        # An ending such as .pdf is no part of the parameter.
        named = [
            f"{before}/{part.partition('.')[0]}" for before, part in pairs if part.startswith("{")
        ]
        known, whole = self.dialect.path_parameters, self.path.removeprefix(self.dialect.base)
        return [
            # An action may have an example of its own, in another state.
            *(known.get(whole.strip("/")) or known[name] for name in named),
            *self.declared.query,
            *self.declared.headers,
            *([_IDEMPOTENCY] if self.method == "POST" else []),
            *self._headers(),
        ]

    def _headers(self):
        """Of answers. Refusals carry those of the rate as well, which would be said too often."""
        done = [self.declared.status]
        rate = dict.fromkeys(("X-RateLimit-Limit", "X-RateLimit-Remaining"), done)
        own = dict.fromkeys(self.declared.told, done)
        moved = {"Location": [308]} if 308 in self.declared.refuses else {}
        later = {"Retry-After": [429, *({503} & set(self.declared.refuses))]}
        for name, statuses in {**rate, **own, **later, **moved}.items():
            text, shape = _HEADERS[name]
            yield OpenApiParameter(name, shape, "header", description=text, response=statuses)

    def get_request_serializer(self):
        shape = self.declared.body
        if shape is None:
            return None
        examples = [OpenApiExample(*one) for one in self.declared.examples.items()]
        return {
            media: OpenApiRequest(shape, examples=examples)
            if media == JSON
            else OpenApiRequest(self._form(shape))
            for media in self.declared.takes or sorted(self.map_parsers())
        }

    def get_response_serializers(self):
        declared = self.declared
        answers = {(declared.status, declared.gives): OpenApiResponse(declared.answer, "Done.")}
        for status in self.dialect.refusals(self.method, self.path, declared):
            problem = self.dialect.problems[status]
            example = OpenApiExample(str(status), problem.example, status_codes=[status])
            answers[status, JSON] = OpenApiResponse(
                problem.shape, problem.description, examples=[example] if problem.shape else []
            )
        return answers

    def _is_list_view(self, serializer=None):
        """What is declared of an answer is all of it: nothing is to be put around it."""
        return False

    def _form(self, shape: Shape) -> Shape:
        form = bracketed(shape, self.dialect.shapes)
        if "$ref" not in shape:
            return form
        name = shape["$ref"].rpartition("/")[2] + "Form"
        component = ResolvedComponent(name, ResolvedComponent.SCHEMA, form, name)
        self.registry.register_on_missing(component)
        return component.ref


class _Endpoints(EndpointEnumerator):
    def get_path_from_regex(self, path_regex):
        """Both slash forms answer; the one without is shown."""
        return super().get_path_from_regex(path_regex).rstrip("/")


class _Generator(SchemaGenerator):
    endpoint_inspector_cls = _Endpoints

    def __init__(self, dialect: Dialect):
        mounted = get_resolver().url_patterns
        super().__init__(
            patterns=[one for one in mounted if getattr(one, "namespace", "") == dialect.name]
        )
        self.dialect = dialect

    def create_view(self, callback, method, request=None):
        view = super().create_view(callback, method, request)
        view.dialect = self.dialect
        return view

    def get_schema(self, request=None, public=False):
        whole = super().get_schema(request, public)
        dialect = self.dialect
        return {
            "openapi": whole["openapi"],
            "info": {
                "title": dialect.title,
                "version": "1",
                "description": dialect.description,
            },
            "servers": [{"url": settings.FOYER_URL}],
            "paths": self._in_order(whole["paths"]),
            "components": {
                "schemas": {**dialect.shapes, **whole["components"].get("schemas", {})},
                "securitySchemes": {"key": dialect.security},
            },
        }

    def _in_order(self, found: Shape) -> Shape:
        """As declared; the map's own order of methods differs from run to run."""
        paths: Shape = {}
        for name in self.dialect.operations:
            method, _, path = name.partition(" ")
            whole_path = self.dialect.base + path
            if method.lower() in found.get(whole_path, ()):
                item = paths.setdefault(whole_path, {})
                item[method.lower()] = found[whole_path][method.lower()]
        return paths
