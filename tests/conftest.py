"""North is us, south is the stranger. Real PostgreSQL, real URLs."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.test import Client as Browser
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from agencies.founding import create_agency
from agencies.keys import create_api_key
from agencies.models import Agency, Membership, User
from agencies.scope import acting_for

ROOT = Path(__file__).resolve().parents[1]


def pytest_configure(config):
    # The suite signs in often and has nothing to hide: hashing slowly would be most of its time.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session", autouse=True)
def own_files(tmp_path_factory):
    """PDFs of documents are kept when they are asked for; not among the files of a real agency."""
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("files")


@pytest.fixture
def north(db):
    """The owner of the agency North."""
    return create_agency(
        "North",
        slug="north",
        owner_email="nora@north.example",
        owner_password="correct horse 9",
        country="DE",
    )


@pytest.fixture
def south(db):
    return create_agency(
        "South",
        slug="south",
        owner_email="sam@south.example",
        owner_password="correct horse 9",
        country="US",
    )


@pytest.fixture
def in_north(north):
    """The scope of North for the whole test; for tests that do not go through the door."""
    with acting_for(north.agency_id):
        yield north.agency


@pytest.fixture
def join(db):
    """Adds a person with a role to an agency."""

    def join(owner, role, email="extra@north.example"):
        user = User.objects.create_user(email, "correct horse 9")
        with acting_for(owner.agency_id):
            return Membership.objects.create(agency=owner.agency, user=user, role=role)

    return join


@pytest.fixture
def database_address(transactional_db):
    """The tests' database as a DATABASE_URL, for processes of their own."""
    server = connection.get_connection_params()
    login = ":".join(
        quote(server[part], safe="") for part in ("user", "password") if part in server
    )
    host = quote(server["host"], safe="") + (f":{server['port']}" if "port" in server else "")
    return f"postgresql://{login}@{host}/{server['dbname']}"


@pytest.fixture
def worker(database_address):
    """Starts a real worker, a process of its own that runs every deferred job and ends."""
    started = []

    def worker(**settings):
        command = [sys.executable, "manage.py", "procrastinate", "worker", "--one-shot"]
        env = os.environ | {"DATABASE_URL": database_address} | settings
        started.append(subprocess.Popen(command, env=env, cwd=ROOT))
        return started[-1]

    yield worker
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def outbox(settings, tmp_path):
    """Mails become files in this folder."""
    settings.EMAIL_BACKEND = "contacts.outbox.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "outbox"
    return tmp_path / "outbox"


@pytest.fixture
def run_jobs(db):
    """Runs the jobs that are due and takes them away, as a worker would; returns how many."""

    def run_jobs():
        due = Q(scheduled_at__isnull=True) | Q(scheduled_at__lte=timezone.now())
        # Tests that commit leave jobs behind, since nobody empties that table.
        ours = Q(args__agency_id__in=list(Agency.objects.values_list("pk", flat=True)))
        jobs = list(ProcrastinateJob.objects.filter(due, ours, status="todo").order_by("id"))
        for job in jobs:
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [job.id])
            app.tasks[job.task_name].func(**job.args)
        return len(jobs)

    return run_jobs


@pytest.fixture
def media(settings, tmp_path):
    """Where files lie during the test."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


class Door:
    """A caller of one dialect, with a key in the dialect's own header."""

    def __init__(self, headers):
        # The main host; any other is first looked up as an agency's own.
        self.browser = Browser(headers=headers, SERVER_NAME="localhost")

    def __getattr__(self, verb):
        call = getattr(self.browser, verb)

        def send(path, data=None, **options):
            if isinstance(data, dict | list) and verb in ("post", "put", "patch", "delete"):
                options.setdefault("content_type", "application/json")
            return call(path, **({} if data is None else {"data": data}), **options)

        return send


@pytest.fixture
def key():
    """A new secret of a member, with everything allowed unless scopes are named."""

    def key(member, **facts):
        return create_api_key(member, name="test", **facts)[1]

    return key


@pytest.fixture
def doors():
    """The three callers of one secret, by dialect."""

    def doors(secret):
        return {
            "native": Door({"Authorization": f"Bearer {secret}"}),
            "growcrm": Door({"Authorization": f"Bearer {secret}"}),
            "invoiceninja": Door({"X-API-TOKEN": secret, "X-Requested-With": "XMLHttpRequest"}),
        }

    return doors


@pytest.fixture
def bearer(key, doors):
    """A caller of `/v1` or `/api`."""

    def bearer(member, **facts):
        return doors(key(member, **facts))["native"]

    return bearer


@pytest.fixture
def ninja(key, doors):
    """A caller of `/api/v1`."""

    def ninja(member, **facts):
        return doors(key(member, **facts))["invoiceninja"]

    return ninja
