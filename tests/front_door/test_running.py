import os
import signal
import socket
import subprocess
import sys

import pytest

from .conftest import free_port, is_alive, until


def test_a_taken_port_is_refused_before_anything_long_is_done(house):
    with socket.create_server(("127.0.0.1", house.port)):
        result = house.door("run", "--port", str(house.port))

    assert result.returncode == 1
    assert f"Port {house.port} is taken" in result.stderr
    assert "--port" in result.stderr
    assert house.calls("uv") == []


@pytest.mark.parametrize("port", ["0", "70000", "eight", "-1"])
def test_a_port_that_is_none_is_refused(house, port):
    result = house.door("run", PORT=port)

    assert result.returncode == 1
    assert "no number from 1 to 65535" in result.stderr


def test_run_prints_what_to_open_and_one_curl_line_per_dialect(house):
    door = house.open_and_serve()

    url = f"http://localhost:{house.port}"
    output = door.log.read_text()
    assert f"{url}/admin/" in output
    assert "ada@north.example with a-long-password" in output
    assert f"{url}/portal/north" in output
    assert "sign in as ann@acme.example" in output
    assert f'curl -H "Authorization: Bearer key-one" {url}/v1/clients\n' in output
    assert f'curl -H "Authorization: Bearer key-two" {url}/api/clients\n' in output
    ninja = '-H "X-API-TOKEN: key-three" -H "X-Requested-With: XMLHttpRequest"'
    assert f"curl {ninja} {url}/api/v1/clients\n" in output


def test_a_second_start_prints_the_same_keys_under_its_own_port(house):
    house.open_and_serve()
    stop(house)
    house.port = free_port()

    door = house.open_and_serve()

    output = door.log.read_text()
    assert "Bearer key-one" in output
    assert f"http://localhost:{house.port}/portal/north" in output
    assert (house.home / "demo.json").stat().st_mode & 0o777 == 0o600


def stop(house):
    house.started[-1].send_signal(signal.SIGTERM)
    assert house.started[-1].wait(20) == 0


def migrations(house):
    return [call for call in house.calls("manage") if call.startswith("migrate")]


def test_a_second_start_goes_straight_to_serving(house):
    house.open_and_serve()
    stop(house)

    house.open_and_serve()

    assert len(migrations(house)) == 1


@pytest.mark.parametrize("change", ["a migration", "the lock file", "the address"])
def test_what_may_need_a_migration_is_migrated_first(house, change):
    house.open_and_serve()
    stop(house)
    address = {"DATABASE_URL": "postgresql://elsewhere/foyer"} if change == "the address" else {}
    if change == "a migration":
        (house.root / "clients" / "migrations").mkdir(parents=True)
        (house.root / "clients" / "migrations" / "0001_initial.py").touch()
    if change == "the lock file":
        (house.root / "requirements.lock").write_text("django==5.2.1\n")

    house.open_and_serve(**address)

    assert len(migrations(house)) == 2


def test_a_database_that_was_thrown_away_is_made_again(house):
    house.open_and_serve()
    stop(house)
    (house.home / "migrated").unlink()
    (house.home / "data").unlink()

    door = house.open_and_serve()

    assert len(migrations(house)) == 2
    assert "Bearer key-one" in door.log.read_text()


def test_the_keys_of_one_database_are_not_printed_for_another(house):
    house.open_and_serve()
    stop(house)

    door = house.open_and_serve(DATABASE_URL="postgresql://elsewhere/foyer")

    assert "key-one" not in door.log.read_text()


def test_without_demo_an_empty_database_stays_empty_and_the_way_on_is_shown(house):
    door = house.open_and_serve("--no-demo")

    assert not (house.home / "data").exists()
    assert "./foyer manage create_agency NAME --slug SLUG" in door.log.read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_cleanly(house, number):
    door = house.open_and_serve()
    pids = [house.pid("web"), house.pid("worker")]

    door.send_signal(number)

    assert door.wait(20) == 0
    assert not any(is_alive(pid) for pid in pids)
    assert house.calls("embedded") == [f"stop --if-unused {house.home}"]
    assert "Foyer is stopped." in door.log.read_text()


def test_a_server_of_ones_own_is_not_stopped(house):
    door = house.open_and_serve(DATABASE_URL="postgresql://elsewhere/foyer")

    door.send_signal(signal.SIGTERM)

    assert door.wait(20) == 0
    assert house.calls("embedded") == []


def test_a_second_ctrl_c_kills_what_does_not_listen(house):
    door = house.open_and_serve(WORKER_IS_DEAF="1")
    worker = house.pid("worker")
    until(lambda: "The worker is up." in door.log.read_text(), door)

    door.send_signal(signal.SIGINT)
    until(lambda: "Stopping" in door.log.read_text(), door)
    door.send_signal(signal.SIGINT)

    assert door.wait(5) == 0
    assert not is_alive(worker)


def test_a_service_that_dies_is_started_again_with_a_line(house):
    door = house.open_and_serve()
    first = house.pid("worker")

    os.kill(first, signal.SIGKILL)
    until(lambda: house.pid("worker") != first, door)

    assert "worker ended (killed by SIGKILL); starting it again" in door.log.read_text()
    assert is_alive(house.pid("worker"))


def test_a_service_that_keeps_dying_at_its_start_ends_the_run_with_its_last_lines(house):
    # The web server never becomes ready, so the start is not over.
    (house.root / "granian.py").write_text("import time\n\ntime.sleep(60)\n")
    door = house.open("run", "--port", str(house.port), WORKER_DIES="1")

    assert door.wait(30) == 1
    output = door.log.read_text()
    assert "worker process keeps ending at its start" in output
    assert "  The worker cannot find its hammer." in output
    assert "Traceback" not in output
    assert house.calls("embedded") == [f"stop --if-unused {house.home}"]


def test_a_failed_migration_ends_the_run_with_what_it_said(house):
    result = house.door("run", "--port", str(house.port), MIGRATE_FAILS="1")

    assert result.returncode == 1
    assert "The table is upside down." in result.stderr
    assert "Traceback" not in result.stderr


def test_one_state_folder_runs_one_foyer(house):
    house.open_and_serve()

    result = house.door("run", "--port", str(free_port()))

    assert result.returncode == 1
    assert f"Foyer already runs at http://localhost:{house.port}" in result.stderr
    assert "./foyer stop" in result.stderr


def test_stop_ends_a_run_from_another_shell(house):
    door = house.open_and_serve()
    pids = [house.pid("web"), house.pid("worker")]

    result = house.door("stop")

    assert result.returncode == 0
    assert f"It ran at http://localhost:{house.port}" in result.stderr
    assert door.wait(5) == 0
    assert not any(is_alive(pid) for pid in pids)


def test_stop_says_so_when_nothing_runs(house):
    result = house.door("stop")

    assert result.returncode == 0
    assert result.stderr == "Foyer is not running.\n"
    assert not house.home.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of a death")
def test_services_do_not_outlive_a_killed_door(house):
    door = house.open_and_serve()
    pids = [house.pid("web"), house.pid("worker")]

    door.kill()
    door.wait()

    until(lambda: not any(is_alive(pid) for pid in pids))


def test_a_run_after_a_killed_door_serves_on_the_same_port(house):
    first = house.open_and_serve(WORKER_IS_DEAF="1")
    until(lambda: "The worker is up." in first.log.read_text(), first)
    deaf = house.pid("worker")
    first.kill()
    first.wait()

    second = house.open_and_serve()

    assert "Ended what an interrupted run had left behind: " in second.log.read_text()
    assert not is_alive(deaf)


def test_a_recycled_pid_is_never_signalled(house):
    door = house.open_and_serve()
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    record = (house.home / "run" / "foyer.json").read_text()
    worker = house.pid("worker")
    door.kill()
    door.wait()
    until(lambda: not is_alive(worker))
    renamed = record.replace(f"[{worker},", f"[{stranger.pid},")
    (house.home / "run" / "foyer.json").write_text(renamed)

    try:
        result = house.door("stop")

        assert str(stranger.pid) in renamed
        assert result.returncode == 0
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_proxy_in_the_environment_does_not_hide_our_own_server(house):
    door = house.open_and_serve(http_proxy="http://127.0.0.1:9", HTTP_PROXY="http://127.0.0.1:9")

    assert "Foyer is ready." in door.log.read_text()
