"""What can keep the embedded server from running, each told in words that say what to do next."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class EmbeddedServerError(Exception):
    """The embedded server cannot run. The message is one for people."""


def disk_full(folder: Path) -> EmbeddedServerError:
    return EmbeddedServerError(
        f"The disk that holds {folder} is full. Free some space on it and start again."
    )


@contextmanager
def told_in_a_sentence(folder: Path) -> Iterator[None]:
    """Turn what the operating system refuses below `folder` into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise disk_full(folder) from error
        raise EmbeddedServerError(
            f"The folder {folder} cannot be written ({error.strerror}). "
            "Make it writable, or set FOYER_HOME to another folder."
        ) from error
