"""Root's server: an account of its own, below folders that this account cannot pass."""

import os
import shutil

import psycopg
import pytest

from config.embedded import binaries, placing, processes
from config.embedded.accounts import server_account
from config.embedded.errors import EmbeddedServerError
from config.embedded.server import Server

pytestmark = pytest.mark.usefixtures("root")


def ask(server, statement="SELECT 1"):
    with psycopg.connect(**server.connection_parameters) as connection:
        return connection.execute(statement).fetchone()


@pytest.fixture
def few_binaries(private, monkeypatch):
    """Enough of a wheel to be copied."""
    folder = private / "wheel" / "pginstall18" / "bin"
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o700)
    monkeypatch.setenv("FOYER_PG_BIN", str(folder))
    return folder


def test_the_server_runs_without_rights_as_an_account_without_a_name(server):
    pid = processes.serving(server.data)

    assert os.stat(f"/proc/{pid}").st_uid == 61_000


def test_a_private_home_keeps_its_database_where_only_root_can_have_put_it(packages, system_folder):
    server = Server(packages / "home")

    server.start()

    assert ask(server) == (1,)
    assert server.place.parent == system_folder / "databases"
    assert packages.stat().st_mode & 0o777 == 0o700
    assert server.stop() is True


def test_a_private_home_made_again_does_not_find_the_rows_of_the_former_one(private, system_folder):
    home = private / "home"
    home.mkdir()
    former = placing.prepare(home, server_account())
    shutil.rmtree(home)
    home.mkdir()

    place = placing.prepare(home, server_account())

    assert place != former
    assert former.exists()
    assert placing.prepare(home, server_account()) == place


def test_a_link_to_a_folder_that_is_gone_is_told_in_a_sentence(private, system_folder):
    home = private / "home"
    home.mkdir()
    (home / "pg18").symlink_to(system_folder / "databases" / "gone")

    with pytest.raises(EmbeddedServerError, match=r"which is gone\. Bring that folder back"):
        Server(home).start()


def test_a_home_that_was_closed_later_is_told_and_no_second_database_made(public, system_folder):
    home = public / "home"
    (home / "pg18").mkdir(parents=True)
    home.chmod(0o700)

    with pytest.raises(EmbeddedServerError, match=f"The folder {home} was closed"):
        Server(home).start()

    assert not system_folder.exists()


@pytest.mark.parametrize("planted", ["system", "system/binaries"])
def test_a_planted_folder_for_the_copied_binaries_is_refused(
    few_binaries, system_folder, stranger, planted
):
    folder = system_folder.parent / planted
    folder.mkdir(parents=True)
    os.chown(folder, stranger, stranger)

    with pytest.raises(EmbeddedServerError, match=f"The folder {folder} must belong to root"):
        binaries.for_root()


@pytest.mark.parametrize("swap", ["owner", "mode", "link"])
def test_a_planted_copy_of_the_binaries_is_refused(few_binaries, system_folder, stranger, swap):
    copy = binaries.for_root().parents[2]
    if swap == "owner":
        os.chown(copy, stranger, stranger)
    elif swap == "mode":
        copy.chmod(0o777)
    else:
        copy.rename(copy.with_name("other"))
        copy.symlink_to(copy.with_name("other"))

    with pytest.raises(EmbeddedServerError, match=r"must belong to root|is not a folder"):
        binaries.for_root()


def test_the_copy_of_other_binaries_is_another_copy(few_binaries, system_folder):
    first = binaries.for_root()
    os.utime(binaries.find() / "postgres", (1, 1))

    second = binaries.for_root()

    assert second != first
    assert binaries.for_root() == second


def test_a_copy_that_was_cut_short_is_made_anew(few_binaries, system_folder):
    half_made = system_folder / "binaries" / "new-cut-short"
    half_made.mkdir(parents=True)

    copied = binaries.for_root()

    assert (copied / "initdb").stat().st_mode & 0o777 == 0o755
    assert not half_made.exists()


def test_public_binaries_are_used_where_they_are(few_binaries, private, system_folder):
    private.chmod(0o755)
    (few_binaries / "postgres").chmod(0o755)
    for folder in few_binaries.relative_to(private).parents:
        (private / folder).chmod(0o755)

    assert binaries.for_root() == binaries.find()
    assert not system_folder.exists()
