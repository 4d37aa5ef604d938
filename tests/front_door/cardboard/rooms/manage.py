"""Answers as Foyer's own manage.py does, without Django."""

import json
import os
import signal
import sys
import time
from pathlib import Path

HOME = Path(os.environ["FOYER_HOME"])


def demo() -> None:
    data = HOME / "data"
    made = {
        "staff": {"email": "ada@north.example", "password": "a-long-password"},
        "portal": f"{os.environ['FOYER_URL']}/portal/north",
        "person": "ann@acme.example",
        "keys": {"v1": "key-one", "api": "key-two", "api/v1": "key-three"},
    }
    print("{}" if data.exists() else json.dumps(made))
    data.touch()


def worker() -> None:
    if os.environ.get("WORKER_DIES"):
        print("The worker cannot find its hammer.", flush=True)
        sys.exit(3)
    if os.environ.get("WORKER_IS_DEAF"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("The worker is up.", flush=True)
    while True:
        time.sleep(0.05)


def migrate() -> None:
    if os.environ.get("MIGRATE_FAILS"):
        sys.exit("The table is upside down.")
    (HOME / "migrated").touch()


with open(os.environ["CALLS"], "a") as calls:
    calls.write(f"manage {' '.join(sys.argv[1:])}\n")
match sys.argv[1]:
    case "migrate":
        migrate()
    case "demo":
        demo()
    case "shell":
        print((HOME / "data").exists())
    case "worker":
        worker()
    case command:
        print(f"{command} was called with {sys.argv[2:]}")
        sys.exit(7 if command == "fail" else 0)
