from django.apps import AppConfig


class HouseConfig(AppConfig):
    """The house itself: settings, demo data, worker. Owns no tables."""

    name = "config"
