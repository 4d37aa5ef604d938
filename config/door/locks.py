"""Locks that the kernel lets go of when their holder ends, whatever ended it."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from config.door.telling import say


def take(path: Path) -> int | None:
    """The open lock file's descriptor, or None while another process holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


@contextlib.contextmanager
def held(path: Path, *, while_waiting: str) -> Iterator[int]:
    descriptor = take(path)
    if descriptor is None:
        say(while_waiting)
        descriptor = os.open(path, os.O_RDWR)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
