"""Watches what is opened and connected to while something is made."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

# Notes every connection and every opened file while it prints what it is given.
WATCHED = """
import json, os, sys
from billing import printer

html = sys.stdin.read()
order = printer.Order(html, bytes.fromhex(sys.argv[1]), False, b"x")
# Once before, so that what the program reads of itself is read.
printer.make(order)
seen = []
def note(event, args):
    if event == "open" or event.startswith(("socket.", "subprocess.", "os.exec", "urllib.")):
        seen.append([event, str(args[0])])
sys.addaudithook(note)
made = printer.make(order)
note = seen.copy()
print(json.dumps({"seen": note, "size": len(made), "fonts": str(printer.FONTS)}))
"""

_CONNECTING = ("socket.", "subprocess.", "os.exec", "urllib.")


def watched(html: str, picture: bytes = b"") -> list[list[str]]:
    """What was connected to or opened while `html` was printed, by name of the event."""
    command = [sys.executable, "-c", WATCHED, picture.hex()]
    home = str(settings.BASE_DIR)
    run = subprocess.run(
        command, input=html, capture_output=True, text=True, cwd=home, env={"PYTHONPATH": home}
    )
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["size"] > 1000
    return told["seen"]


@contextmanager
def watching() -> Iterator[list[list[str]]]:
    """The same of what is made in this process; a hook of Python stays, and listens no longer."""
    seen: list[list[str]] = []
    is_on = True

    def note(event: str, args: tuple[object, ...]) -> None:
        if is_on and (event == "open" or event.startswith(_CONNECTING)):
            seen.append([event, str(args[0])])

    sys.addaudithook(note)
    yield seen
    is_on = False
