"""What the operating system has to bring: Python's venv, Pango for PDFs, a browser for tests."""

import contextlib
import ctypes
import importlib.util
import os
import shutil
import sys
from pathlib import Path

from config.door.places import Places
from config.door.processes import StepFailed, run_step
from config.door.telling import Trouble, say

PANGO = ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"]
LINUX_LIBRARIES = ["libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0"]
BROWSERS = ["chromium", "chromium-browser", "google-chrome"]


def families() -> set[str]:
    """{"debian"}, or {"ubuntu", "debian"} for what descends from it; empty elsewhere."""
    with contextlib.suppress(OSError):
        lines = Path("/etc/os-release").read_text().splitlines()
        pairs = dict(line.split("=", 1) for line in lines if "=" in line)
        words = f"{pairs.get('ID', '')} {pairs.get('ID_LIKE', '')}"
        return set(words.replace('"', "").split())
    return set()


def may_install() -> bool:
    return "debian" in families() and os.geteuid() == 0 and bool(shutil.which("apt-get"))


def install(places: Places, name: str, packages: list[str], *, locks: tuple[int, ...] = ()) -> None:
    """With the package lists at hand, or with fresh ones where those are missing or outdated."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    apt = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=120"]
    log = places.logs / "apt.log"
    command = [*apt, "install", "-y", "--no-install-recommends", *packages]
    try:
        run_step(f"Installing {name}", command, log=log, env=env, pass_fds=locks)
    except StepFailed:
        run_step(
            "Fetching Debian's package lists", [*apt, "update"], log=log, env=env, pass_fds=locks
        )
        run_step(f"Installing {name}", command, log=log, env=env, pass_fds=locks)


def provide(places: Places, *, venv: bool, lock: int) -> None:
    """Install what is missing, in one go: Pango, and Python's venv where `venv` is asked for."""
    no_venv = venv and not has_venv()
    no_pango = not has_pango()
    if may_install() and (no_venv or no_pango):
        wanted = [*(["python3-venv"] if no_venv else []), *(PANGO if no_pango else [])]
        with contextlib.suppress(StepFailed):
            install(places, " and ".join(_words(no_venv, no_pango)), wanted, locks=(lock,))
    if venv and not has_venv():
        raise Trouble(_how_to_get_venv())
    if no_pango and not has_pango():
        say(_how_to_get_pango())


def _words(no_venv: bool, no_pango: bool) -> list[str]:
    return [*(["Python's venv"] if no_venv else []), *(["Pango"] if no_pango else [])]


def has_venv() -> bool:
    importlib.invalidate_caches()
    return all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))


def has_pango() -> bool:
    if sys.platform == "darwin":
        folders = ("/opt/homebrew/lib", "/usr/local/lib")
        return any(Path(folder, "libpango-1.0.dylib").exists() for folder in folders)
    return all(_loads(library) for library in LINUX_LIBRARIES)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _how_to_get_venv() -> str:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if "debian" in families():
        return (
            "Python's venv is missing. Run `apt-get install python3-venv` as root "
            f"(or python{version}-venv for this Python), then start ./foyer again."
        )
    return f"This Python {version} has no venv module. Install it, then start ./foyer again."


def _how_to_get_pango() -> str:
    if sys.platform == "darwin":
        command = "`brew install pango`"
    elif "debian" in families():
        command = f"`apt-get install {' '.join(PANGO)}` as root"
    else:
        command = "your system's package manager"
    return f"Pango is missing, so PDFs cannot be made: install it with {command}. The rest works."


def browser() -> str | None:
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def provide_browser(places: Places) -> str | None:
    """The path of a Chromium. On Ubuntu the package is only a stub, so it is not tried there."""
    if not browser() and may_install() and "ubuntu" not in families():
        with contextlib.suppress(StepFailed):
            install(places, "Chromium for the browser tests", ["chromium"])
    return browser()
