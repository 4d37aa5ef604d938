"""What the operating system has to bring: Python's venv, Pango for PDFs, a browser for tests."""

import contextlib
import ctypes
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config.door.places import Places
from config.door.processes import StepFailed, meanwhile, run_step
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


# With the package lists at hand, or with fresh ones where those are missing or outdated.
APT = """
apt() { apt-get -q -y -o DPkg::Lock::Timeout=120 "$@"; }
install() { apt install --no-install-recommends "$@"; }
install "$@" || { apt update && install "$@"; }
"""


def _installation(places: Places, packages: list[str]) -> dict[str, Any]:
    return {
        # Ended half way, dpkg would leave a machine that needs repair.
        "to_its_end": True,
        "command": ["/bin/sh", "-c", APT, "sh", *packages],
        "log": places.logs / "apt.log",
        "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"},
    }


def provide_venv(places: Places, *, lock: int) -> None:
    if not has_venv() and may_install():
        with contextlib.suppress(StepFailed):
            run_step(
                "Installing Python's venv",
                **_installation(places, ["python3-venv"]),
                pass_fds=(lock,),
            )
    if not has_venv():
        raise Trouble(_how_to_get_venv())


@contextlib.contextmanager
def pango_meanwhile(places: Places, *, lock: int) -> Iterator[None]:
    """Install Pango beside the work inside; without it only PDFs cannot be made."""
    if has_pango():
        yield
        return
    if may_install():
        installation = _installation(places, PANGO)
        with meanwhile("Installing Pango for PDFs", **installation, pass_fds=(lock,)):
            yield
    else:
        yield
    if not has_pango():
        say(_how_to_get_pango())


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
            run_step("Installing Chromium", **_installation(places, ["chromium"]))
    return browser()
