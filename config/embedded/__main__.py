"""The embedded server by hand: `python -m config.embedded start|stop|status|url HOME`."""

import argparse
import sys
from pathlib import Path

from config.embedded.errors import EmbeddedServerError
from config.embedded.server import Server


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m config.embedded")
    parser.add_argument("command", choices=["start", "stop", "status", "url"])
    parser.add_argument("--if-unused", action="store_true", help="stop only if nobody is connected")
    parser.add_argument("home", type=Path)
    arguments = parser.parse_args()
    try:
        print(_answer(arguments.command, Server(arguments.home), if_unused=arguments.if_unused))
    except EmbeddedServerError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _answer(command: str, server: Server, *, if_unused: bool) -> str:
    match command:
        case "start":
            server.start()
            return f"The embedded PostgreSQL of {server.home} is running."
        case "stop":
            return _stop(server, if_unused=if_unused)
        case "status":
            return "running" if server.is_ready() else "stopped"
        case _:
            return server.url


def _stop(server: Server, *, if_unused: bool) -> str:
    if if_unused and server.is_used():
        return "The embedded PostgreSQL keeps running, because somebody is connected to it."
    if server.stop():
        return "The embedded PostgreSQL is stopped."
    return "The embedded PostgreSQL was not running."


if __name__ == "__main__":
    sys.exit(main())
