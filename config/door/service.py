"""One child process of the supervisor, from its start to its burial."""

import os
import signal
import subprocess
import time
from collections import deque
from pathlib import Path

from config.door.processes import die_with_the_door, kill_group


class Service:
    FIRST_DELAY = 0.5
    LONGEST_DELAY = 30.0
    # After so many seconds of life, an end counts as the first one again.
    STEADY = 60.0
    LONGEST_LINE = 65536

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self.command = command
        self.process: subprocess.Popen[bytes] | None = None
        self.last_lines: deque[str] = deque(maxlen=25)
        self.deaths = 0
        self.next_start = 0.0

    def start(self, *, env: dict[str, str], cwd: Path) -> None:
        self.began = time.monotonic()
        self._unfinished = b""
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            # A group of its own: Ctrl-C in the terminal reaches the supervisor alone.
            process_group=0,
            preexec_fn=die_with_the_door(signal.SIGTERM),
        )
        os.set_blocking(self.output, False)

    @property
    def output(self) -> int:
        assert self.process
        assert self.process.stdout
        return self.process.stdout.fileno()

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def read_lines(self) -> tuple[list[str], bool]:
        """What was printed since the last call, and whether that was the end."""
        try:
            piece = os.read(self.output, self.LONGEST_LINE)
        except BlockingIOError:
            return [], False
        *whole, self._unfinished = (self._unfinished + piece).split(b"\n")
        if self._unfinished and (not piece or len(self._unfinished) >= self.LONGEST_LINE):
            whole.append(self._unfinished)
            self._unfinished = b""
        lines = [line.decode(errors="replace").rstrip("\r") for line in whole]
        self.last_lines.extend(lines)
        return lines, not piece

    def terminate(self) -> None:
        if self.process:
            self.process.terminate()

    def kill(self) -> None:
        if self.process:
            kill_group(self.process.pid)
            self.process.wait()

    def bury(self) -> str:
        """Clear away what an ended process left, and say how it ended."""
        assert self.process
        assert self.process.stdout
        # Processes that it started itself would keep its port.
        kill_group(self.process.pid)
        self.process.stdout.close()
        code = self.process.returncode
        self.process = None
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def postpone(self) -> float:
        """The delay until the next start; it doubles with every death in a row."""
        if time.monotonic() - self.began > self.STEADY:
            self.deaths = 0
        delay = min(self.FIRST_DELAY * 2**self.deaths, self.LONGEST_DELAY)
        self.deaths += 1
        self.next_start = time.monotonic() + delay
        return delay
