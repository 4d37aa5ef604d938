"""Makes the files of a new database: all of them or none."""

import os
import shutil
import subprocess
from pathlib import Path

from config.embedded import accounts, processes
from config.embedded.errors import EmbeddedServerError, disk_full
from config.embedded.placing import MAJOR

# Run while no server does. The superuser can therefore be kept out of every running one.
STATEMENTS = """\
CREATE ROLE foyer LOGIN CREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS;
CREATE DATABASE foyer OWNER foyer;
"""


def ensure(place: Path, binaries: Path, lock: int) -> None:
    """Make the files unless they are there. `lock` is held until every helper has ended."""
    data = place / "data"
    if data.exists():
        _require_same_major(data)
        return
    fresh = place / "data.new"
    if fresh.exists():
        shutil.rmtree(fresh)
    _fill(fresh, binaries, lock)
    _give(fresh, accounts.server_account())
    fresh.rename(data)
    _sync(place)


def _require_same_major(data: Path) -> None:
    version = (data / "PG_VERSION").read_text().strip()
    if version != MAJOR:
        raise EmbeddedServerError(
            f"The database in {data} was made by PostgreSQL {version}, and this is {MAJOR}. "
            "Move it with pg_dump of the old version, or set FOYER_HOME to another folder."
        )


def _fill(fresh: Path, binaries: Path, lock: int) -> None:
    maker = accounts.maker_account()
    accounts.login_name()
    fresh.mkdir(mode=0o700)
    os.chown(fresh, maker.uid, maker.gid)
    initdb: list[str | Path] = [binaries / "initdb", "-D", fresh, "-U", "postgres", "-A", "reject"]
    locale = ["-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    _require_success(processes.run([*initdb, *locale], maker, pass_fds=[lock]), fresh)
    single: list[str | Path] = [binaries / "postgres", "--single", "-D", fresh]
    single += ["-c", "exit_on_error=on", "postgres"]
    _require_success(processes.run(single, maker, input=STATEMENTS, pass_fds=[lock]), fresh)


def _require_success(ended: subprocess.CompletedProcess[str], fresh: Path) -> None:
    if ended.returncode == 0:
        return
    shutil.rmtree(fresh, ignore_errors=True)
    if "No space left on device" in ended.stdout:
        raise disk_full(fresh.parent)
    raise EmbeddedServerError(
        f"PostgreSQL could not make a database in {fresh.parent}. It said: {ended.stdout.strip()}"
    )


def _give(tree: Path, account: accounts.Account) -> None:
    if not accounts.is_root():
        return
    for folder, _, files in os.walk(tree):
        for path in [folder, *(os.path.join(folder, file) for file in files)]:
            os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _sync(folder: Path) -> None:
    """Bring a rename to the disk; everything below was synced by PostgreSQL."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
