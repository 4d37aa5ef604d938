"""Who bills whom, as a document keeps it from the day it is issued."""

from typing import Any

from agencies.models import Agency
from clients.models import Client
from contacts.models import Contact


def buyer_of(client: Client) -> dict[str, Any]:
    """The client as it is now: name, address lines, VAT id, number, e-mail of its first person."""
    primary = Contact.objects.filter(client=client).present().primary_first().first()
    name = client.name or (primary.full_name if primary else "") or client.number
    return {
        "name": name,
        "address": address_lines(client),
        "vat_id": client.vat_number,
        "number": client.number,
        "email": primary.email.strip() if primary else "",
    }


def seller_of(agency: Agency) -> dict[str, Any]:
    """The agency as it is now."""
    return {
        "name": agency.legal_name or agency.name,
        "address": address_lines(agency),
        "vat_id": agency.vat_id,
        "number": "",
        "email": agency.reply_to or agency.sender_address,
    }


def address_lines(somebody: Client | Agency) -> list[str]:
    """As on an envelope, below the name; empty lines are left out."""
    place = " ".join(part for part in (somebody.postal_code, somebody.city) if part)
    lines = [somebody.address1, somebody.address2, place, somebody.state]
    country = somebody.country.name if somebody.country else ""
    return [line for line in (*lines, country) if line]
