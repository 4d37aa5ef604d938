"""`./foyer test`: the suite, and the browser tests in a process of their own."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from config.door import instance, packages, system
from config.door.places import Places, environment
from config.door.telling import say

BROWSER_TESTS = "tests/browser"
PICTURED = f"{BROWSER_TESTS}/test_every_page.py"
# Each has a database of its own, on one server of 100 connections.
MOST_WORKERS = 4
# Somebody looks on, or has said how many.
ALONE = ("-n", "-s", "--pdb", "--trace")
NOTHING_COLLECTED = 5  # pytest's exit code for it.


def test(places: Places, arguments: list[str]) -> int:
    """Named paths choose the process they belong to; without any, both take the arguments."""
    packages.prepare(places, "dev")
    paths = [word for word in arguments if _is_path(places, word)]
    in_browser = [path for path in paths if path.removeprefix("./").startswith(BROWSER_TESTS)]
    codes = []
    try:
        if not in_browser:
            codes.append(_suite(places, [*_workers(places, paths, arguments), *arguments]))
        if in_browser or not paths:
            codes += _browser(places, arguments, named=bool(in_browser))
    finally:
        instance.stop_database(places)
    return verdict(codes)


def shots(places: Places, arguments: list[str]) -> int:
    """Pictures of every page of the portal, for somebody to look at."""
    packages.prepare(places, "dev")
    folder = places.home / "shots"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        code = verdict(_browser(places, [PICTURED, *arguments], named=True, shots=folder))
    finally:
        instance.stop_database(places)
    say(f"{len(list(folder.glob('*.png')))} pictures lie in {folder}.")
    return code


def verdict(codes: list[int]) -> int:
    """The first failure. A part without tests is no failure beside a part that ran some."""
    ran = [code for code in codes if code != NOTHING_COLLECTED]
    return next((code for code in ran if code), 0 if ran else NOTHING_COLLECTED)


def _is_path(places: Places, word: str) -> bool:
    return not word.startswith("-") and (places.root / word.split("::")[0]).exists()


def _workers(places: Places, paths: list[str], arguments: list[str]) -> list[str]:
    """One for each core, unless single files are named: those are sooner done than workers begun.

    The tests of a file stay together: many share what the first of them made.
    """
    count = min(os.cpu_count() or 1, MOST_WORKERS)
    single = paths and not any((places.root / path).is_dir() for path in paths)
    if count == 1 or single or any(word.startswith(ALONE) for word in arguments):
        return []
    return ["-n", str(count), "--dist", "loadfile"]


def _suite(places: Places, arguments: list[str]) -> int:
    # Playwright's plugin brings an event loop that breaks asyncio.run in other tests.
    return _pytest(places, ["-p", "no:playwright", "-m", "not browser", *arguments])


def _browser(
    places: Places, arguments: list[str], *, named: bool, shots: Path | None = None
) -> list[int]:
    if not (places.root / BROWSER_TESTS).is_dir():
        return []
    chromium = system.provide_browser(places)
    if not chromium:
        say("The browser tests are skipped: no Chromium is installed.")
        return []
    where = [] if named else [BROWSER_TESTS]
    output = ["--output", str(places.cache / "browser")]
    more = {"FOYER_CHROMIUM": chromium, **({"FOYER_SHOTS": str(shots)} if shots else {})}
    return [_pytest(places, ["-m", "browser", *output, *where, *arguments], **more)]


def _pytest(places: Places, arguments: list[str], **more: str) -> int:
    env = {**environment(places), **more}
    env["HYPOTHESIS_STORAGE_DIRECTORY"] = str(places.cache / "hypothesis")
    cache = ["-o", f"cache_dir={places.cache / 'pytest'}"]
    command = [str(places.python), "-m", "pytest", *cache, *arguments]
    process = subprocess.Popen(command, cwd=places.root, env=env)
    try:
        return process.wait()
    except KeyboardInterrupt:
        return _let_it_finish(process)


def _let_it_finish(process: subprocess.Popen[bytes]) -> int:
    """A terminal's Ctrl-C reached pytest as well; another signal to us did not."""
    if not sys.stdin.isatty():
        process.send_signal(signal.SIGINT)
    with contextlib.suppress(KeyboardInterrupt):
        return process.wait(60)
    process.kill()
    return process.wait()
