"""One request to real servers, well-behaved and not."""

import datetime
import socket
import ssl
import threading
import time
from contextlib import suppress
from ipaddress import ip_network

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agencies import posting
from agencies.destinations import read, resolve
from agencies.posting import Deadline, PostFailed, post

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@pytest.fixture(autouse=True)
def _loopback_is_allowed(settings):
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]


@pytest.fixture
def serve():
    """Starts a server that lets `talk(connection)` speak to each caller; returns its port."""
    listening = []

    def serve(talk, *, context=None):
        listener = socket.create_server(("127.0.0.1", 0))
        listening.append(listener)

        def work():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with suppress(OSError):
                    if context:
                        connection = context.wrap_socket(connection, server_side=True)
                    with connection:
                        talk(connection)

        threading.Thread(target=work, daemon=True).start()
        return listener.getsockname()[1]

    yield serve
    for listener in listening:
        listener.close()


def request_of(connection):
    """The head and the body of what a caller sends."""
    content = b""
    while b"\r\n\r\n" not in content:
        content += connection.recv(4096)
    head, _, body = content.partition(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += connection.recv(4096)
    return head.decode(), body


def answering(reply, seen=None):
    def talk(connection):
        request = request_of(connection)
        if seen is not None:
            seen.append(request)
        connection.sendall(reply)

    return talk


def send(url, *, ask=None, seconds=5.0, body=b'{"a":1}'):
    destination = read(url)
    addresses = resolve(destination, ask) if ask else resolve(destination)
    headers = {"Content-Type": "application/json"}
    return post(destination, addresses, headers=headers, body=body, deadline=Deadline(seconds))


def failure(*args, **options):
    with pytest.raises(PostFailed) as failed:
        send(*args, **options)
    return failed.value.code


def test_the_request_arrives_as_it_was_meant_and_the_reply_comes_back(serve):
    seen = []
    port = serve(answering(OK, seen))

    reply = send(f"http://127.0.0.1:{port}/hook?x=1")

    assert (reply.status, reply.excerpt) == (200, "hello")
    ((head, body),) = seen
    assert head.startswith("POST /hook?x=1 HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{port}\r\n" in head
    assert body == b'{"a":1}'


def test_a_large_body_arrives_whole(serve):
    seen = []
    port = serve(answering(OK, seen))

    send(f"http://127.0.0.1:{port}/", body=b"x" * 3_000_000)

    assert len(seen[0][1]) == 3_000_000


def test_a_redirect_is_reported_and_not_followed(serve):
    inside = []
    target = serve(answering(OK, inside))
    moved = f"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:{target}/\r\n\r\n".encode()

    assert send(f"http://127.0.0.1:{serve(answering(moved))}/").status == 307
    assert inside == []


def test_the_name_is_asked_for_once_and_what_was_checked_is_connected_to(serve):
    """A name server that answers otherwise the second time is not asked a second time."""
    seen, answers = [], iter([["127.0.0.1"], ["169.254.169.254"]])
    port = serve(answering(OK, seen))

    assert send(f"http://hooks.example:{port}/", ask=lambda host: next(answers)).status == 200

    assert f"Host: hooks.example:{port}\r\n" in seen[0][0]
    assert next(answers) == ["169.254.169.254"]


def test_the_next_address_is_tried_where_one_refuses(serve):
    port = serve(answering(OK))

    assert (
        send(f"http://two.example:{port}/", ask=lambda host: ["127.0.0.9", "127.0.0.1"]).status
        == 200
    )


def test_nobody_listening_is_a_failure():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    assert failure(f"http://127.0.0.1:{port}/") == "connection"


def test_a_proxy_that_the_environment_names_is_not_asked(serve, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert send(f"http://127.0.0.1:{serve(answering(OK))}/").status == 200


def dripping(head):
    """Sends a byte now and then, for ever."""

    def talk(connection):
        request_of(connection)
        connection.sendall(head)
        while True:
            connection.sendall(b"x")
            time.sleep(0.02)

    return talk


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: "])
def test_who_answers_byte_by_byte_is_left_when_the_time_is_over(serve, head):
    assert failure(f"http://127.0.0.1:{serve(dripping(head))}/", seconds=0.4) == "timeout"


def test_a_status_counts_however_slowly_the_body_follows(serve, monkeypatch):
    monkeypatch.setattr(posting, "_SECONDS_FOR_BODY", 0.2)
    head = b"HTTP/1.1 202 Accepted\r\nContent-Length: 999999\r\n\r\n"

    reply = send(f"http://127.0.0.1:{serve(dripping(head))}/", seconds=20)

    assert reply.status == 202
    assert set(reply.excerpt) == {"x"}


def test_who_takes_the_connection_and_says_nothing_is_left(serve):
    port = serve(lambda connection: time.sleep(3))

    assert failure(f"http://127.0.0.1:{port}/", seconds=0.3) == "timeout"


def test_who_reads_nothing_is_left(serve):
    port = serve(lambda connection: time.sleep(3))

    assert failure(f"http://127.0.0.1:{port}/", seconds=0.3, body=b"x" * 30_000_000) == "timeout"


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"hello\r\n\r\n",
        b"HTTP/1.1 two OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000,
    ],
    ids=["nothing", "no status", "no number", "headers", "long header", "continue"],
)
def test_what_is_no_answer_is_a_failure(serve, reply):
    assert failure(f"http://127.0.0.1:{serve(answering(reply))}/") in ("protocol", "connection")


def test_of_an_endless_answer_the_beginning_is_kept(serve):
    head = b"HTTP/1.1 500 Broken\r\n\r\n"
    port = serve(answering(head + "ü\x00\x1b[31m".encode() + b"x" * 5_000_000))

    reply = send(f"http://127.0.0.1:{port}/")

    assert reply.status == 500
    assert len(reply.excerpt) <= posting.EXCERPT
    assert reply.excerpt.startswith("ü[31mxxx")


def test_a_chunked_answer_is_read(serve):
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"

    assert send(f"http://127.0.0.1:{serve(answering(chunked))}/").excerpt == "abc"


def test_when_to_come_again_is_passed_on(serve):
    busy = b"HTTP/1.1 503 Busy\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n"

    reply = send(f"http://127.0.0.1:{serve(answering(busy))}/")

    assert (reply.status, reply.retry_after) == (503, "120")


@pytest.fixture
def certified(tmp_path, monkeypatch):
    """A TLS context of a server for hooks.example, whose authority the system trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "hooks.pem"
    pem = serialization.Encoding.PEM
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    context.names = []
    context.sni_callback = lambda connection, name, _: context.names.append(name)
    return context


def test_tls_is_spoken_with_the_name_at_the_checked_address(serve, certified):
    seen = []
    port = serve(answering(OK, seen), context=certified)

    reply = send(f"https://hooks.example:{port}/", ask=lambda host: ["127.0.0.1"])

    assert reply.status == 200
    assert certified.names == ["hooks.example"]
    assert f"Host: hooks.example:{port}\r\n" in seen[0][0]


def test_another_names_certificate_is_refused(serve, certified):
    seen = []
    port = serve(answering(OK, seen), context=certified)

    code = failure(f"https://other.example:{port}/", ask=lambda host: ["127.0.0.1"])

    assert (code, seen) == ("certificate", [])


def test_an_unknown_authority_is_refused(serve, certified, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    port = serve(answering(OK), context=certified)

    assert (
        failure(f"https://hooks.example:{port}/", ask=lambda host: ["127.0.0.1"]) == "certificate"
    )


def test_who_speaks_no_tls_is_a_failure(serve):
    port = serve(lambda connection: connection.sendall(b"hello there, this is no TLS at all"))

    assert failure(f"https://127.0.0.1:{port}/") == "tls"


def test_who_never_ends_the_handshake_is_left(serve):
    port = serve(lambda connection: time.sleep(3))

    assert failure(f"https://127.0.0.1:{port}/", seconds=0.3) == "timeout"
