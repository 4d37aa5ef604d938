from django.apps import AppConfig


class ApiConfig(AppConfig):
    """JSON for machines, three dialects over one domain. Owns no tables."""

    name = "api"
