"""What the two demo agencies are like. Their clients lie in the tables next to this file."""

from dataclasses import dataclass, field
from typing import Any

from agencies.roles import Role
from clients.models import CustomField


@dataclass(frozen=True)
class Plan:
    """One agency: its facts, its people and what it files clients under."""

    name: str
    slug: str
    country: str
    # Of create_agency().
    facts: dict[str, Any]
    # E-mail, first name, last name, role; the first one founds the agency.
    team: list[tuple[str, str, str, Role]]
    # The first one is the default.
    categories: list[str]
    groups: list[str]
    tags: list[str]
    # Name, label, kind, choices.
    custom_fields: list[tuple[str, str, CustomField.Kind, list[str]]]
    projects: list[str] = field(default_factory=list)

    @property
    def owner_email(self) -> str:
        return self.team[0][0]


NORTHLIGHT = Plan(
    name="Northlight Studio",
    slug="northlight",
    country="DE",
    facts={
        "legal_name": "Northlight Studio GmbH",
        "address1": "Nordlichtweg 5",
        "postal_code": "10999",
        "city": "Berlin",
        "vat_id": "DE000000000",
        "time_zone": "Europe/Berlin",
        "sender_address": "studio@northlight.example",
        "reply_to": "hello@northlight.example",
        "accent_colour": "#1f6f78",
        "client_number_pattern": "NL-{counter:4}",
        "statement_footer": "Northlight Studio GmbH, Berlin. Thank you for working with us.",
    },
    team=[
        ("mara@northlight.example", "Mara", "Lindqvist", Role.OWNER),
        ("jonas@northlight.example", "Jonas", "Albrecht", Role.MANAGER),
        ("yuki@northlight.example", "Yuki", "Sander", Role.STAFF),
        ("books@northlight.example", "Petra", "Vogelsang", Role.VIEWER),
    ],
    categories=["Small business", "Culture", "Hospitality", "Industry"],
    groups=["Retainer clients", "Project clients", "Friends of the studio"],
    tags=["Priority", "Website", "Branding", "Print", "Photography", "Slow payer", "Reference"],
    custom_fields=[
        ("referred-by", "Referred by", CustomField.Kind.TEXT, []),
        ("channel", "Preferred channel", CustomField.Kind.CHOICE, ["E-mail", "Phone", "Visit"]),
        ("nda-signed", "NDA signed", CustomField.Kind.CHECKBOX, []),
        ("client-since", "Client since", CustomField.Kind.DATE, []),
    ],
    projects=["Website relaunch", "Visual identity", "Product photography", "Annual report"],
)

HARBOUR = Plan(
    name="Harbour & Pine",
    slug="harbour-pine",
    country="US",
    facts={
        "legal_name": "Harbour & Pine LLC",
        "address1": "77 Pier Street",
        "postal_code": "97209",
        "city": "Portland",
        "state": "OR",
        "time_zone": "America/Los_Angeles",
        "sender_address": "office@harbourpine.example",
        "reply_to": "hello@harbourpine.example",
        "accent_colour": "#f2b134",
        "client_number_pattern": "{counter:5}",
        "payment_terms_days": 30,
        "statement_footer": "Harbour & Pine LLC, Portland, Oregon.",
    },
    team=[
        # One person owns both agencies, to show that the admin switches between them.
        ("mara@northlight.example", "Mara", "Lindqvist", Role.OWNER),
        ("june@harbourpine.example", "June", "Okonkwo-Hale", Role.MANAGER),
        ("eli@harbourpine.example", "Eli", "Marsh", Role.STAFF),
    ],
    categories=["General", "Food and drink", "Public and non-profit", "Technology"],
    groups=["Monthly care", "One-off work"],
    tags=["Key account", "Packaging", "Campaign", "Social media", "On hold", "Reference"],
    custom_fields=[
        ("purchase-order", "Purchase order needed", CustomField.Kind.CHECKBOX, []),
        ("fiscal-year-end", "Fiscal year ends on", CustomField.Kind.TEXT, []),
        ("tier", "Tier", CustomField.Kind.CHOICE, ["Gold", "Silver", "Bronze"]),
    ],
    projects=["Packaging refresh", "Launch campaign", "Online shop", "Trade fair stand"],
)
