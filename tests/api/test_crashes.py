"""Requests that are cut off, and two hundred alike: sent to a real server of several processes."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from agencies.models import StoredAnswer
from agencies.scope import acting_for
from api.invoiceninja.ids import encode
from clients.creating import create_client
from clients.models import Client, Document
from clients.sweeping import sweep_orphans
from config.door import services

ROOT = Path(__file__).resolve().parents[2]
CREATES = {
    "native": ("/v1/clients", {"name": "Acme", "email": "a@acme.example"}),
    "growcrm": (
        "/api/clients",
        {"first_name": "Ann", "last_name": "Other", "email": "a@acme.example"},
    ),
    "invoiceninja": ("/api/v1/clients", {"name": "Acme", "contacts": [{"email": "a@x.example"}]}),
}


class Server:
    """Foyer's web processes on the database of the tests."""

    def __init__(self, database, home):
        self.database, self.home = database, home
        self.start()

    def start(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = services.web(sys.executable, host="127.0.0.1", port=self.port, workers=2)
        own = {"DATABASE_URL": self.database, "SECRET_KEY": settings.SECRET_KEY}
        env = os.environ | own | {"FOYER_HOME": str(self.home)}
        self.process = subprocess.Popen(command, env=env, cwd=ROOT, start_new_session=True)
        until(self.is_ready)

    def is_ready(self):
        assert self.process.poll() is None
        try:
            return self.send("GET", "/healthz", {})[0] == 200
        except OSError:
            return False

    def send(self, method, path, headers, body=None):
        call = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Content-Type": "application/json", "Host": "localhost"} | headers
        with closing(call):
            call.request(method, path, json.dumps(body) if body else None, headers)
            answer = call.getresponse()
            return answer.status, answer.read()

    def kill(self):
        """All of its processes at once, without a word."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "Waited for a minute."
        time.sleep(0.02)


@pytest.fixture
def server(transactional_db, database_address, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    server = Server(database_address, tmp_path)
    yield server
    server.kill()
    # Whatever its sessions hold has to be free before the tables are emptied.
    until(lambda: not others("true"))


def others(condition):
    """Process ids of the other sessions on this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
            f"AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND {condition}"
        )
        return [row[0] for row in cursor.fetchall()]


def held_back():
    return others("wait_event_type = 'Lock' AND wait_event = 'advisory'")


@contextmanager
def holding_answers_back():
    """Nobody gets beyond the place where the answer is stored: after the write, uncommitted."""
    with connection.cursor() as cursor:
        cursor.execute("""
            CREATE FUNCTION hold_back() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NEW; END $$;
            CREATE TRIGGER hold_back BEFORE UPDATE ON agencies_storedanswer
            FOR EACH ROW EXECUTE FUNCTION hold_back();
            SELECT pg_advisory_lock(7);
        """)
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(7)")
            until(lambda: not others("state <> 'idle'"))
            cursor.execute("DROP TRIGGER hold_back ON agencies_storedanswer")
            cursor.execute("DROP FUNCTION hold_back()")


@pytest.fixture
def create(server, north, key):
    """Sends one creation of a dialect under one Idempotency-Key; returns status and body."""
    secret = key(north)

    def create(dialect):
        path, body = CREATES[dialect]
        headers = {"Idempotency-Key": "once", "Authorization": f"Bearer {secret}"}
        headers |= {"X-API-TOKEN": secret} if dialect == "invoiceninja" else {}
        return server.send("POST", path, headers, body)

    return create


def left(owner):
    """How many clients and stored answers there are, and which number the next client gets."""
    owner.agency.refresh_from_db()
    with acting_for(owner.agency_id):
        counter = owner.agency.client_number_counter
        return Client.objects.count(), StoredAnswer.objects.count(), counter


def cut_off(create, cut):
    """Start a creation, cut it off where its answer is stored; returns what the caller gets."""

    def call():
        try:
            return create("invoiceninja")
        except OSError as error:
            return error

    with ThreadPoolExecutor(1) as pool, holding_answers_back():
        answer = pool.submit(call)
        until(held_back)
        cut()
        return answer.result()


def test_a_request_whose_database_session_is_killed_leaves_nothing(north, create):
    def kill_session():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", held_back())

    status, body = cut_off(create, kill_session)

    assert (status, json.loads(body)) == (500, {"message": "Server Error"})
    assert left(north) == (0, 0, 1)
    answers = [create("invoiceninja") for _ in range(2)]
    assert answers[0] == answers[1]
    assert (answers[0][0], left(north)) == (200, (1, 1, 2))


def test_a_server_that_is_killed_leaves_nothing(north, server, create):
    error = cut_off(create, server.kill)

    assert isinstance(error, OSError)
    assert left(north) == (0, 0, 1)
    server.start()
    assert create("invoiceninja")[0] == 200
    assert left(north) == (1, 1, 2)


@pytest.mark.parametrize("dialect", CREATES)
def test_two_hundred_creations_at_once_under_one_key_make_one_client(north, create, dialect):
    start = Barrier(200)

    def call(_):
        start.wait(60)
        return create(dialect)

    with ThreadPoolExecutor(200) as pool:
        answers = set(pool.map(call, range(200)))

    ((status, body),) = answers
    assert status in (200, 201)
    assert b"error" not in body
    assert left(north) == (1, 1, 2)


@pytest.fixture
def acme(north):
    """The address that files of a client are uploaded to."""
    with acting_for(north.agency_id):
        client = create_client(north.agency, by=north, name="Acme")
    return f"/api/v1/clients/{encode(client.pk)}/upload"


@pytest.fixture
def headers(north, key):
    kind = "multipart/form-data; boundary=b"
    return {"X-API-TOKEN": key(north), "Host": "localhost", "Content-Type": kind}


def multipart(size):
    part = b'--b\r\nContent-Disposition: form-data; name="documents[]"; filename="a.pdf"\r\n\r\n'
    return part + b"%PDF-1.7".ljust(size) + b"\r\n--b--\r\n"


@contextmanager
def begun(server, address, headers):
    """A POST whose headers were sent."""
    call = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    with closing(call):
        call.putrequest("POST", address, skip_host=True)
        for name, value in headers.items():
            call.putheader(name, value)
        call.endheaders()
        yield call


def stored(owner):
    """Sizes of the documents there are, and how many files."""
    with acting_for(owner.agency_id):
        sizes = list(Document.objects.values_list("size", flat=True))
    return sizes, sum(path.is_file() for path in settings.MEDIA_ROOT.rglob("*"))


def test_an_upload_in_chunks_arrives_whole(north, server, acme, headers):
    body = multipart(3_000_000)

    with begun(server, acme, headers | {"Transfer-Encoding": "chunked"}) as call:
        for start in range(0, len(body), 500_000):
            piece = body[start : start + 500_000]
            call.send(b"%x\r\n%b\r\n" % (len(piece), piece))
        call.send(b"0\r\n\r\n")
        status = call.getresponse().status

    assert status == 200
    assert stored(north) == ([3_000_000], 1)


@pytest.mark.parametrize("how", ["Content-Length", "Transfer-Encoding"])
def test_an_upload_that_breaks_off_leaves_nothing(north, server, acme, headers, how):
    body = multipart(3_000_000)
    told = {"Content-Length": str(len(body)), "Transfer-Encoding": "chunked"}[how]

    with begun(server, acme, headers | {how: told}) as call:
        half = body[:1_500_000]
        call.send(half if how == "Content-Length" else b"%x\r\n%b\r\n" % (len(half), half))
        call.sock.shutdown(socket.SHUT_WR)
        answer = call.getresponse()
        status, kind = answer.status, answer.headers["Content-Type"]

    assert (status, kind) == (400, "application/json")
    assert stored(north) == ([], 0)


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"X-API-TOKEN": "nonsense", "Content-Length": "400000000"}, 403),
        ({"X-API-TOKEN": "nonsense", "Transfer-Encoding": "chunked"}, 403),
        ({"Content-Length": "600000000"}, 413),
    ],
)
def test_what_will_be_refused_is_answered_before_it_arrives(server, acme, headers, told, status):
    with begun(server, acme, headers | told) as call:
        # Not a byte of the body was sent.
        assert call.getresponse().status == status


def test_the_file_of_a_killed_upload_is_swept_a_day_later(north, server, acme, headers):
    body = multipart(100_000)

    def upload():
        told = {"Content-Length": str(len(body)), "Idempotency-Key": "once"}
        with suppress(OSError), begun(server, acme, headers | told) as call:
            call.send(body)
            call.getresponse()

    with ThreadPoolExecutor(1) as pool, holding_answers_back():
        uploading = pool.submit(upload)
        until(held_back)
        assert stored(north) == ([], 1)
        running = sweep_orphans(at=timezone.now() + timedelta(days=2))
        server.kill()
        uploading.result()

    assert (running, stored(north)) == (0, ([], 1))
    assert sweep_orphans(at=timezone.now() + timedelta(hours=23)) == 0
    assert sweep_orphans(at=timezone.now() + timedelta(hours=25)) == 1
    assert stored(north) == ([], 0)
