"""The one running Foyer of a state folder: who it is, and how another shell stops it."""

import contextlib
import json
import os
import signal
import subprocess
import time
from typing import Any

from config.door import locks, processes
from config.door.places import Places, environment, write_private
from config.door.telling import Trouble, say

LOCK = "foyer.lock"
RECORD = "foyer.json"


def take(places: Places) -> None:
    """Become the instance until this process ends. What a killed one left behind is ended."""
    places.make()
    if locks.take(places.run / LOCK) is None:
        record = read(places)
        raise Trouble(
            f"Foyer already runs{_where(record)}. Use that one, end it with ./foyer stop, "
            "or set FOYER_HOME to another folder to run a second one."
        )
    left = end_leftovers(places)
    if left:
        say(f"Ended what an interrupted run had left behind: {', '.join(left)}.")
    write(places, url="", services={})


def write(places: Places, *, url: str, services: dict[str, int]) -> None:
    record = {
        "pid": os.getpid(),
        "mark": processes.mark(os.getpid()),
        "url": url,
        "services": {name: [pid, processes.mark(pid)] for name, pid in services.items()},
    }
    write_private(places.run / RECORD, json.dumps(record))


def read(places: Places) -> dict[str, Any]:
    try:
        record = json.loads((places.run / RECORD).read_text())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def forget(places: Places) -> None:
    (places.run / RECORD).unlink(missing_ok=True)


def end_leftovers(places: Places) -> list[str]:
    """Only for the holder of the lock: the recorded services, where the pid is still theirs."""
    ended = []
    for name, (pid, mark) in read(places).get("services", {}).items():
        if mark and processes.mark(pid) == mark:
            _end(pid, mark, grace=5)
            ended.append(name)
    forget(places)
    return ended


def stop(places: Places) -> str:
    """End the running instance and say in one sentence what happened."""
    if not places.run.is_dir():
        return "Foyer is not running."
    lock = locks.take(places.run / LOCK)
    if lock is None:
        return _stop_running(places)
    left = end_leftovers(places)
    os.close(lock)
    if left:
        return f"Ended what an interrupted run had left behind: {', '.join(left)}."
    return "Foyer is not running."


def _stop_running(places: Places) -> str:
    record = read(places)
    pid, mark = record.get("pid"), record.get("mark")
    if not pid or not mark or processes.mark(pid) != mark:
        raise Trouble(f"Foyer runs, but {places.run / RECORD} does not say as which process.")
    # It ends its children, and the embedded server, by itself.
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    if not _is_released(places, seconds=40):
        _end(pid, mark, grace=0)
        end_leftovers(places)
    return f"Foyer is stopped. It ran{_where(record)}."


def _end(pid: int, mark: str, *, grace: float) -> None:
    processes.end_group(pid, grace=grace, is_gone=lambda: processes.mark(pid) != mark)


def _is_released(places: Places, *, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        lock = locks.take(places.run / LOCK)
        if lock is not None:
            os.close(lock)
            return True
        time.sleep(0.1)
    return False


def _where(record: dict[str, Any]) -> str:
    url, pid = record.get("url"), record.get("pid")
    place = f" at {url}" if url else ""
    return f"{place} (process {pid})" if pid else place


def stop_database(places: Places) -> None:
    """End the embedded server unless somebody else uses it. It is not ours to end elsewhere."""
    if os.environ.get("DATABASE_URL", "").strip() or not places.python.exists():
        return
    command = [str(places.python), "-m", "config.embedded", "stop", "--if-unused", str(places.home)]
    try:
        subprocess.run(
            command,
            cwd=places.root,
            env=environment(places),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=60,
            process_group=0,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        output = (error.stderr or error.stdout or b"").decode(errors="replace").strip()
        last = output.splitlines()[-1] if output else "it did not answer"
        say(f"The embedded database could not be stopped: {last}")
