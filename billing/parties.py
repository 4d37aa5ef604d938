"""Who bills whom, as a document keeps it from the day it is issued."""

from typing import Any

from django.utils.translation import override

from agencies.models import Agency
from clients.models import Client
from contacts.models import Contact


def buyer_of(client: Client, *, language: str) -> dict[str, Any]:
    """The client as it is now: name, address lines, VAT id, number, e-mail of its first person.

    Its country is named in this language, a tag such as de or pt-BR.
    """
    primary = Contact.objects.filter(client=client).present().primary_first().first()
    name = client.name or (primary.full_name if primary else "") or client.number
    return {
        "name": name,
        "address": address_lines(client, language=language),
        "vat_id": client.vat_number,
        "number": client.number,
        "email": primary.email.strip() if primary else "",
    }


def seller_of(agency: Agency, *, language: str) -> dict[str, Any]:
    """The agency as it is now; see buyer_of()."""
    return {
        "name": agency.legal_name or agency.name,
        "address": address_lines(agency, language=language),
        "vat_id": agency.vat_id,
        "number": "",
        "email": agency.reply_to or agency.sender_address,
    }


def address_lines(somebody: Client | Agency, *, language: str) -> list[str]:
    """As on an envelope, below the name; empty lines are left out."""
    place = " ".join(part for part in (somebody.postal_code, somebody.city) if part)
    lines = [somebody.address1, somebody.address2, place, somebody.state]
    with override(language.replace("_", "-")):
        country = str(somebody.country.name) if somebody.country else ""
    return [line for line in (*lines, country) if line]
