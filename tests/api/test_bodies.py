"""How a body is read: after the key and the permission, to its end, all of it or nothing."""

import io
import json

import pytest

from agencies import scope
from agencies.scope import acting_for
from clients.models import Client
from config.wsgi import application

FORM = "multipart/form-data; boundary=b"


def part(name, content="x", **parameters):
    more = "".join(f'; {key}="{value}"' for key, value in parameters.items())
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{content}\r\n'


WHOLE = part("name", "Acme") + part("documents[]", "a file", filename="a.txt") + "--b--\r\n"


@pytest.fixture
def send(north, key, media):
    """Posts a client through the door for web servers; returns status and answer."""

    def send(body=b"", *, secret="", kind=FORM, path="/api/v1/clients", **environ):
        stream = body if hasattr(body, "read") else io.BytesIO(body)
        secret = secret or key(north)
        request = application.request_class(
            {
                "REQUEST_METHOD": "POST",
                "PATH_INFO": path,
                "SERVER_NAME": "localhost",
                "SERVER_PORT": "80",
                "CONTENT_TYPE": kind,
                "HTTP_X_API_TOKEN": secret,
                "HTTP_AUTHORIZATION": f"Bearer {secret}",
                "wsgi.input": stream,
                "wsgi.errors": io.StringIO(),
                "wsgi.url_scheme": "http",
                **environ,
            }
        )
        response = application.get_response(request)
        request.close()
        return response.status_code, json.loads(response.content)

    return send


def names(owner):
    with acting_for(owner.agency_id):
        return list(Client.objects.values_list("name", flat=True))


def announced(body):
    return {"CONTENT_LENGTH": str(len(body))}


# What a server says that puts chunks together by itself.
IN_CHUNKS = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}


def test_a_whole_body_is_read(send, north):
    status, _ = send(WHOLE.encode(), **announced(WHOLE))

    assert status == 200
    assert names(north) == ["Acme"]


@pytest.mark.parametrize("length", range(1, len(WHOLE) - 3, 7))
def test_a_body_cut_off_midway_is_refused(send, north, length):
    status, answer = send(WHOLE[:length].encode(), **announced(WHOLE))

    assert (status, list(answer)) == (400, ["message"])
    assert names(north) == []


def test_a_length_that_is_too_short_is_no_reason_to_lose_a_file(send, north):
    status, _ = send(WHOLE.encode(), CONTENT_LENGTH=str(len(WHOLE) - 8))

    assert status == 400
    assert names(north) == []


@pytest.mark.parametrize(
    "bad",
    [
        part("documents[]", filename="März.txt").encode("cp1252"),
        part("documents[]").encode().replace(b"form-data", b"form-data; filename*=nonsense''a.txt"),
        part("documents[]").encode().replace(b"form-data", b"form-data; filename*=idna''%ff.txt"),
        part("documents[]", filename="n" * 3000 + ".txt").encode(),
        b'--b\r\nContent-Disposition: form-data; filename="a.txt"\r\n\r\nx\r\n',
        b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n",
        b"--b\r\n\r\nx\r\n",
        b"--b\r\n",
        part("documents[]", filename="a.txt")
        .encode()
        .replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n!"),
    ],
)
def test_a_part_that_cannot_be_read_is_refused_and_not_passed_over(send, north, bad):
    body = part("name", "Acme").encode() + bad + b"--b--\r\n"

    status, answer = send(body, **announced(body))

    assert (status, list(answer)) == (400, ["message"])
    assert names(north) == []


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data; boundary=another",
        "multipart/form-data; boundary=",
        "multipart/form-data",
        "multipart/form-data; boundary*=nonsense''b",
        "multipart/form-data; boundary*=idna''%ff",
        "multipart/form-data; boundary=" + "b" * 300,
    ],
)
def test_a_wrong_boundary_is_refused(send, north, kind):
    status, answer = send(WHOLE.encode(), kind=kind, **announced(WHOLE))

    assert (status, list(answer)) == (400, ["message"])
    assert names(north) == []


@pytest.mark.parametrize("size", range(1, 40))
def test_a_delimiter_is_seen_wherever_the_pieces_of_a_body_part_it(send, north, size):
    class Dripping(io.BytesIO):
        def read(self, most=-1):
            return super().read(min(most, size) if most > 0 else size)

    status, _ = send(Dripping(WHOLE.encode()), **announced(WHOLE))

    assert status == 200


@pytest.mark.parametrize("around", [("preamble\r\n", ""), ("", "epilogue"), ("\r\n", "\r\n\r\n")])
def test_what_stands_around_the_parts_does_not_matter(send, north, around):
    body = around[0] + WHOLE + around[1]

    assert send(body.encode(), **announced(body))[0] == 200


@pytest.mark.parametrize("part_of", [part("a"), part("documents[]", filename="a.txt")])
def test_ten_thousand_parts_are_refused(send, north, part_of):
    body = part_of * 10_000 + "--b--\r\n"

    status, answer = send(body.encode(), **announced(body))

    assert (status, list(answer)) == (400, ["message"])


@pytest.mark.parametrize(
    "kind", ["application/json; x*=nonsense''a", "application/json; charset*=utf-8''base64"]
)
@pytest.mark.parametrize("path", ["/v1/clients", "/api/clients", "/api/v1/clients"])
def test_a_parameter_in_an_unknown_encoding_breaks_nothing(send, kind, path):
    status, _ = send(b"{}", kind=kind, path=path, CONTENT_LENGTH="2")

    assert status < 500


def test_json_in_chunks_is_read_whole(send, north):
    status, _ = send(b'{"name": "Acme"}', kind="application/json", **IN_CHUNKS)

    assert status == 200
    assert names(north) == ["Acme"]


def test_files_in_chunks_are_read_whole(send, north):
    status, _ = send(WHOLE.encode(), **IN_CHUNKS)

    assert status == 200
    assert names(north) == ["Acme"]


def test_chunks_that_end_midway_are_refused(send, north):
    assert send(WHOLE[:-8].encode(), **IN_CHUNKS)[0] == 400
    assert names(north) == []


@pytest.mark.parametrize("kind", [FORM, "application/json", "application/x-www-form-urlencoded"])
def test_no_body_at_all_is_an_empty_one(send, north, kind):
    assert send(kind=kind, **IN_CHUNKS)[0] == 200
    assert send(kind=kind)[0] == 200


@pytest.mark.parametrize(
    ("path", "shape"),
    [("/v1/clients", ["error"]), ("/api/clients", ["message"]), ("/api/v1/clients", ["message"])],
)
def test_chunks_that_the_web_server_cannot_read_are_refused(send, north, path, shape):
    status, answer = send(
        b"10\r\n{}", kind="application/json", path=path, HTTP_TRANSFER_ENCODING="chunked"
    )

    assert (status, list(answer)) == (411, shape)
    assert names(north) == []


@pytest.mark.parametrize("length", [announced(WHOLE + "x" * 2048), IN_CHUNKS])
def test_more_than_a_request_may_hold_is_refused(send, north, settings, length):
    settings.UPLOAD_REQUEST_LIMIT_KB = 1
    body = WHOLE.replace("a file", "a file" + "x" * 2048)

    status, answer = send(body.encode(), **length)

    assert (status, list(answer)) == (413, ["message"])
    assert names(north) == []


@pytest.mark.parametrize("length", [{"CONTENT_LENGTH": "2048"}, IN_CHUNKS])
def test_more_than_memory_may_hold_is_refused(send, north, settings, length):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1024
    body = json.dumps({"name": "x" * 2033})

    status, answer = send(body.encode(), kind="application/json", **length)

    assert (status, list(answer)) == (413, ["message"])


class Unwanted(io.BytesIO):
    """A body that nobody has a reason to read."""

    def read(self, *size):
        raise AssertionError("The body was read.")


def test_neither_a_stranger_nor_a_key_that_only_reads_has_its_body_read(send, north, key):
    reading = key(north, scopes=["clients:read"])

    for secret, status in (("nonsense", 403), (reading, 401)):
        assert send(Unwanted(), secret=secret, CONTENT_LENGTH="9")[0] == status


def test_what_is_announced_too_large_is_not_read(send, north, settings):
    settings.UPLOAD_REQUEST_LIMIT_KB = 1

    assert send(Unwanted(), CONTENT_LENGTH="1025")[0] == 413


@pytest.mark.parametrize("kind", [FORM, "application/json"])
def test_no_transaction_waits_for_the_sender(send, north, kind):
    class Slow(io.BytesIO):
        def read(self, *size):
            assert scope.current() is None
            return super().read(*size)

    body = WHOLE.encode() if kind == FORM else b"{}"

    assert send(Slow(body), kind=kind, **announced(body))[0] == 200
