"""What the door says: whole sentences, and the progress of steps that take long."""

import sys
import time
from types import TracebackType


class Trouble(Exception):
    """Something the reader can mend. The message is a sentence that says how."""


def say(sentence: str) -> None:
    """Progress and notes go to standard error, because scripts read keys from standard output."""
    print(sentence, file=sys.stderr, flush=True)


class Step:
    """A named piece of work: one moving line on a terminal, plain lines elsewhere."""

    QUIET = 15.0  # Seconds between two plain lines.

    def __init__(self, name: str) -> None:
        self.name = name
        self.moving = sys.stderr.isatty()
        self.failed = False

    def __enter__(self) -> "Step":
        self.began = self.said = time.monotonic()
        if not self.moving:
            say(f"{self.name} …")
        return self

    def tick(self) -> None:
        now = time.monotonic()
        if self.moving:
            self._draw(f"{self.name} … {now - self.began:.0f} s")
        elif now - self.said > self.QUIET:
            self.said = now
            say(f"{self.name} … {now - self.began:.0f} s")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        outcome = "not finished" if error or self.failed else "done"
        line = f"{self.name}: {outcome} after {time.monotonic() - self.began:.1f} s."
        if self.moving:
            self._draw(line)
            say("")
        else:
            say(line)

    def _draw(self, line: str) -> None:
        # Carriage return and "erase to the end of the line".
        print(f"\r{line}\x1b[K", end="", file=sys.stderr, flush=True)
