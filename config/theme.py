"""The admin's looks and its menu, in the words that people use."""

from typing import Any

from django.urls import reverse_lazy


def _page(title: str, model: str) -> dict[str, Any]:
    return {"title": title, "link": reverse_lazy(f"admin:{model}_changelist")}


# A calm blue, from light to dark, as the theme names its steps.
_PRIMARY = {
    "50": "#eff6fb",
    "100": "#dbeaf5",
    "200": "#bcd7ec",
    "300": "#8dbbdd",
    "400": "#5897c8",
    "500": "#377bb0",
    "600": "#2f5d8a",
    "700": "#274f77",
    "800": "#244463",
    "900": "#223a54",
    "950": "#162537",
}

_MENU = [
    {
        "title": "Work",
        "items": [
            _page("Clients", "clients_client"),
            _page("People", "contacts_contact"),
            _page("Projects", "clients_project"),
            _page("Documents", "clients_document"),
            _page("Invitations", "portal_invite"),
            _page("Requests of clients", "portal_detailrequest"),
            _page("Removed clients", "clients_removal"),
        ],
    },
    {
        "title": "Billing",
        "items": [
            _page("Statement schedules", "billing_statementschedule"),
            _page("Billing settings", "billing_billingsettings"),
            _page("Numbers", "billing_numberseries"),
            _page("Proofs", "billing_verification"),
        ],
    },
    {
        "title": "Mail",
        "items": [
            _page("Messages", "contacts_message"),
            _page("Suppressed addresses", "contacts_suppression"),
        ],
    },
    {
        "title": "Filing",
        "items": [
            _page("Categories", "clients_category"),
            _page("Groups", "clients_clientgroup"),
            _page("Tags", "clients_tag"),
            _page("Own fields", "clients_customfield"),
        ],
    },
    {
        "title": "Agency",
        "items": [
            _page("Settings", "agencies_agency"),
            _page("Members", "agencies_membership"),
            _page("API keys", "agencies_apikey"),
            _page("Webhooks", "agencies_webhookendpoint"),
            _page("Webhook deliveries", "agencies_webhookdelivery"),
        ],
    },
]

UNFOLD = {
    "SITE_TITLE": "Foyer",
    "SITE_HEADER": "Foyer",
    "SITE_URL": None,
    # Our history page is the audit trail; the theme's would read Django's own log.
    "SHOW_HISTORY": False,
    "COLORS": {"primary": _PRIMARY},
    "SIDEBAR": {"navigation": _MENU},
}
