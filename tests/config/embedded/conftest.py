"""Homes for servers of their own: these tests never touch the one that the suite runs on.

The paths are under /tmp itself, because pytest's own folders are closed to other accounts.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.embedded import binaries, folders, placing
from config.embedded.server import Server

ROOT = Path(__file__).parents[3]


@contextmanager
def public_folder():
    """A folder that every account can pass. Whatever server runs below it is stopped."""
    folder = Path(tempfile.mkdtemp(prefix="foyer-test-", dir="/tmp")).resolve()
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for entry in folder.rglob("pg18"):
            stop_as_owner(entry.parent)
        shutil.rmtree(folder)


def stop_as_owner(home):
    owner = placing.find(home).stat().st_uid if placing.find(home).exists() else os.geteuid()
    if owner == os.geteuid():
        Server(home).stop("immediate")
    else:
        run("Server(home).stop('immediate')", home, uid=owner)


PRELUDE = """
import os, sys
from pathlib import Path
import psycopg
from config.embedded.errors import EmbeddedServerError
from config.embedded.server import Server

home, uid = Path(sys.argv[1]), int(sys.argv[2])
# Everything is imported by now: Python itself may lie where the other account cannot read.
if uid != os.geteuid():
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
"""


def command_for(code, home, *arguments, uid=None):
    uid = os.geteuid() if uid is None else uid
    return [sys.executable, "-c", PRELUDE + code, str(home), str(uid), *arguments]


def run(code, home, *arguments, uid=None, **environment):
    ended = subprocess.run(
        command_for(code, home, *arguments, uid=uid),
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


@pytest.fixture
def run_python():
    """Run code in a process of its own, with `home` and `Server` at hand; gives its output."""
    return run


@pytest.fixture
def python_command():
    return command_for


@pytest.fixture
def public():
    with public_folder() as folder:
        yield folder


@pytest.fixture
def home(public):
    return public / "home"


@pytest.fixture(scope="session")
def shared_server():
    with public_folder() as folder:
        yield Server(folder / "home")


@pytest.fixture
def server(shared_server):
    """A running server, which a test may stop, kill and start again."""
    shared_server.start()
    return shared_server


@pytest.fixture
def root():
    if os.geteuid() != 0:
        pytest.skip("Only root can act as other accounts.")


@pytest.fixture
def stranger():
    """Another account with a name: number and group are alike."""
    account = pwd.getpwnam("daemon")
    assert account.pw_uid == account.pw_gid
    return account.pw_uid


@pytest.fixture
def system_folder(public, monkeypatch):
    """Root's own place, away from the one of this machine."""
    folder = public / "system"
    monkeypatch.setattr(folders, "SYSTEM_FOLDER", folder)
    return folder


@pytest.fixture
def private(public):
    """A folder that only its owner can pass."""
    folder = public / "private"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def packages(private, monkeypatch):
    """The wheel in the private folder, as where Python's packages are installed."""
    found = binaries.find()
    wheel = found.parents[1]
    for source in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        if source.exists():
            shutil.copytree(source, private / source.name, ignore=shutil.ignore_patterns("include"))
    monkeypatch.setenv("FOYER_PG_BIN", str(private / found.relative_to(wheel.parent)))
    return private
