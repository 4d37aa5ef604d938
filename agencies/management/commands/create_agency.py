from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agencies.founding import CannotFound, create_agency


class Command(BaseCommand):
    help = "Found an agency and its owner."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--slug", required=True)
        parser.add_argument("--owner", required=True, metavar="EMAIL")
        parser.add_argument("--password", required=True)
        parser.add_argument("--currency", default="", help="ISO 4217, else the country's own")
        parser.add_argument("--country", default="DE", help="ISO 3166-1 alpha-2")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            owner = create_agency(
                options["name"],
                slug=options["slug"],
                owner_email=options["owner"],
                owner_password=options["password"],
                currency=options["currency"].upper(),
                country=options["country"].upper(),
            )
        except CannotFound as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{owner.agency.name} is founded; {owner.user.email} owns it.")
