"""`Idempotency-Key` on every POST: a repetition is answered as the first time and changes nothing.

The key, a digest of the request and the answer are stored in the transaction of the write. Two
at once: the second waits for the first to commit, then finds its answer.
"""

import hashlib
import json
from collections.abc import Iterator

from django.db import connection
from django.http import HttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from agencies.errors import DomainError
from agencies.models import StoredAnswer
from agencies.sealing import seal, unseal

_CLAIM = """
INSERT INTO agencies_storedanswer
    (agency_id, api_key_id, key, request_digest, status, headers, body, created_at)
VALUES (%s, %s, %s, %s, 0, '{}', '', now())
ON CONFLICT (api_key_id, key) DO NOTHING
RETURNING id
"""
# Written anew into every answer.
_FRESH = {"allow", "vary", "x-ratelimit-limit", "x-ratelimit-remaining"}


class AlreadyAnswered(Exception):
    """Not an error: the stored answer is to be sent again."""

    def __init__(self, stored: StoredAnswer):
        super().__init__(stored.key)
        self.stored = stored

    def again(self) -> HttpResponse:
        """A file as it was; data is written anew."""
        status, body = self.stored.status, unseal(bytes(self.stored.body))
        headers = {**self.stored.headers, "Idempotent-Replayed": "true"}
        if "Content-Type" in headers:
            return HttpResponse(body, status=status, headers=headers)
        return Response(json.loads(body), status, headers=headers)


class KeyReused(DomainError):
    code = "idempotency_key_reused"


class KeyTooLong(DomainError):
    code = "idempotency_key_invalid"


def begin(request) -> None:
    """Claim the request's key. Raises AlreadyAnswered, KeyReused or KeyTooLong."""
    key = request.headers.get("Idempotency-Key", "")
    # As it was sent: a POST that stands for another method is repeated by accident just as well.
    if request.META["REQUEST_METHOD"] != "POST" or not key:
        return
    if len(key) > 255:
        raise KeyTooLong("An Idempotency-Key has at most 255 characters.")
    caller, digest = request.auth, _digest(request)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [caller.agency.pk, caller.key.pk, key, digest])
        claimed = cursor.fetchone()
    if claimed:
        request.claimed_answer = claimed[0]
        return
    stored = StoredAnswer.objects.get(api_key=caller.key, key=key)
    if stored.request_digest != digest:
        raise KeyReused("This Idempotency-Key was used for another request. Choose a new one.")
    raise AlreadyAnswered(stored)


def keep(request, response) -> None:
    """Store a successful answer under the key that begin() claimed."""
    claimed = getattr(request, "claimed_answer", None)
    if claimed is not None and response.status_code < 300:
        headers = {k: v for k, v in response.headers.items() if k.lower() not in _FRESH}
        if isinstance(response, Response):
            # Written by the renderer of the dialect, each time.
            headers.pop("Content-Type", None)
            body = JSONRenderer().render(response.data)
        else:
            body = response.content
        stored = StoredAnswer.objects.filter(pk=claimed)
        stored.update(status=response.status_code, headers=headers, body=seal(body))


def _digest(request) -> str:
    parts = [request.method, request.get_full_path()]
    if request.content_type.startswith("multipart/"):
        # As it was read: whoever sends it again draws a new boundary.
        parts.append(json.dumps(request.POST))
        parts += [json.dumps(named) for named in _files(request)]
        body = b""
    else:
        body = request.body
    return hashlib.sha256("\n".join(parts).encode() + b"\n" + body).hexdigest()


def _files(request) -> Iterator[tuple[str, str, str]]:
    """Field, name and digest of each file."""
    for field, uploads in request.FILES.lists():
        for upload in uploads:
            upload.seek(0)
            digest = hashlib.file_digest(upload.file, "sha256").hexdigest()
            upload.seek(0)
            yield field, upload.name, digest
