from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from billing.linking import link_by
        from portal.document_links import address_for

        link_by(address_for)
