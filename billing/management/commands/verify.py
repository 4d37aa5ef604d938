from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from agencies.models import Agency
from billing.verifying import verify_one


class Command(BaseCommand):
    help = "Recompute every figure from documents and ledger; exit 1 where one differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--agency", help="slug of the only agency to look at")

    def handle(self, *args: Any, **options: Any) -> None:
        agencies = Agency.objects.order_by("pk")
        if options["agency"]:
            agencies = agencies.filter(slug=options["agency"])
            if not agencies:
                raise CommandError(f"There is no agency {options['agency']}.")
        found = 0
        for agency in agencies:
            result = verify_one(agency, at=timezone.now())
            for one in result.differences:
                self.stdout.write(
                    f"{agency.slug}: {one['what']} {one['id']}: {one['figure']} is {one['kept']} "
                    f"and should be {one['proved']}."
                )
            found += len(result.differences)
            self.stdout.write(
                f"{agency.slug}: {result.clients} clients, {result.entries} ledger entries, "
                f"{len(result.differences)} differences."
            )
        if found:
            raise CommandError(f"{found} figures are not what they have to be.", returncode=1)
