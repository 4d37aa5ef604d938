"""Turns HTML into PDF without a network, within limits of time and size.

WeasyPrint runs in a process of its own (billing.printer) that stays, because it takes seconds to
warm up, and is killed when a document takes too long.
"""

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
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
# Who was given less than this part of the time by the machine was not slow: the machine is busy.
_FAIR_SHARE = 0.3
# What the libraries need to be found; nothing that is secret.
_ENVIRONMENT = (
    *("PATH", "HOME", "LANG", "LC_ALL", "XDG_CACHE_HOME", "FONTCONFIG_FILE", "FONTCONFIG_PATH"),
    *("LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "PYTHONPYCACHEPREFIX"),
)

_PYTHONPATH: tuple[str, ...] = ()


class PrintingUnavailable(DomainError):
    """Nothing can be printed here now, and nobody who asks can help it.

    Pango is missing, or the process that prints did not start, was killed, or had no turn at the
    processor. The same document may well be printed later.
    """

    code = "pdf_unavailable"


class TooLargeToPrint(DomainError):
    """This document is, whenever it is asked for: by its text, its pages or the memory it takes."""

    code = "pdf_too_large"


class TookTooLongToPrint(DomainError):
    """This document does: the processor was working on it for most of the time there is."""

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


OnPage = Callable[[int], None]


def render(
    *documents: str,
    logo: bytes = b"",
    archive: bool = False,
    limits: Limits = LIMITS,
    on_page: OnPage = lambda page: None,
) -> bytes:
    """Print HTML, which may show the picture `foyer:logo` and otherwise fetches nothing.

    Several documents follow each other in one file, each with page numbers of its own. The result
    is tagged for screen readers (PDF/UA-1), or PDF/A-3a with `archive`. The same input gives the
    same bytes. `on_page` hears a few times a second which page is laid out; pages may be laid out
    twice. Raises PrintingUnavailable, TooLargeToPrint or TookTooLongToPrint.
    """
    # No text of ours holds this letter: PostgreSQL takes none.
    page = "\0".join(documents).encode()
    if len(page) > limits.html_bytes:
        raise _too_large()
    identifier = sha256(page + logo + bytes([archive])).hexdigest()[:32]
    head = {"archive": archive, "identifier": identifier, "seconds": limits.seconds + 5}
    with _turns:
        printer = _take()
        try:
            made = printer.print([json.dumps(head).encode(), page, logo], limits, on_page)
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
        # Of the processor, by what was printed before.
        self._seconds_used = 0.0
        self._await_start()

    def _await_start(self) -> None:
        try:
            ready = self._orders.recv_bytes() if self._orders.poll(_SECONDS_TO_START) else b""
        except (EOFError, OSError):
            ready = b""
        if ready.startswith(b"ready "):
            self._seconds_used = float(ready.split()[1])
            return
        self.close()
        if ready:
            message = f"PDFs cannot be made here yet: install Pango with {how_to_get_pango()}."
            raise PrintingUnavailable(message)
        raise PrintingUnavailable("The process that prints did not start. Try again later.")

    def print(
        self, messages: list[bytes], limits: Limits, on_page: OnPage = lambda page: None
    ) -> bytes:
        self._left -= 1
        deadline = time.monotonic() + limits.seconds
        for message in messages:
            self._send(message)
        while True:
            told = json.loads(self._answer(limits, deadline))
            if "page" not in told:
                break
            on_page(told["page"])
        made = self._answer(limits, deadline)
        trouble, self._seconds_used = told["trouble"], told["seconds_used"]
        if trouble == "memory" or len(made) > limits.pdf_bytes:
            raise _too_large()
        if trouble:
            raise PrintingFailed(trouble)
        return made

    def _send(self, message: bytes) -> None:
        try:
            self._orders.send_bytes(message)
        except OSError as error:
            raise self._died() from error

    def _answer(self, limits: Limits, deadline: float) -> bytes:
        try:
            if self._orders.poll(max(0.0, deadline - time.monotonic())):
                return self._orders.recv_bytes()
        except (EOFError, OSError) as error:
            raise self._died() from error
        raise self._too_late(limits.seconds)

    def _too_late(self, seconds: float) -> DomainError:
        """Whose fault it was: the document's, which kept the processor busy, or the machine's."""
        used = self._end() - self._seconds_used
        if used < seconds * _FAIR_SHARE:
            return PrintingUnavailable("This machine is too busy to print. Try again later.")
        return TookTooLongToPrint(
            f"The document took more than {seconds:g} seconds to print. Choose a shorter period."
        )

    def _died(self) -> DomainError:
        """A library that gets no more memory aborts; who is killed was killed by somebody else."""
        self._end()
        if self._process.returncode == -signal.SIGKILL:
            return PrintingUnavailable("The printing was interrupted. Try again later.")
        return _too_large()

    def _end(self) -> float:
        """Kill it, if it is there still; returns how many seconds of the processor it took."""
        if self._process.returncode is not None:
            return self._seconds_used
        # Popen's own ways do not tell what was used; who has ended by himself minds no signal.
        os.kill(self._process.pid, signal.SIGKILL)
        _, status, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        return usage.ru_utime + usage.ru_stime

    @property
    def is_usable(self) -> bool:
        return self._left > 0 and self._process.poll() is None

    def close(self) -> None:
        self._end()
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
