"""Homes for servers of their own: these tests never touch the one that the suite runs on."""

import shutil
import tempfile
from pathlib import Path

import pytest

from config.embedded.server import Server


@pytest.fixture
def public():
    """A folder every account can pass, which pytest's own is not."""
    folder = Path(tempfile.mkdtemp(prefix="foyer-test-", dir="/tmp")).resolve()
    folder.chmod(0o755)
    yield folder
    for place in [*folder.rglob("pg18"), *folder.glob("system/databases/*")]:
        Server(place.parent).stop("immediate")
    shutil.rmtree(folder)


@pytest.fixture
def home(public):
    return public / "home"


@pytest.fixture
def server(home):
    return Server(home)
