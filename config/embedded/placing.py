"""Where the database of a home lies, and where its socket."""

import hashlib
import os
import secrets
from pathlib import Path

from config.embedded import folders
from config.embedded.accounts import Account, is_root
from config.embedded.errors import EmbeddedServerError

MAJOR = "18"
PORT = 5432

# 104 bytes on macOS and 108 on Linux, the closing zero included.
LONGEST_SOCKET_PATH = 103


def entry(home: Path) -> Path:
    """The folder as the home names it. The major is in the name: an upgrade gets a new folder."""
    return home / f"pg{MAJOR}"


def find(home: Path) -> Path:
    """The real folder, which the entry may only point to."""
    return entry(home).resolve()


def prepare(home: Path, account: Account) -> Path:
    """Make the folder of the database where the server can reach it."""
    if not os.path.lexists(entry(home)):
        _make(home)
    place = find(home)
    if not place.exists():
        raise EmbeddedServerError(
            f"{entry(home)} leads to {place}, which is gone. Bring that folder back, "
            f"or remove {entry(home)} to begin with an empty database."
        )
    folders.require_own(place, uid=os.geteuid())
    if is_root():
        # Root's own, so that the server cannot change its configuration; it may only pass.
        os.chown(place, 0, account.gid)
        place.chmod(0o710)
        _require_reachable(place)
    return place


def _make(home: Path) -> None:
    if not is_root() or folders.closed_part(home) is None:
        entry(home).mkdir(mode=0o700)
        return
    # A name used once: a home that is removed and made again must not find its former rows.
    place = folders.SYSTEM_FOLDER / "databases" / secrets.token_hex(8)
    folders.make_for_root(place)
    entry(home).symlink_to(place)


def _require_reachable(place: Path) -> None:
    closed = folders.closed_part(place.parent)
    if closed:
        raise EmbeddedServerError(
            f"The folder {closed} was closed, and the database below it cannot be reached by the "
            f"account that runs it. Open it again (chmod o+x), or set FOYER_HOME to another folder."
        )


def socket_folder(place: Path, account: Account) -> Path:
    """Beside the data, or in a short place where the path would not fit into a socket's address."""
    folder = place / "s"
    if _fits(folder):
        return folder
    digest = hashlib.sha256(os.fsencode(place)).hexdigest()[:16]
    if is_root():
        return folders.SYSTEM_FOLDER / "sockets" / digest
    # Not TMPDIR: two processes of one account may differ in it, and must meet here.
    return Path("/tmp").resolve() / f"foyer-{account.uid}-{digest}"


def _fits(folder: Path) -> bool:
    """Whether libpq can be told of the folder; it takes a comma for the end of a host."""
    path = os.fsencode(folder / f".s.PGSQL.{PORT}")
    return len(path) <= LONGEST_SOCKET_PATH and b"," not in path


def prepare_socket_folder(place: Path, account: Account) -> Path:
    folder = socket_folder(place, account)
    if is_root() and folder.parent != place:
        folders.make_for_root(folder.parent)
    if not os.path.lexists(folder):
        _make_socket_folder(folder, account)
    folders.require_private(folder, uid=account.uid)
    return folder


def _make_socket_folder(folder: Path, account: Account) -> None:
    if not is_root():
        folder.mkdir(mode=0o700)
        return
    # It gets its name with its owner: a client that looks in between would refuse it.
    fresh = folder.with_name(f"{folder.name}.new")
    fresh.mkdir(mode=0o700, exist_ok=True)
    os.chown(fresh, account.uid, account.gid)
    fresh.rename(folder)
