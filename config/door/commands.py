"""The commands of ./foyer."""

import os
import signal
import sys
from collections.abc import Callable

from config.door import checking, instance, packages, pinning, running, testing
from config.door.places import Places, environment, find
from config.door.telling import Trouble, say

HELP = """\
Foyer, the client hub an agency hosts itself.

  ./foyer run [--port N] [--no-demo]   prepare what is missing and start it; Ctrl-C stops it
  ./foyer stop                         stop it from another terminal
  ./foyer test [pytest arguments]      run the test suite
  ./foyer shots                        make pictures of every page of the portal
  ./foyer check                        look for everything else that can be wrong
  ./foyer manage COMMAND ...           Django's and Foyer's own commands (manage help lists them)
  ./foyer lock [uv arguments]          renew the lock files, for example with --upgrade
  ./foyer help                         this page

Everything it makes lies in .foyer/ beside this file, or in the folder that FOYER_HOME names.
Other settings come from the environment: docs/deploy.md lists them.
"""
INTERRUPTED = 130


def manage(places: Places, arguments: list[str]) -> int:
    packages.prepare(places)
    command = [str(places.python), str(places.root / "manage.py"), *arguments]
    os.execve(command[0], command, environment(places))


def stop(places: Places, arguments: list[str]) -> int:
    if arguments:
        raise Trouble("./foyer stop takes no arguments.")
    done = instance.stop(places)
    instance.stop_database(places)
    say(done)
    return 0


def help_(places: Places, arguments: list[str]) -> int:
    sys.stdout.write(HELP)
    return 0


COMMANDS: dict[str, Callable[[Places, list[str]], int]] = {
    "run": running.run,
    "stop": stop,
    "test": testing.test,
    "shots": testing.shots,
    "check": checking.check,
    "manage": manage,
    "lock": pinning.lock,
    "help": help_,
    "--help": help_,
    "-h": help_,
}


def main(arguments: list[str]) -> int:
    name, *rest = arguments or ["help"]
    command = COMMANDS.get(name)
    if not command:
        say(f"./foyer has no command {name!r}. `./foyer help` lists what it has.")
        return 2
    _end_like_ctrl_c(signal.SIGTERM, signal.SIGHUP)
    try:
        return command(find(), rest)
    except Trouble as trouble:
        say(str(trouble))
        return 1
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        say(f"The system refused something: {error.strerror or error}{place}.")
        return 1
    except KeyboardInterrupt:
        say("Interrupted. The next ./foyer goes on from here.")
        return INTERRUPTED


def _end_like_ctrl_c(*signals: signal.Signals) -> None:
    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    for number in signals:
        # nohup asks to be spared a signal.
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, interrupt)
