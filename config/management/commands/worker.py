from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Run jobs until told to stop. SIGTERM lets the running ones finish."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("procrastinate", "worker", "--shutdown-graceful-timeout", "20")
