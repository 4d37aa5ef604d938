import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).parents[3]


def by_hand(*arguments):
    command = [sys.executable, "-m", "config.embedded", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_a_started_server_answers_as_the_applications_login(server):
    with psycopg.connect(**server.connection_parameters) as connection:
        row = connection.execute("SELECT current_user, current_database()").fetchone()

    assert row == ("foyer", "foyer")


def test_the_url_leads_to_the_same_server(server):
    with psycopg.connect(by_hand("url", server.home).stdout.strip()) as connection:
        row = connection.execute("SELECT current_user, current_database()").fetchone()

    assert row == ("foyer", "foyer")


def test_the_login_is_no_superuser_and_cannot_become_one(server):
    with psycopg.connect(**server.connection_parameters) as connection:
        rights = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolreplication, rolcreatedb"
            " FROM pg_roles WHERE rolname = current_user"
        ).fetchone()

    assert rights == (False, False, False, False, True)
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba.conf entry"):
        psycopg.connect(**server.connection_parameters | {"user": "postgres"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fsync", "on"),
        ("data_checksums", "on"),
        ("listen_addresses", ""),
        ("TimeZone", "UTC"),
        ("server_encoding", "UTF8"),
        ("max_connections", "100"),
    ],
)
def test_the_server_is_set_up_for_real_data(server, name, value):
    with psycopg.connect(**server.connection_parameters) as connection:
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()

    assert row == (value,)


def test_rows_outlive_a_stop(server):
    with psycopg.connect(**server.connection_parameters) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")

    assert server.stop() is True
    assert server.is_ready() is False
    server.start()

    with psycopg.connect(**server.connection_parameters) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)


def test_the_log_keeps_refused_statements_out(server):
    with (
        psycopg.connect(**server.connection_parameters) as connection,
        pytest.raises(psycopg.errors.UndefinedColumn),
    ):
        connection.execute("SELECT ada@example.com")

    assert "example" not in server.log.read_text()


def test_a_long_log_makes_room_at_the_next_start(server):
    server.stop()
    server.log.write_bytes(b"long ago\n" * 200_000)

    server.start()

    assert server.log.stat().st_size < 10_000
    assert server.log.with_suffix(".log.1").read_bytes().startswith(b"long ago")


def test_by_hand_it_starts_stops_and_tells(server):
    server.stop()

    stopped = by_hand("status", server.home).stdout
    started = by_hand("start", server.home).stdout
    running = by_hand("status", server.home).stdout
    ended = by_hand("stop", server.home).stdout

    assert (stopped, running) == ("stopped\n", "running\n")
    assert started == f"The embedded PostgreSQL of {server.home} is running.\n"
    assert ended == "The embedded PostgreSQL is stopped.\n"


def test_stopping_what_does_not_run_is_no_failure_and_makes_no_folder(public):
    ended = by_hand("stop", public / "nowhere")

    assert (ended.returncode, ended.stdout) == (0, "The embedded PostgreSQL was not running.\n")
    assert list(public.iterdir()) == []


def test_a_server_in_use_is_left_running_when_asked_so(server):
    with psycopg.connect(**server.connection_parameters):
        used = by_hand("stop", "--if-unused", server.home)

    unused = by_hand("stop", "--if-unused", server.home)

    assert (used.returncode, unused.returncode) == (0, 0)
    assert "keeps running, because somebody is connected" in used.stdout
    assert unused.stdout == "The embedded PostgreSQL is stopped.\n"
