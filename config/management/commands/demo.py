import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from config.demo.making import make_demo


class Command(BaseCommand):
    help = "Fill an empty database with two agencies to look around in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        made = make_demo()
        if options["json"]:
            self.stdout.write(json.dumps(made))
        elif made:
            self.stdout.write(_readable(made))
        else:
            self.stdout.write("There is an agency already, so nothing was changed.")


def _readable(made: dict[str, Any]) -> str:
    staff = made["staff"]
    return "\n".join(
        [
            f"Sign in to the admin as {staff['email']} with {staff['password']}",
            f"Client portal: {made['portal']} for {made['person']}",
            *(f"API key for /{path}: {key}" for path, key in made["keys"].items()),
        ]
    )
