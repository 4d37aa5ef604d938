from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agencies.errors import DomainError
from agencies.keys import create_api_key
from agencies.models import Membership
from agencies.roles import Role


class Command(BaseCommand):
    help = "Make an API key and print it, alone, on standard output. It is shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--name", required=True)
        parser.add_argument("--member", metavar="EMAIL", help="else the first owner")
        parser.add_argument("--scopes", default="", metavar="A,B", help="else everything")

    def handle(self, *args: Any, **options: Any) -> None:
        scopes = [scope.strip() for scope in options["scopes"].split(",") if scope.strip()]
        member = self._member(options["slug"], options["member"])
        try:
            _key, secret = create_api_key(member, name=options["name"], scopes=scopes)
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(secret)

    def _member(self, slug: str, email: str | None) -> Membership:
        members = Membership.objects.filter(agency__slug=slug).select_related("agency")
        if email:
            members = members.filter(user__email__iexact=email)
        else:
            members = members.filter(role=Role.OWNER)
        member = members.first()
        if member is None:
            raise CommandError(
                f"The agency {slug} has no member {email}."
                if email
                else f"No agency is called {slug}."
            )
        return member
