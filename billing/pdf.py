"""Turns HTML into PDF without a network, within limits of time and size.

WeasyPrint runs in a process of its own (billing.printer) that stays, because it takes seconds to
warm up, and is killed when a document takes too long.
"""

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from multiprocessing import Pipe
from threading import BoundedSemaphore, Lock

from django.conf import settings

from agencies.errors import DomainError

MEGABYTE = 1024**2
# How many documents are printed at a time; others wait for their turn.
AT_A_TIME = 2
# WeasyPrint and its libraries give not all memory back.
_PER_PROCESS = 200
_SECONDS_TO_START = 60
# What the libraries need to be found; nothing that is secret.
_ENVIRONMENT = (
    *("PATH", "HOME", "LANG", "LC_ALL", "XDG_CACHE_HOME", "FONTCONFIG_FILE", "FONTCONFIG_PATH"),
    *("LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "PYTHONPYCACHEPREFIX"),
)

_PYTHONPATH: tuple[str, ...] = ()


class PrintingUnavailable(DomainError):
    """Pango is missing on this machine."""

    code = "pdf_unavailable"


class TooLargeToPrint(DomainError):
    code = "pdf_too_large"


class TookTooLongToPrint(DomainError):
    code = "pdf_took_too_long"


class PrintingFailed(RuntimeError):
    """A mistake of ours: the template holds something that cannot or may not be printed."""


@dataclass(frozen=True)
class Limits:
    """Of one document. `seconds` counts from its turn, not from when it began to wait."""

    seconds: float = 120
    html_bytes: int = 8 * MEGABYTE
    pdf_bytes: int = 32 * MEGABYTE


LIMITS = Limits()


def render(
    html: str, *, logo: bytes = b"", archive: bool = False, limits: Limits = LIMITS
) -> bytes:
    """Print `html`, which may show the picture `foyer:logo` and otherwise fetches nothing.

    The result is tagged for screen readers (PDF/UA-1), or PDF/A-3a with `archive`. The same input
    gives the same bytes. Raises PrintingUnavailable, TooLargeToPrint or TookTooLongToPrint.
    """
    page = html.encode()
    if len(page) > limits.html_bytes:
        raise _too_large()
    identifier = sha256(page + logo + bytes([archive])).hexdigest()[:32]
    head = {"archive": archive, "identifier": identifier, "seconds": limits.seconds + 5}
    with _turns:
        printer = _take()
        try:
            made = printer.print([json.dumps(head).encode(), page, logo], limits)
        except PrintingFailed:
            # It told what went wrong, and is ready for the next.
            _give_back(printer)
            raise
        except BaseException:
            printer.close()
            raise
        _give_back(printer)
    return made


def how_to_get_pango() -> str:
    """The command that installs what is missing, as part of a sentence."""
    if sys.platform == "darwin":
        return "`brew install pango`"
    packages = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
    return f"`apt-get install {packages}` as root on Debian or Ubuntu, or Pango of your system"


class _Printer:
    """A process that prints, and the pipe to it."""

    def __init__(self) -> None:
        # Of its own, so that nothing stays behind when it is killed.
        self._scratch = tempfile.mkdtemp(prefix="foyer-print-")
        self._orders, theirs = Pipe()
        known = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        home = str(settings.BASE_DIR)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell.
                [sys.executable, "-m", "billing.printer", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                cwd=home,
                env={
                    **known,
                    "PYTHONPATH": os.pathsep.join([*_PYTHONPATH, home]),
                    "PYTHONUTF8": "1",
                    "TMPDIR": self._scratch,
                },
                stdin=subprocess.DEVNULL,
            )
        self._left = _PER_PROCESS
        self._await_start()

    def _await_start(self) -> None:
        try:
            ready = self._orders.poll(_SECONDS_TO_START) and self._orders.recv_bytes()
        except (EOFError, OSError):
            ready = b""
        if ready == b"ready":
            return
        self.close()
        if ready:
            message = f"PDFs cannot be made here yet: install Pango with {how_to_get_pango()}."
            raise PrintingUnavailable(message)
        raise PrintingFailed("The process that prints did not start.")

    def print(self, messages: list[bytes], limits: Limits) -> bytes:
        self._left -= 1
        try:
            for message in messages:
                self._orders.send_bytes(message)
            if not self._orders.poll(limits.seconds):
                raise TookTooLongToPrint(
                    f"The document took more than {limits.seconds:g} seconds to print. "
                    "Choose a shorter period."
                )
            trouble = json.loads(self._orders.recv_bytes())["trouble"]
            made = self._orders.recv_bytes()
        except (EOFError, OSError) as error:
            # Killed by the system, which is short of memory.
            raise _too_large() from error
        if trouble == "memory" or len(made) > limits.pdf_bytes:
            raise _too_large()
        if trouble:
            raise PrintingFailed(trouble)
        return made

    @property
    def is_usable(self) -> bool:
        return self._left > 0 and self._process.poll() is None

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._orders.close()
        shutil.rmtree(self._scratch, ignore_errors=True)


def _too_large() -> TooLargeToPrint:
    return TooLargeToPrint("The document is too large to print. Choose a shorter period.")


_turns = BoundedSemaphore(AT_A_TIME)
_lock = Lock()
_idle: list[_Printer] = []


def _take() -> _Printer:
    while True:
        with _lock:
            printer = _idle.pop() if _idle else None
        if printer is None:
            return _Printer()
        if printer.is_usable:
            return printer
        printer.close()


def _give_back(printer: _Printer) -> None:
    with _lock:
        _idle.append(printer)


def close_all() -> None:
    """End the processes that wait for orders."""
    with _lock:
        while _idle:
            _idle.pop().close()


atexit.register(close_all)
# A process that was forked must not speak into its parent's pipes.
os.register_at_fork(after_in_child=_idle.clear)
