"""A house of cardboard: the real door, before rooms that start in no time and need no package."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CARDBOARD = Path(__file__).parent / "cardboard"
# Bare system folders: no uv of the machine.
SYSTEM = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class House:
    def __init__(self, folder):
        self.root = folder / "check out"
        self.home = folder / "state"
        self.tools = folder / "tools"
        self.tools.mkdir(parents=True)
        shutil.copytree(CARDBOARD / "rooms", self.root)
        shutil.copytree(ROOT / "config" / "door", self.root / "config" / "door")
        shutil.copy(ROOT / "foyer", self.root / "foyer")
        self.port = free_port()
        self.give("uv")
        self.give("apt-get")
        self.started = []

    def give(self, tool):
        """Put a cardboard program on the PATH."""
        target = self.tools / tool
        text = (CARDBOARD / "tools" / tool).read_text()
        target.write_text(text.replace("{python}", sys.executable))
        target.chmod(0o755)

    def env(self, **more):
        kept = {"HOME", "LANG", "TMPDIR", "SSL_CERT_FILE"}
        env = {name: value for name, value in os.environ.items() if name in kept}
        env |= {"PATH": f"{self.tools}:{SYSTEM}", "FOYER_HOME": str(self.home)}
        env |= {"CALLS": str(self.tools / "calls")}
        return env | more

    def door(self, *arguments, timeout=60, **env):
        """Run ./foyer to its end."""
        return subprocess.run(
            [sys.executable, self.root / "foyer", *arguments],
            env=self.env(**env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def open(self, *arguments, **env):
        """Start ./foyer and come back while it runs; its output goes to a file."""
        log = (self.tools / f"output-{len(self.started)}").open("w+")
        process = subprocess.Popen(
            [sys.executable, self.root / "foyer", *arguments],
            env=self.env(**env),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
        process.log = Path(log.name)
        log.close()
        self.started.append(process)
        return process

    def open_and_serve(self, *arguments, **env):
        process = self.open("run", "--port", str(self.port), *arguments, **env)
        until(lambda: "Ctrl-C stops it." in process.log.read_text(), process)
        return process

    def calls(self, tool):
        """The command lines that a cardboard program was given, one string each."""
        path = self.tools / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line.removeprefix(f"{tool} ") for line in lines if line.startswith(f"{tool} ")]

    def record(self):
        return json.loads((self.home / "run" / "foyer.json").read_text())

    def pid(self, service):
        return self.record()["services"][service][0]

    def close(self):
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path)
    yield house
    house.close()


@pytest.fixture(scope="session")
def root():
    return ROOT


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(is_so, process=None, seconds=30):
    """Wait for something that must come; show the door's output when it does not."""
    deadline = time.monotonic() + seconds
    while not is_so():
        output = process.log.read_text() if process else ""
        assert process is None or process.poll() is None, output
        assert time.monotonic() < deadline, output
        time.sleep(0.03)


def is_alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"
