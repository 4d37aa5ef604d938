"""What a dialect's schema.py declares of its operations; api/openapi.py makes a document of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drf_spectacular.utils import OpenApiParameter

from api.shapes import Shape, ref

JSON = "application/json"
_BODIES = ("POST", "PUT", "PATCH")


@dataclass(frozen=True)
class Operation:
    """What one method of one path takes, and what it answers when all goes well."""

    summary: str
    answer: Shape
    description: str = ""
    status: int = 200
    query: Sequence[OpenApiParameter] = ()
    headers: Sequence[OpenApiParameter] = ()
    body: Shape | None = None
    # Bodies that can be sent as they are, by what they show.
    examples: Mapping[str, Any] = field(default_factory=dict)
    # Media types of the body, where they are not all that the view reads.
    takes: Collection[str] = ()
    gives: str = JSON
    # The scopes it needs, where its view asks for more than the one at the door.
    scopes: Collection[str] = ()
    # Whoever has a key may ask, whatever its scopes.
    any_key: bool = False
    # Headers of its answer that callers need to know.
    told: Collection[str] = ()
    # Statuses that only some operations refuse with.
    refuses: Collection[int] = ()


@dataclass(frozen=True)
class Problem:
    """A status of refusal, with an example of its body."""

    description: str
    example: Any
    # None for a refusal without a body.
    shape: Shape | None = field(default_factory=lambda: ref("Error"))


@dataclass(frozen=True)
class Dialect:
    """All that its document says. Paths in `operations` begin below `base`."""

    name: str
    title: str
    description: str
    base: str
    # The header that carries the key, as a caller writes it.
    key_header: str
    security: Shape
    shapes: Mapping[str, Shape]
    # By the part of the path that they stand in, `clients/{client_id}`, or by all of it.
    path_parameters: Mapping[str, OpenApiParameter]
    problems: Mapping[int, Problem]
    # Which problems every operation can meet, and which one with an id, with a body, with POST.
    always: Collection[int]
    with_id: Collection[int]
    with_body: Collection[int]
    with_post: Collection[int]
    # By method and path: `GET /clients/{client_id}`.
    operations: Mapping[str, Operation]

    @property
    def lead(self) -> str:
        return self.description.partition("\n\n")[0]

    def operation(self, method: str, path: str) -> Operation | None:
        return self.operations.get(f"{method} {path.removeprefix(self.base)}")

    def refusals(self, method: str, path: str, operation: Operation) -> list[int]:
        met = [
            self.always,
            operation.refuses,
            self.with_id if "{" in path else (),
            self.with_body if method in _BODIES else (),
            self.with_post if method == "POST" else (),
        ]
        return sorted(set().union(*met))
