"""Which process is the server, and running PostgreSQL's programs."""

import itertools
import os
import subprocess
from pathlib import Path
from typing import Any

from config.embedded.accounts import Account

# Nothing of ours is inherited: neither secrets nor a stray PGDATA. The locale keeps messages
# English and spares macOS a thread at start, which PostgreSQL refuses.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}

# Linux has it, macOS has not and asks ps.
HAS_PROC = Path("/proc/self/cmdline").exists()

# The shell ends at once and leaves the server without a parent or a terminal: neither Ctrl-C
# nor the end of the client that started it can reach it, and nobody has to collect it.
DETACH = '"$@" >&2 & echo $!'


def environment() -> dict[str, str]:
    libraries = os.environ.get("LD_LIBRARY_PATH")
    return ENVIRONMENT | ({"LD_LIBRARY_PATH": libraries} if libraries else {})


def run(
    command: list[str | Path], account: Account, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs to its end, with all it says on standard output."""
    return subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        cwd="/",
        env=environment(),
        **account.options,
        **options,
    )


def start_alone(command: list[str | Path], account: Account, log: Path) -> int:
    """Start the server in a session of its own and return its number."""
    with open(log, "ab", opener=_private) as output:
        started = subprocess.run(
            ["/bin/sh", "-c", DETACH, "sh", *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            check=True,
            cwd="/",
            env=environment(),
            start_new_session=True,
            **account.options,
        )
    return int(started.stdout)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


def is_alive(pid: int) -> bool:
    """Whether the process runs. One that ended and was not collected yet does not."""
    if HAS_PROC:
        try:
            state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
        except OSError:
            return False
        return state not in (b"Z", b"X")
    state = _ps(pid, "stat=").strip()
    return state != b"" and not state.startswith(b"Z")


def is_server(pid: int, data: Path) -> bool:
    """Whether the process is alive and serves this data. A number alone proves nothing."""
    return (b"-D", os.fsencode(data)) in itertools.pairwise(_command_line(pid))


def _command_line(pid: int) -> list[bytes]:
    if HAS_PROC:
        try:
            # Empty for a process that ended and was not collected yet.
            return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return []
    # One line, in which a path with spaces is told apart by the options around it.
    program, _, rest = _ps(pid, "command=").partition(b" -D ")
    return [program, b"-D", rest.partition(b" -c ")[0]]


def _ps(pid: int, column: str) -> bytes:
    command = ["ps", "-ww", "-o", column, "-p", str(pid)]
    return subprocess.run(command, capture_output=True, check=False).stdout


def serving(data: Path) -> int | None:
    """The number of the process that serves this data."""
    pid = _named_in(data / "postmaster.pid")
    return pid if pid and is_server(pid, data) else None


def forget_recycled(data: Path, sockets: Path) -> None:
    """Remove what names a process that lives but is not our server; PostgreSQL would give up.

    Call it under the lock. A number that belongs to nobody any more PostgreSQL handles itself.
    """
    for file in (data / "postmaster.pid", sockets / ".s.PGSQL.5432.lock"):
        pid = _named_in(file)
        if pid and not is_server(pid, data):
            file.unlink()


def _named_in(file: Path) -> int | None:
    try:
        return abs(int(file.read_text().split()[0]))
    except (FileNotFoundError, ValueError, IndexError):
        return None
