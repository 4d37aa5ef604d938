from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AgenciesConfig(AppConfig):
    name = "agencies"

    def ready(self) -> None:
        from agencies import checks  # noqa: F401 (registers the deploy check)
        from agencies.trail import plan_for_many

        post_migrate.connect(plan_for_many, sender=self)
