"""`check --deploy` refuses a database login that could climb the wall."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from config.embedded import accounts, binaries, processes

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def superuser_address():
    """A throw-away server whose superuser may connect, which the embedded one never allows."""
    account = accounts.maker_account() if accounts.is_root() else accounts.server_account()
    programs = binaries.for_root() if accounts.is_root() else binaries.find()
    folder = Path(tempfile.mkdtemp(prefix="foyer-deploy-"))
    os.chown(folder, account.uid, account.gid)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = folder / "data"
    control = [programs / "pg_ctl", "-D", data, "-w"]
    options = f"-c listen_addresses=127.0.0.1 -p {port} -c unix_socket_directories=''"
    made = processes.run([programs / "initdb", "-D", data, "-U", "root", "-A", "trust"], account)
    assert made.returncode == 0, made.stdout
    command = [*control, "-l", folder / "log", "-o", options, "start"]
    assert processes.run(command, account).returncode == 0
    yield f"postgresql://root@127.0.0.1:{port}/postgres"
    assert processes.run([*control, "-m", "immediate", "stop"], account).returncode == 0
    shutil.rmtree(folder)


def check(address):
    env = os.environ | {
        "DATABASE_URL": address,
        "SECRET_KEY": "a-key-for-this-test-alone-0123456789-abcdefghijklmnopqrstuvwxyz",
        "FOYER_URL": "https://foyer.example",
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def as_role(address, name, *statements):
    with psycopg.connect(address, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)
    return address.replace("root@", f"{name}@")


def test_a_superuser_is_refused(superuser_address):
    result = check(superuser_address)

    assert result.returncode == 1
    assert "agencies.E001" in result.stderr
    assert "The database login can act as root" in result.stderr


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE ROLE climber LOGIN BYPASSRLS",
        "CREATE ROLE climber LOGIN IN ROLE root",
    ],
)
def test_a_login_that_can_become_one_is_refused(superuser_address, statement):
    address = as_role(superuser_address, "climber", "DROP ROLE IF EXISTS climber", statement)

    assert "agencies.E001" in check(address).stderr


def test_a_plain_login_is_accepted(superuser_address):
    address = as_role(superuser_address, "plain", "CREATE ROLE plain LOGIN CREATEDB")

    result = check(address)

    assert result.stderr == ""
    assert result.returncode == 0
