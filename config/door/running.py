"""`./foyer run`: from an empty folder to a page that answers."""

import argparse
import contextlib
import http.client
import os
import socket
import sys

from config.door import database, demo, instance, packages, services
from config.door.places import Places, environment
from config.door.service import Service
from config.door.supervisor import Supervisor
from config.door.telling import Trouble, say

LOOPBACK = "127.0.0.1"
PATIENCE = 90.0


class NotMigrated(Trouble):
    """The database is not the one that was prepared before."""

    def __init__(self) -> None:
        super().__init__("The database misses migrations although they just ran.")


def run(places: Places, arguments: list[str]) -> int:
    options = parse(arguments)
    instance.take(places)
    refuse_taken_port(options.port)
    packages.prepare(places)
    try:
        return _serve(places, port=options.port, with_demo=not options.no_demo)
    finally:
        instance.stop_database(places)
        instance.forget(places)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./foyer run", description="Prepare and start Foyer.")
    parser.add_argument("--port", default=os.environ.get("PORT") or "8000", help="default: 8000")
    parser.add_argument("--no-demo", action="store_true", help="leave an empty database empty")
    options = parser.parse_args(arguments)
    if not options.port.isdecimal() or not 0 < int(options.port) < 65536:
        raise Trouble(f"The port {options.port!r} is no number from 1 to 65535.")
    options.port = int(options.port)
    return options


def refuse_taken_port(port: int) -> None:
    """Asked before anything long is done."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except PermissionError:
            raise Trouble(
                f"Port {port} is for root only. Choose one above 1023: ./foyer run --port 8000"
            ) from None
        except OSError:
            raise _taken(port) from None
    # A browser may try IPv6 first for "localhost"; on macOS a wildcard may listen beside us.
    for address in (LOOPBACK, "::1"):
        with contextlib.suppress(OSError), socket.create_connection((address, port), timeout=1):
            raise _taken(port)


def _taken(port: int) -> Trouble:
    other = port + 1 if port < 65535 else 8000
    return Trouble(
        f"Port {port} is taken by another program. Choose another one: ./foyer run --port {other}"
    )


def _serve(places: Places, *, port: int, with_demo: bool) -> int:
    env = environment(places, port=port)
    env.setdefault("LOG_PLAIN", "true" if sys.stdout.isatty() else "false")
    if database.looks_prepared(places):
        with contextlib.suppress(NotMigrated):
            return _supervise(places, env, port=port, has_agency=True)
        say("The database is another one than before.")
    has_agency = database.prepare(places, env, with_demo=with_demo)
    return _supervise(places, env, port=port, has_agency=has_agency)


def _supervise(places: Places, env: dict[str, str], *, port: int, has_agency: bool) -> int:
    url = env["FOYER_URL"].rstrip("/")
    with Supervisor(
        _services(places, port),
        env=env,
        cwd=places.root,
        show=_show,
        changed=lambda pids: instance.write(places, url=url, services=pids),
    ) as supervisor:
        supervisor.start()
        if supervisor.wait_until(lambda: is_ready(port), patience=PATIENCE):
            made = database.demo_data(places, url=url) if has_agency else {}
            _show(demo.welcome(made, url=url, has_agency=has_agency))
            supervisor.watch()
        say("Stopping …")
    say("Foyer is stopped.")
    return 0


def _services(places: Places, port: int) -> list[Service]:
    python = str(places.python)
    workers = min(2, os.cpu_count() or 1)
    return [
        Service("web", services.web(python, host=LOOPBACK, port=port, workers=workers)),
        Service("worker", services.worker(python)),
    ]


def _show(line: str) -> None:
    print(line, flush=True)


def is_ready(port: int) -> bool:
    """Whether the web server answers and finds its database; NotMigrated when that is behind."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        # Directly, whatever proxy the environment names.
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        if answer.status == 503 and b'"migrations"' in answer.read():
            raise NotMigrated
        return answer.status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
