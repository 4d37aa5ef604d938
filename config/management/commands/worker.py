from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

# Jobs that wait for servers of others must not hold up the rest; see also api.tasks. What went
# well is not kept: there is a job for every change where an agency has webhooks.
OPTIONS = ["--concurrency", "6", "--delete-jobs", "successful", "--shutdown-graceful-timeout", "20"]


class Command(BaseCommand):
    help = "Run jobs until told to stop. SIGTERM lets the running ones finish."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("procrastinate", "worker", *OPTIONS)
