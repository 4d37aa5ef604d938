"""Processes: starting them so that none outlives us, telling ours from strangers, ending them."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from config.door.telling import Step, Trouble

PR_SET_PDEATHSIG = 1
# Loaded here: between fork and exec nothing may be imported.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class StepFailed(Trouble):
    """A program that a step ran said no. What it printed is in `output`."""

    def __init__(self, name: str, log: Path, output: str) -> None:
        self.output = output
        last = "\n".join(output.strip().splitlines()[-15:])
        super().__init__(f"{name} failed. Its last lines (all of them are in {log}):\n{last}")


def die_with_the_door(signum: int) -> Callable[[], None]:
    """For `preexec_fn`: Linux sends `signum` when the door is gone, however it went."""
    door = os.getpid()

    def ask() -> None:
        if _libc:
            _libc.prctl(PR_SET_PDEATHSIG, signum)
            if os.getppid() != door:
                os._exit(1)

    return ask


def run_step(name: str, command: list[str], *, log: Path, **options: Any) -> str:
    """Run a program that may take long; everything it prints goes to `log` and is returned."""
    with log.open("ab") as output:
        start = output.tell()
        code = _run(name, command, stdout=output, stderr=subprocess.STDOUT, **options)
    text = log.read_bytes()[start:].decode(errors="replace")
    if code:
        raise StepFailed(name, log, text)
    return text


def ask_step(name: str, command: list[str], *, log: Path, **options: Any) -> str:
    """Run a program for its answer on standard output; the rest goes to `log`."""
    with log.open("ab") as errors, tempfile.TemporaryFile() as answer:
        start = errors.tell()
        code = _run(name, command, stdout=answer, stderr=errors, **options)
        answer.seek(0)
        text = answer.read().decode(errors="replace")
    if code:
        raise StepFailed(name, log, text + log.read_bytes()[start:].decode(errors="replace"))
    return text


@contextlib.contextmanager
def meanwhile(name: str, command: list[str], *, log: Path, **options: Any) -> Iterator[None]:
    """Run a program beside the work inside; only then is it waited for, and it may fail."""
    with log.open("ab") as output:
        process, ending = _start(command, stdout=output, stderr=subprocess.STDOUT, **options)
        with ending:
            yield
            if process.poll() is None:
                _watch(name, process)


def _run(name: str, command: list[str], **options: Any) -> int:
    process, ending = _start(command, **options)
    with ending:
        return _watch(name, process)


def _start(
    command: list[str], *, to_its_end: bool = False, **options: Any
) -> tuple[subprocess.Popen[bytes], contextlib.AbstractContextManager[None]]:
    """A program, and what ends it with us, unless it must run `to_its_end` whatever happens."""
    # A group of its own: Ctrl-C in the terminal reaches the door alone.
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0, **options)
    return process, contextlib.nullcontext() if to_its_end else ended_afterwards(process)


def _watch(name: str, process: subprocess.Popen[bytes]) -> int:
    with Step(name) as step:
        while process.poll() is None:
            step.tick()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.25)
        step.failed = bool(process.returncode)
    return process.returncode


@contextlib.contextmanager
def ended_afterwards(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        if process.poll() is None:
            end_group(process.pid, grace=10, is_gone=lambda: process.poll() is not None)


def end_group(leader: int, *, grace: float, is_gone: Callable[[], bool]) -> None:
    """Ask the leader to end; after `grace` seconds end its whole group."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(leader, signal.SIGTERM)
    until = time.monotonic() + grace
    while not is_gone() and time.monotonic() < until:
        time.sleep(0.05)
    kill_group(leader)
    until = time.monotonic() + 5
    while not is_gone() and time.monotonic() < until:
        time.sleep(0.02)


def kill_group(leader: int) -> None:
    # macOS answers "not permitted" for a group that holds nothing but a zombie.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def mark(pid: int) -> str | None:
    """When a process began, so that a recycled pid is never taken for ours. None when it ended."""
    if sys.platform == "linux":
        return _mark_from_proc(pid)
    answer = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, began = answer.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else began.strip()


def _mark_from_proc(pid: int) -> str | None:
    try:
        # The name in brackets may hold anything, brackets included.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    state, began = fields[0], fields[19]
    return None if state in "ZX" else f"{boot} {began}"
