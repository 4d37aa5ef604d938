"""Migrating the database and filling an empty one, unless both are known to be done."""

import hashlib
import json
import os
import signal
from pathlib import Path
from typing import Any

from config.door import demo, services
from config.door.places import Places, write_private
from config.door.processes import ask_step, die_with_the_door, run_step

ANY_AGENCY = "from agencies.models import Agency; print(Agency.objects.exists())"


def looks_prepared(places: Places) -> bool:
    """Whether these very migrations ran on this database before, and it held an agency then.

    Only a reason to start at once: /readyz asks the database itself.
    """
    return _seal(places).exists() and _seal(places).read_text() == _fingerprint(places)


def prepare(places: Places, env: dict[str, str], *, with_demo: bool) -> bool:
    """Migrate, and make demo data where there is none. Whether there is an agency afterwards."""
    _seal(places).unlink(missing_ok=True)
    python = str(places.python)
    common: dict[str, Any] = {
        "log": places.logs / "database.log",
        "env": env,
        "cwd": places.root,
        "preexec_fn": die_with_the_door(signal.SIGTERM),
    }
    run_step("Bringing the database up to date", services.migrate(python), **common)
    if with_demo:
        answer = ask_step("Looking for data", [python, "manage.py", "demo", "--json"], **common)
        made = json.loads(answer.strip() or "{}")
        if made:
            demo.keep(places, made, url=env["FOYER_URL"], database=_database())
    else:
        question = [python, "manage.py", "shell", "--verbosity", "0", "--command", ANY_AGENCY]
        if "True" not in ask_step("Looking for data", question, **common):
            return False
    write_private(_seal(places), _fingerprint(places))
    return True


def demo_data(places: Places, *, url: str) -> dict[str, Any]:
    return demo.kept(places, url=url, database=_database())


def _seal(places: Places) -> Path:
    return places.run / "database"


def _fingerprint(places: Places) -> str:
    """Of our migrations, of the packages that bring their own, and of the database's address."""
    parts = hashlib.sha256(_database().encode())
    files = sorted(places.root.glob("*/migrations/*.py"))
    for file in [places.lock_file("runtime"), *files]:
        parts.update(f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}".encode())
    return parts.hexdigest()


def _database() -> str:
    """Which database it is; only a digest, since the address may hold a password."""
    return hashlib.sha256(os.environ.get("DATABASE_URL", "").strip().encode()).hexdigest()
