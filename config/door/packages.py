"""The Python environment, made from the hashed lock file and never trusted when half made."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from config.door import locks, system
from config.door.places import Places, write_private
from config.door.processes import StepFailed, run_step
from config.door.telling import Trouble, say

WAITING = "Another ./foyer is preparing the environment; waiting for it …"
NO_NETWORK = (
    "Failed to establish a new connection",
    "Temporary failure in name resolution",
    "Name or service not known",
    "nodename nor servname",
    "Max retries exceeded",
    "No matching distribution found",
    "timed out",
)


def prepare(places: Places, kind: str = "runtime") -> None:
    """Make the environment fit the lock file of `kind`: "runtime", or "dev" with the test tools."""
    places.make()
    if is_ready(places, kind):
        return
    with locks.held(places.run / "prepare.lock", while_waiting=WAITING) as lock:
        if not is_ready(places, kind):
            _install(places, kind, lock)


def is_ready(places: Places, kind: str) -> bool:
    stamp = _read_stamp(places)
    return _is_whole(places, stamp) and stamp.get(kind) == _digest(places.lock_file(kind))


def has_tools(places: Places) -> bool:
    """Whether the test tools lie in the environment, of whatever lock file."""
    return bool(_read_stamp(places).get("dev"))


def _is_whole(places: Places, stamp: dict[str, Any]) -> bool:
    """The last installation ended well, the folder was not moved, and its Python is still there."""
    python = places.python
    return (
        stamp.get("place") == str(places.venv)
        and python.exists()
        and stamp.get("python") == os.path.realpath(python)
    )


def _install(places: Places, kind: str, lock: int) -> None:
    """Every program inherits `lock`: it stays held until that ended, even when we are killed."""
    whole = _is_whole(places, _read_stamp(places))
    # From here until the end the environment is half made.
    _stamp(places).unlink(missing_ok=True)
    uv = working_uv()
    if not uv and not whole:
        system.provide_venv(places, lock=lock)
    with system.pango_meanwhile(places, lock=lock):
        if not (uv and _with_uv(places, uv, kind, whole=whole, lock=lock)):
            _with_pip(places, kind, whole=whole and not uv, lock=lock)
    _write_stamp(places, kind)


def working_uv() -> str | None:
    """A uv on the PATH that at least starts."""
    uv = shutil.which("uv")
    try:
        if (
            uv
            and subprocess.run([uv, "--version"], capture_output=True, timeout=20).returncode == 0
        ):
            return uv
    except (OSError, subprocess.TimeoutExpired):
        pass
    return None


def _with_uv(places: Places, uv: str, kind: str, *, whole: bool, lock: int) -> bool:
    env = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}
    log = places.logs / "install.log"
    try:
        if not whole:
            _clear(places)
            make = [uv, "venv", "--python", sys.executable, "--no-project", str(places.venv)]
            run_step("Making the Python environment", make, log=log, env=env, pass_fds=(lock,))
        install = [uv, "pip", "install", "--python", str(places.python)]
        install += ["--require-hashes", "--no-deps", "-r", str(places.lock_file(kind))]
        run_step(_title(kind), install, log=log, env=env, pass_fds=(lock,))
    except StepFailed:
        say(f"uv could not do it (see {log}); going on with pip.")
        return False
    return True


def _with_pip(places: Places, kind: str, *, whole: bool, lock: int) -> None:
    log = places.logs / "install.log"
    if not (whole and (places.venv / "bin" / "pip").exists()):
        _clear(places)
        system.provide_venv(places, lock=lock)
        make = [sys.executable, "-m", "venv", str(places.venv)]
        run_step("Making the Python environment", make, log=log, pass_fds=(lock,))
    # The lock file names every package, so nothing is left to resolve; bytecode is made at use.
    install = [str(places.python), "-m", "pip", "install", "--require-hashes", "--no-deps"]
    install += ["--no-compile", "--only-binary", ":all:", "--progress-bar", "off"]
    install += ["--disable-pip-version-check", "--no-input", "-r", str(places.lock_file(kind))]
    env = {**os.environ, "PIP_USER": "0"}
    try:
        run_step(_title(kind), install, log=log, env=env, pass_fds=(lock,))
    except StepFailed as failure:
        raise _explained(failure, log) from failure


def _title(kind: str) -> str:
    return "Installing packages" if kind == "runtime" else "Installing packages and test tools"


def _explained(failure: StepFailed, log: Path) -> Trouble:
    if "DO NOT MATCH THE HASHES" in failure.output:
        return Trouble(
            "A downloaded package is not the one that the lock file names, so nothing was "
            f"installed. Check your package index; what pip said is in {log}."
        )
    if "No space left on device" in failure.output:
        return Trouble("The disk is full. Free about 500 MB and start ./foyer again.")
    if any(sign in failure.output for sign in NO_NETWORK):
        return Trouble(
            "The packages cannot be fetched: the package index does not answer or lacks one for "
            "this Python. Check the network, or name a mirror with PIP_INDEX_URL, and start "
            f"./foyer again; what pip said is in {log}."
        )
    return failure


def _clear(places: Places) -> None:
    if places.venv.is_symlink() or places.venv.is_file():
        places.venv.unlink()
    shutil.rmtree(places.venv, ignore_errors=True)


def _digest(lock_file: Path) -> str:
    return hashlib.sha256(lock_file.read_bytes()).hexdigest()


def _stamp(places: Places) -> Path:
    return places.venv / "foyer-stamp.json"


def _read_stamp(places: Places) -> dict[str, Any]:
    try:
        stamp = json.loads(_stamp(places).read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _write_stamp(places: Places, kind: str) -> None:
    """The test tools' lock file holds everything that the runtime's does."""
    kinds = ["runtime", "dev"] if kind == "dev" else ["runtime"]
    stamp = {name: _digest(places.lock_file(name)) for name in kinds}
    stamp |= {"place": str(places.venv), "python": os.path.realpath(places.python)}
    write_private(_stamp(places), json.dumps(stamp, indent=2))
