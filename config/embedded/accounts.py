"""Who runs the server.

PostgreSQL refuses to run for root. Root therefore lends it a number that no account of the
system has, so no other process can signal it, trace it or read its files. (The usual `nobody`
is shared by every service that was too lazy to get an account.) Making an account for it would
change the system's user list, which we leave alone.

Only `initdb` insists on an account with a name. It runs as `nobody`, but with the server's group,
in a folder that only that group may enter; the files are then given to the server's number.
"""

import os
import pwd
from dataclasses import dataclass
from typing import Any

from config.embedded.errors import EmbeddedServerError

# From a range that nobody hands out: see "Users, Groups, UIDs and GIDs" of systemd.
NUMBER_FOR_ROOT = 61_000


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    @property
    def options(self) -> dict[str, Any]:
        """What makes `subprocess` run a program as this account."""
        if os.geteuid() != 0:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def is_root() -> bool:
    return os.geteuid() == 0


def server_account() -> Account:
    if is_root():
        return Account(NUMBER_FOR_ROOT, NUMBER_FOR_ROOT)
    return Account(os.geteuid(), os.getegid())


def maker_account() -> Account:
    """Who runs `initdb`, which wants an account with a name."""
    if is_root():
        return Account(pwd.getpwnam("nobody").pw_uid, NUMBER_FOR_ROOT)
    return server_account()


def login_name() -> str:
    """The name of the account that may connect: the one that started the server."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError as error:
        raise EmbeddedServerError(
            f"The account number {os.geteuid()} has no name on this system, and PostgreSQL refuses "
            "to run for it. Give it a line in /etc/passwd, or set DATABASE_URL."
        ) from error
