"""What goes wrong with processes on real machines, done to real processes."""

import os
import signal
import subprocess
import time

import psycopg
import pytest

from config.embedded import binaries, processes
from config.embedded.server import Server

OTHERS_BUSY = """
    SELECT count(*) FROM pg_stat_activity
    WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


def ask(server, statement="SELECT 1"):
    with psycopg.connect(**server.connection_parameters) as connection:
        return connection.execute(statement).fetchone()


def wait_until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def kill(server):
    pid = processes.serving(server.data)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not processes.is_alive(pid))


@pytest.fixture
def unrelated(server):
    """A process of the server's own account that has nothing to do with it."""
    process = subprocess.Popen(["sleep", "100"], **server.account.options)
    yield process
    process.kill()
    process.wait()


def name_in_pid_file(server, pid):
    """Leave behind what a kill leaves, after the system has given the number away again."""
    file = server.data / "postmaster.pid"
    lines = file.read_text().splitlines(keepends=True)
    kill(server)
    file.write_text("".join([f"{pid}\n", *lines[1:]]))


def test_a_killed_server_is_started_again_with_its_rows(server):
    with psycopg.connect(**server.connection_parameters) as connection:
        connection.execute("CREATE TABLE survived AS SELECT 7 AS number")
    kill(server)

    server.start()

    assert ask(server, "SELECT number FROM survived") == (7,)


def test_a_killed_server_whose_last_statement_lingers_is_started_again(server):
    counting = "SELECT count(*) FROM generate_series(1, 12000000)"
    process = subprocess.Popen(
        [binaries.find() / "psql", server.url, "-c", counting],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: ask(server, OTHERS_BUSY) == (1,))
    kill(server)

    server.start()

    assert ask(server) == (1,)
    process.wait()


def test_the_server_outlives_a_killed_client(server, client_process):
    server.stop()
    client = client_process(server.home)
    pid = processes.serving(server.data)

    client.kill()
    client.wait()

    server.start()
    assert ask(server) == (1,)
    assert processes.serving(server.data) == pid


def test_the_server_outlives_ctrl_c_in_its_clients_terminal(server, client_process):
    server.stop()
    client = client_process(server.home)
    pid = processes.serving(server.data)

    os.killpg(client.pid, signal.SIGINT)
    client.wait()

    assert ask(server) == (1,)
    assert processes.serving(server.data) == pid


@pytest.fixture
def client_process(python_command):
    """Starts the server from a process in a group of its own, as a terminal would."""
    clients = []

    def start(home):
        code = "Server(home).start(); print('started', flush=True); input()"
        client = subprocess.Popen(
            python_command(code, home),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
        clients.append(client)
        assert client.stdout.readline() == b"started\n"
        return client

    yield start
    for client in clients:
        client.stdin.close()
        client.stdout.close()
        client.wait()


def test_a_start_leaves_an_unrelated_process_with_the_old_number_alone(server, unrelated):
    name_in_pid_file(server, unrelated.pid)

    server.start()

    assert ask(server) == (1,)
    assert unrelated.poll() is None


def test_a_stop_leaves_an_unrelated_process_with_the_old_number_alone(server, unrelated):
    name_in_pid_file(server, unrelated.pid)

    stopped = server.stop()

    assert stopped is False
    assert unrelated.poll() is None


def test_six_starts_at_once_make_one_server(home, python_command):
    code = """
server = Server(home)
server.start()
with psycopg.connect(**server.connection_parameters) as connection:
    print(connection.execute("SELECT pg_postmaster_start_time()").fetchone())
"""
    starts = [
        subprocess.Popen(python_command(code, home), stdout=subprocess.PIPE) for _ in range(6)
    ]

    answers = [start.communicate()[0] for start in starts]

    assert [start.returncode for start in starts] == [0] * 6
    assert len(set(answers)) == 1


def test_a_database_half_made_by_a_killed_start_is_made_anew(home, python_command):
    server = Server(home)
    started = subprocess.Popen(python_command("Server(home).start()", home))
    wait_until((home / "pg18" / "data.new" / "base").exists)
    started.kill()
    started.wait()

    server.start()

    assert ask(server) == (1,)
    assert not (server.place / "data.new").exists()


def test_a_zombie_is_not_taken_for_a_live_process():
    process = subprocess.Popen(["true"])
    wait_until(lambda: not processes.is_alive(process.pid))

    os.kill(process.pid, 0)  # The system still knows its number.
    process.wait()
