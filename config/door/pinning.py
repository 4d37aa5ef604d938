"""`./foyer lock`: the lock files, with hashes and without the address of any package index."""

import re
import subprocess

from config.door import packages
from config.door.places import Places
from config.door.telling import Trouble, say

COMMON = ["--generate-hashes", "--no-emit-index-url", "--universal", "--python-version", "3.11"]
COMMON += ["--custom-compile-command", "./foyer lock", "--quiet"]
ADDRESS = re.compile(r"--(extra-)?index-url|--find-links|\w+://")


def lock(places: Places, arguments: list[str]) -> int:
    """Arguments such as --upgrade or --upgrade-package NAME go to uv."""
    uv = _uv(places)
    # Both files pin the same version of what they share: one environment serves both.
    shared = ["--constraint", "requirements.lock", "--group", "dev"]
    _compile(places, [uv, "requirements.lock", *arguments])
    _compile(places, [uv, "requirements-dev.lock", *shared, *arguments])
    return 0


def _uv(places: Places) -> str:
    uv = packages.working_uv()
    if not uv:
        packages.prepare(places, "dev")
        uv = str(places.venv / "bin" / "uv")
    return uv


def _compile(places: Places, words: list[str]) -> None:
    uv, name, *more = words
    command = [uv, "pip", "compile", "pyproject.toml", *COMMON, "-o", name, *more]
    if subprocess.run(command, cwd=places.root, check=False).returncode:
        raise Trouble(f"{name} could not be made; uv said why above.")
    refuse_addresses(name, (places.root / name).read_text())
    say(f"{name} is up to date.")


def refuse_addresses(name: str, text: str) -> None:
    found = ADDRESS.search(text)
    if found:
        line = text[: found.start()].count("\n") + 1
        raise Trouble(
            f"{name} names a package index in line {line}, which would bind everybody to it. "
            "Remove the address from uv's settings and run ./foyer lock again."
        )
