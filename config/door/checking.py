"""`./foyer check`: everything that can be found wrong without running a test."""

import secrets
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from config.door import instance, packages
from config.door.places import Places, environment
from config.door.telling import Trouble

# The linters find the modules by themselves, but this one has no ending.
DOOR = "foyer"
LINT_IMPORTS = "from importlinter.cli import lint_imports_command as main; main()"


@dataclass(frozen=True)
class Check:
    name: str
    command: list[str]
    env: dict[str, str] = field(default_factory=dict)


def checks(places: Places) -> list[Check]:
    cache = places.cache
    production = {
        "FOYER_URL": "https://foyer.example",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "SECRET_KEY_FILE": "",
    }
    deploy = ["manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    imports = ["-c", LINT_IMPORTS, "--no-logo", "--cache-dir", str(cache / "imports")]
    return [
        Check("Formatting", ["-m", "ruff", "format", "--check", ".", DOOR]),
        Check("Lint", ["-m", "ruff", "check", "--quiet", ".", DOOR]),
        Check("Import contracts", imports),
        Check("Migrations", ["manage.py", "makemigrations", "--check", "--dry-run"]),
        Check("Types", ["-m", "mypy", "."]),
        Check("Templates", ["-m", "djlint", "--lint", "--quiet", "templates"]),
        Check("Deployment", deploy, production),
    ]


def check(places: Places, arguments: list[str]) -> int:
    if arguments:
        raise Trouble("./foyer check takes no arguments.")
    packages.prepare(places, "dev")
    caches = {
        "RUFF_CACHE_DIR": str(places.cache / "ruff"),
        "MYPY_CACHE_DIR": str(places.cache / "mypy"),
    }
    env = {**environment(places), **caches}
    try:
        passed = [_passes(one, places, env, print) for one in checks(places)]
    finally:
        instance.stop_database(places)
    return 0 if all(passed) else 1


def _passes(one: Check, places: Places, env: dict[str, str], show: Callable[[str], None]) -> bool:
    began = time.monotonic()
    result = subprocess.run(
        [str(places.python), *one.command],
        cwd=places.root,
        env={**env, **one.env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    passed = result.returncode == 0
    verdict = "ok" if passed else "failed"
    show(f"{one.name:<17} {verdict} ({time.monotonic() - began:.1f} s)")
    if not passed:
        show(result.stdout.rstrip() + "\n")
    return passed
