"""Starts, finds and stops the server of one home."""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict
from urllib.parse import quote

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from config.embedded import accounts, binaries, cluster, configuration, folders, placing, processes
from config.embedded.errors import EmbeddedServerError, disk_full, told_in_a_sentence

SECONDS_TO_START = 60
SECONDS_TO_STOP = 60
SECONDS_TO_LEAVE = 1
LOG_BYTES_TO_KEEP = 1_000_000

# The ways to end a server, in PostgreSQL's own words.
STOP_SIGNALS = {
    "smart": signal.SIGTERM,
    "fast": signal.SIGINT,
    "immediate": signal.SIGQUIT,
}

# After a kill, the last statements of the former server may take a while to end; or a start
# whose caller was killed is still under way.
FORMER_SERVER = ["is still in use", 'lock file "postmaster.pid" already exists']

CLIENTS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


class ConnectionParameters(TypedDict):
    host: str
    port: int
    user: str
    dbname: str


class Server:
    """The PostgreSQL server whose files lie under `home`. Making the object touches nothing."""

    def __init__(self, home: Path) -> None:
        self.home = Path(home).resolve()
        self.account = accounts.server_account()

    @property
    def place(self) -> Path:
        return placing.find(self.home)

    @property
    def data(self) -> Path:
        return self.place / "data"

    @property
    def log(self) -> Path:
        return self.place / "postgres.log"

    @property
    def sockets(self) -> Path:
        return placing.socket_folder(self.place, self.account)

    @property
    def connection_parameters(self) -> ConnectionParameters:
        return {"host": str(self.sockets), "port": placing.PORT, "user": "foyer", "dbname": "foyer"}

    @property
    def url(self) -> str:
        return f"postgresql://foyer@/foyer?host={quote(str(self.sockets), safe='')}"

    def is_ready(self) -> bool:
        """Whether the server answers. Nobody else's server is asked: its folder is refused."""
        place, sockets = self.place, self.sockets
        if not place.exists():
            return False
        folders.require_own(place, uid=os.geteuid())
        if not os.path.lexists(sockets):
            return False
        folders.require_private(sockets, uid=self.account.uid)
        conninfo = make_conninfo(**self.connection_parameters, connect_timeout=5)
        return PGconn.ping(conninfo.encode()) == Ping.OK

    def start(self) -> None:
        """Start the server, and make its files first, unless it runs already."""
        with told_in_a_sentence(self.home):
            if self.is_ready():
                return
            self.home.mkdir(parents=True, exist_ok=True)
            with self._locked() as lock:
                if not self.is_ready():
                    self._start(lock)

    def stop(self, mode: str = "fast") -> bool:
        """Stop the server; whether there was one."""
        if not self.place.exists():
            return False
        with told_in_a_sentence(self.home), self._locked():
            return self._stop(mode)

    def is_used(self) -> bool:
        """Whether somebody stays connected. One who just left is listed for a moment longer."""
        deadline = time.monotonic() + SECONDS_TO_LEAVE
        while self.is_ready() and self._count_clients() > 0:
            if time.monotonic() > deadline:
                return True
            time.sleep(0.05)
        return False

    def _count_clients(self) -> int:
        try:
            with psycopg.connect(**self.connection_parameters) as connection:
                row = connection.execute(CLIENTS).fetchone()
        except psycopg.OperationalError:
            return 1  # It answers but lets nobody in: others have taken every place.
        return row[0] if row else 0

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """One process at a time starts or stops this server."""
        path = placing.entry(self.home).with_suffix(".lock")
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield lock
        finally:
            os.close(lock)

    def _start(self, lock: int) -> None:
        place = placing.prepare(self.home, self.account)
        folder = binaries.for_root() if accounts.is_root() else binaries.find()
        binaries.require_major(folder)
        sockets = placing.prepare_socket_folder(place, self.account)
        cluster.ensure(place, folder, lock)
        configuration.write_doors(place)
        self._keep_log_short()
        command: list[str | Path] = [folder / "postgres", "-D", self.data]
        command += configuration.arguments(place, sockets)
        self._launch_until_ready(command)

    def _launch_until_ready(self, command: list[str | Path]) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while True:
            processes.forget_recycled(self.data, self.sockets)
            begin = self.log.stat().st_size if self.log.exists() else 0
            pid = processes.serving(self.data) or self._launch(command)
            if self._becomes_ready(pid, deadline):
                return
            said = self.log.read_bytes()[begin:].decode(errors="replace")
            if not any(words in said for words in FORMER_SERVER) or time.monotonic() > deadline:
                raise self._did_not_start(said)
            time.sleep(0.2)

    def _launch(self, command: list[str | Path]) -> int:
        return processes.start_alone(command, self.account, self.log)

    def _becomes_ready(self, pid: int, deadline: float) -> bool:
        pause = 0.02
        while time.monotonic() < deadline and processes.is_alive(pid):
            if self.is_ready():
                return True
            time.sleep(pause)
            pause = min(pause * 1.5, 0.5)
        return False

    def _did_not_start(self, said: str) -> EmbeddedServerError:
        if "No space left on device" in said:
            return disk_full(self.place)
        lines = said.strip().splitlines()
        reasons = [line for line in lines if "FATAL" in line or "PANIC" in line]
        reason = (reasons or lines or ["nothing"])[-1]
        return EmbeddedServerError(
            f"PostgreSQL did not start. It said: {reason}. The whole story is in {self.log}."
        )

    def _keep_log_short(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_TO_KEEP:
            self.log.replace(self.log.with_suffix(".log.1"))

    def _stop(self, mode: str) -> bool:
        folders.require_own(self.place, uid=os.geteuid())
        pid = processes.serving(self.data)
        if pid is None:
            return False
        os.kill(pid, STOP_SIGNALS[mode])
        deadline = time.monotonic() + SECONDS_TO_STOP
        while processes.is_server(pid, self.data):
            if time.monotonic() > deadline:
                raise EmbeddedServerError(
                    f"PostgreSQL (process {pid}) did not stop within {SECONDS_TO_STOP} seconds. "
                    f"Look into {self.log} for what it waits for."
                )
            time.sleep(0.02)
        return True
