"""The backend in processes of its own, so that these tests pass on any server of the suite."""

import pytest

SETTINGS = """
import json
from django.conf import settings
database = {"ENGINE": "config.embedded", "NAME": "foyer", "USER": "foyer"}
settings.configure(
    DATABASES={"default": database | {"OPTIONS": {"home": str(home)}}}, USE_TZ=True
)
import django
django.setup()
from django.db import OperationalError, connection, connections
def ask(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()
"""


def test_importing_and_setting_up_starts_nothing(home, run_python):
    said = run_python(SETTINGS + "print(connection.vendor)", home)

    assert said == "postgresql"
    assert not home.exists()


def test_the_first_connection_starts_the_server(server, run_python):
    server.stop()

    said = run_python(
        SETTINGS + "print(ask('SELECT current_user, current_database()'))", server.home
    )

    assert said == "('foyer', 'foyer')"
    assert server.is_ready()


def test_a_server_killed_under_a_process_is_up_for_its_next_connection(server, run_python):
    code = """
import signal
from config.embedded import processes
pid = processes.serving(Server(home).data)
print(ask("SELECT 1"))
os.kill(pid, signal.SIGKILL)
while processes.is_alive(pid):
    pass
connection.close()
print(ask("SELECT 2"))
"""

    said = run_python(SETTINGS + code, server.home)

    assert said.splitlines() == ["(1,)", "(2,)"]


def test_a_database_for_tests_is_made_and_removed(server, run_python):
    code = """
connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
print(ask("SELECT current_user, current_database()"))
connection.creation.destroy_test_db("foyer", verbosity=0)
print(ask("SELECT count(*) FROM pg_database WHERE datname = 'test_foyer'"))
"""

    said = run_python(SETTINGS + code, server.home)

    assert said.splitlines() == ["('foyer', 'test_foyer')", "(0,)"]


def test_dbshell_opens_the_servers_own_psql(server, run_python):
    server.stop()
    code = """
from django.core.management import call_command
call_command("dbshell", "--", "-Atc", "SELECT current_user")
"""

    said = run_python(SETTINGS + code, server.home, PATH="/nowhere")

    assert said == "foyer"


@pytest.mark.parametrize("name", ["nowhere", "foyer"])
def test_what_keeps_the_server_from_running_is_an_operational_error(public, run_python, name):
    code = """
try:
    ask("SELECT 1")
except OperationalError as error:
    print(error)
"""

    said = run_python(SETTINGS + code, public / name, FOYER_PG_BIN=str(public))

    assert said.startswith("No PostgreSQL binaries were found.")
