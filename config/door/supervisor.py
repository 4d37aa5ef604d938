"""Keeps services alive, passes their output on, and ends them together."""

import contextlib
import os
import selectors
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from config.door.service import Service
from config.door.telling import Trouble

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Supervisor:
    """Use as a context manager: signals are caught inside it, and leaving it ends everything."""

    DEATHS_AT_START = 4
    GRACE = 10.0

    def __init__(
        self,
        services: Iterable[Service],
        *,
        env: dict[str, str],
        cwd: Path,
        show: Callable[[str], None],
        changed: Callable[[dict[str, int]], None],
    ) -> None:
        """`show` gets every line to print, `changed` the pids by name after each start."""
        self.services = list(services)
        self.env = env
        self.cwd = cwd
        self.show = show
        self.changed = changed
        self.signals = 0

    def __enter__(self) -> "Supervisor":
        self._selector = selectors.DefaultSelector()
        # Python writes a byte here for every signal, so that a sleeping select wakes up.
        self._wake, self._woken = os.pipe()
        for end in (self._wake, self._woken):
            os.set_blocking(end, False)
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._old_wakeup = signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        # nohup, and a script that starts us in its background, ask to be spared a signal.
        heard = [s for s in STOP_SIGNALS if signal.getsignal(s) != signal.SIG_IGN]
        self._old_handlers = {number: signal.signal(number, self._note) for number in heard}
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
        for number, handler in self._old_handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._old_wakeup)
        self._selector.close()
        os.close(self._wake)
        os.close(self._woken)

    def _note(self, number: int, frame: object) -> None:
        self.signals += 1

    def start(self) -> None:
        for service in self.services:
            self._start(service)

    def wait_until(self, is_healthy: Callable[[], bool], *, patience: float) -> bool:
        """False when a signal came first. Whoever keeps dying meanwhile is named as the trouble."""
        until = time.monotonic() + patience
        while not self.signals:
            if is_healthy():
                return True
            if time.monotonic() > until:
                raise Trouble(f"Foyer did not become healthy within {patience:.0f} s.")
            self._turn(0.1)
            self._revive()
            self._give_up_on_the_dying()
        return False

    def watch(self) -> None:
        """Until a signal comes."""
        while not self.signals:
            self._turn(self._seconds_to_next_start())
            self._revive()

    def stop(self) -> None:
        """Ask every process to end; kill what is left after the grace, or at a second signal."""
        enough = 2 if self.signals else 1
        until = time.monotonic() + self.GRACE
        for service in self._living():
            service.terminate()
        while self._living() and time.monotonic() < until and self.signals < enough:
            self._turn(0.1)
        for service in self._living():
            service.kill()
        for service in self.services:
            if service.process:
                self._bury(service)

    def _living(self) -> list[Service]:
        return [service for service in self.services if service.is_running]

    def _start(self, service: Service) -> None:
        service.start(env=self.env, cwd=self.cwd)
        self._selector.register(service.output, selectors.EVENT_READ, service)
        self.changed({s.name: s.process.pid for s in self.services if s.process})

    def _revive(self) -> None:
        for service in self.services:
            if service.process and not service.is_running:
                ended = self._bury(service)
                delay = service.postpone()
                self.show(f"{service.name} ended ({ended}); starting it again in {delay:.1f} s.")
            elif not service.process and time.monotonic() >= service.next_start:
                self._start(service)

    def _give_up_on_the_dying(self) -> None:
        for service in self.services:
            if service.deaths >= self.DEATHS_AT_START:
                last = "\n".join(f"  {line}" for line in service.last_lines)
                raise Trouble(
                    f"Foyer's {service.name} process keeps ending at its start. "
                    f"Its last lines were:\n{last}"
                )

    def _bury(self, service: Service) -> str:
        # A grandchild may hold the pipe open, so its end is not waited for.
        while self._pass_on(service):
            pass
        with contextlib.suppress(KeyError):
            self._selector.unregister(service.output)
        return service.bury()

    def _turn(self, seconds: float) -> None:
        """Sleep until there is output or a signal, and show the output."""
        for key, _ in self._selector.select(seconds):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake, 512)
            else:
                self._pass_on(key.data)

    def _pass_on(self, service: Service) -> bool:
        """Show what a service printed; whether there may be more."""
        lines, at_end = service.read_lines()
        for line in lines:
            self.show(f"{service.name:<6} | {line}")
        if at_end:
            with contextlib.suppress(KeyError):
                self._selector.unregister(service.output)
        return bool(lines) and not at_end

    def _seconds_to_next_start(self) -> float:
        waiting = [s.next_start - time.monotonic() for s in self.services if not s.process]
        return max(0.0, min([1.0, *waiting]))
