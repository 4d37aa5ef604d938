"""Folders that are long, odd, closed, full, planted or somebody else's."""

import os
import shutil
import subprocess

import psycopg
import pytest

from config.embedded import binaries, placing
from config.embedded.errors import EmbeddedServerError
from config.embedded.server import Server


def ask(server, statement="SELECT 1"):
    with psycopg.connect(**server.connection_parameters) as connection:
        return connection.execute(statement).fetchone()


@pytest.mark.parametrize(
    "name", ['it\'s a "home" of $HOME; `ls` \\ é 客', "comma, and colon:", "long" * 30]
)
def test_any_path_will_do(public, system_folder, name):
    server = Server(public / name)

    server.start()

    assert ask(server) == (1,)
    assert server.stop() is True
    if server.sockets.parent != server.place:
        server.sockets.rmdir()


def test_a_long_path_gets_a_short_socket_folder_that_only_the_server_may_enter(
    public, system_folder
):
    place = public / ("long" * 30)

    folder = placing.prepare_socket_folder(place, Server(public).account)

    found = folder.stat()
    folder.rmdir()
    assert len(os.fsencode(folder / ".s.PGSQL.5432")) <= 103
    assert found.st_mode & 0o777 == 0o700
    assert found.st_uid == Server(public).account.uid


def planted_link(folder, owner):
    folder.with_name("elsewhere").mkdir(mode=0o700, exist_ok=True)
    folder.symlink_to(folder.with_name("elsewhere"))


def planted_open(folder, owner):
    folder.mkdir()
    folder.chmod(0o755)
    os.chown(folder, owner, -1)


@pytest.fixture
def long_server(public, system_folder):
    """Its socket lies in a short folder outside of its home. None of its files is made."""
    server = Server(public / ("long" * 30))
    folder = server.sockets
    folder.parent.mkdir(parents=True, exist_ok=True)
    yield server
    folder.unlink() if folder.is_symlink() else shutil.rmtree(folder)
    if (elsewhere := folder.with_name("elsewhere")).exists():
        elsewhere.rmdir()


@pytest.mark.parametrize(
    ("plant", "words"), [(planted_link, "is not a folder"), (planted_open, "may enter the folder")]
)
def test_a_planted_socket_folder_is_refused(long_server, plant, words):
    plant(long_server.sockets, long_server.account.uid)

    with pytest.raises(EmbeddedServerError, match=words):
        long_server.start()
    with pytest.raises(EmbeddedServerError, match=words):
        long_server.is_ready()


@pytest.mark.usefixtures("root")
def test_a_strangers_socket_folder_is_refused(long_server, stranger):
    long_server.sockets.mkdir(mode=0o700)
    os.chown(long_server.sockets, stranger, stranger)

    with pytest.raises(EmbeddedServerError, match="belongs to another account"):
        long_server.start()
    with pytest.raises(EmbeddedServerError, match="belongs to another account"):
        long_server.is_ready()


def test_read_only_packages_will_do(public, packages, run_python, stranger):
    for folder, _, _ in os.walk(packages):
        os.chmod(folder, 0o555)
    home = public / "home"
    home.mkdir()
    uid = stranger if os.geteuid() == 0 else os.geteuid()
    os.chown(home, uid, -1)
    code = """
server = Server(home)
server.start()
with psycopg.connect(**server.connection_parameters) as connection:
    print(connection.execute("SELECT current_user").fetchone()[0])
"""

    answer = run_python(code, home, uid=uid)

    for folder, _, _ in os.walk(packages):
        os.chmod(folder, 0o755)
    assert answer == "foyer"


@pytest.mark.parametrize("make", ["closed", "file"])
def test_a_home_that_cannot_be_written_is_told_in_a_sentence(public, run_python, stranger, make):
    parent = public / make
    parent.touch(0o400) if make == "file" else parent.mkdir(0o555)
    uid = stranger if os.geteuid() == 0 else os.geteuid()
    code = """
try:
    Server(home).start()
except EmbeddedServerError as error:
    print(error)
"""

    said = run_python(code, parent / "home", uid=uid)

    assert said.startswith(f"The folder {parent / 'home'} cannot be written")
    assert said.endswith("Make it writable, or set FOYER_HOME to another folder.")


@pytest.mark.usefixtures("root")
def test_a_full_disk_is_told_in_a_sentence(home):
    home.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m,mode=755", "tmpfs", str(home)]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("This machine lets root mount nothing.")

    try:
        with pytest.raises(EmbeddedServerError, match=r"The disk that holds .* is full\. Free"):
            Server(home).start()
    finally:
        subprocess.run(["umount", str(home)], check=True)


def test_missing_binaries_are_told_in_a_sentence(public, monkeypatch):
    monkeypatch.setenv("FOYER_PG_BIN", str(public))

    with pytest.raises(EmbeddedServerError, match=r"No PostgreSQL binaries were found\. Run \./fo"):
        Server(public / "home").start()


def test_binaries_of_another_major_are_refused(public, monkeypatch):
    postgres = public / "postgres"
    postgres.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 17.6'\n")
    postgres.chmod(0o755)
    monkeypatch.setenv("FOYER_PG_BIN", str(public))

    with pytest.raises(EmbeddedServerError, match=r"are PostgreSQL 17\.6, and Foyer needs 18\."):
        Server(public / "home").start()


def test_files_of_another_major_are_refused(home):
    data = home / "pg18" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("17\n")

    with pytest.raises(EmbeddedServerError, match=r"was made by PostgreSQL 17, and this is 18\."):
        Server(home).start()


@pytest.mark.usefixtures("root")
def test_a_second_account_works_beside_the_first(server, public, stranger, run_python):
    home = public / "theirs"
    home.mkdir()
    os.chown(home, stranger, stranger)
    code = """
server = Server(home)
server.start()
with psycopg.connect(**server.connection_parameters) as connection:
    print(connection.execute("SELECT current_user").fetchone()[0])
"""
    bin_folder = str(binaries.for_root())

    answer = run_python(code, home, uid=stranger, FOYER_PG_BIN=bin_folder)

    assert answer == "foyer"
    assert ask(server) == (1,)


REFUSED = """
try:
    psycopg.connect(host=sys.argv[3], user="foyer", dbname="foyer")
except psycopg.OperationalError as error:
    print(error)
"""


@pytest.mark.usefixtures("root")
def test_a_second_account_cannot_use_the_firsts_socket(server, stranger, run_python):
    said = run_python(REFUSED, server.home, str(server.sockets), uid=stranger)

    assert "Permission denied" in said


@pytest.mark.usefixtures("root")
def test_a_second_account_is_turned_away_even_at_an_open_door(server, stranger, run_python):
    opened = [server.place, server.sockets, server.sockets / ".s.PGSQL.5432"]
    before = [path.stat().st_mode for path in opened]
    for path in opened:
        path.chmod(0o777)

    said = run_python(REFUSED, server.home, str(server.sockets), uid=stranger)

    for path, mode in zip(opened, before, strict=True):
        path.chmod(mode)
    assert 'Peer authentication failed for user "foyer"' in said


@pytest.mark.usefixtures("root")
def test_a_second_account_cannot_start_the_firsts_server(server, stranger, run_python):
    code = """
try:
    Server(home).start()
except EmbeddedServerError as error:
    print(error)
"""

    said = run_python(code, server.home, uid=stranger)

    assert "belongs to another account (number 0). Start Foyer as that account" in said
