"""Which folders may be trusted. The folder of the socket is the lock on the door."""

import os
import stat
from pathlib import Path

from config.embedded.errors import EmbeddedServerError

# Where root keeps what the server must reach when Foyer itself lies in a private folder.
SYSTEM_FOLDER = Path("/var/lib/foyer")


def closed_part(path: Path) -> Path | None:
    """The first folder on the way to `path`, itself included, that other accounts cannot pass."""
    for part in [*reversed(path.parents), path]:
        if not part.stat().st_mode & stat.S_IXOTH:
            return part
    return None


def require_own(folder: Path, *, uid: int) -> None:
    """Refuse a folder that somebody else made, or may write to."""
    found = _real_folder(folder)
    if found.st_uid != uid:
        raise EmbeddedServerError(
            f"The folder {folder} belongs to another account (number {found.st_uid}). "
            "Start Foyer as that account, or set FOYER_HOME to another folder."
        )
    if found.st_mode & 0o022:
        raise EmbeddedServerError(
            f"Other accounts may write to the folder {folder}. "
            f"Close it (chmod go-w) or set FOYER_HOME to another folder."
        )


def require_private(folder: Path, *, uid: int) -> None:
    """Refuse a folder that anybody but its owner may as much as enter."""
    require_own(folder, uid=uid)
    if folder.lstat().st_mode & 0o077:
        raise EmbeddedServerError(
            f"Other accounts may enter the folder {folder}, which guards the database's socket. "
            "Close it (chmod 700) and start again."
        )


def make_for_root(folder: Path) -> None:
    """Make a folder that only root can have made, all the way up."""
    for part in [*reversed(folder.parents), folder]:
        if not os.path.lexists(part):
            part.mkdir()
            part.chmod(0o755)
        require_of_root(part)


def require_of_root(folder: Path) -> None:
    """Refuse a folder that anybody but root could have planted or can swap."""
    found = _real_folder(folder)
    # In a sticky folder such as /tmp nobody can swap what belongs to somebody else.
    is_open = found.st_mode & 0o022 and not found.st_mode & stat.S_ISVTX
    if found.st_uid != 0 or is_open:
        raise EmbeddedServerError(
            f"The folder {folder} must belong to root and be closed to writers. "
            "Look at who made it, remove it and start again."
        )


def _real_folder(folder: Path) -> os.stat_result:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise EmbeddedServerError(
            f"{folder} is not a folder. Look at who put it there, remove it and start again."
        )
    return found
