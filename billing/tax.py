"""What is known of a client for tax: `Client.tax_info`, each fact with its source and moment.

    {"vat_number": {"number": "DE136695976", "state": "well_formed", "source": "check digits",
                    "checked_at": "2026-05-01T09:30:00Z"},
     "vat_rates": {"country": "DE", "standard": "19", "reduced": ["7"], "since": "2024-01-01",
                   "source": "European Commission, …", "checked_at": "2026-05-01T09:30:00Z"}}

Nothing known is `{}`. `state` is `malformed`, `well_formed`, or, from a provider, `confirmed` or
`refused`. `sales_tax` comes from a provider alone; see billing.tax_providers. Percents are decimal
text. What a change of the client makes stale is dropped by a
trigger (clients.tax_facts), whichever way the change came. Nothing here decides what an invoice
charges.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction

from billing.days import day_in
from billing.vat_numbers import read_vat_number
from billing.vat_rates import SOURCE, vat_rates
from clients.editing import hold_client
from clients.models import Client

Facts = dict[str, Any]


@transaction.atomic
def refresh(client: Client, *, at: datetime) -> Client:
    """Note what is known without asking anybody; returns the client as it is now.

    Raises ClientGone.
    """
    client = hold_client(client.pk)
    known = {
        "vat_number": _vat_number(client, at=at),
        "vat_rates": _vat_rates(client, on=day_in(client.agency, at), at=at),
    }
    _store(client, {**known_of(client), **known}, at=at)
    return client


def note(client: Client, subject: str, facts: Facts, *, source: str, at: datetime) -> None:
    """Write down what a provider told of the client, which is held; empty facts are none known.

    A confirmed VAT number is a valid one. A refused one takes back what had been confirmed, and
    leaves what people said of it.
    """
    known = known_of(client)
    was_confirmed = known.get("vat_number", {}).get("state") == "confirmed"
    if subject == "vat_number" and facts.get("state") == "confirmed":
        client.has_valid_vat_number = True
    elif subject == "vat_number" and was_confirmed:
        client.has_valid_vat_number = False
    if subject == "sales_tax" and not client.state:
        client.state = str(facts.get("state", ""))[:255]
    told = {**facts, **told_by(source, at)} if facts else None
    _store(client, {**known, subject: told}, at=at)


def known_of(client: Client) -> dict[str, Facts]:
    """Its facts by subject. The column may hold anything: the admin writes there, too."""
    info = client.tax_info if isinstance(client.tax_info, dict) else {}
    return {name: facts for name, facts in info.items() if isinstance(facts, dict)}


def _store(client: Client, info: Mapping[str, Facts | None], *, at: datetime) -> None:
    client.tax_info = {name: facts for name, facts in info.items() if facts}
    client.updated_at = at
    client.save(update_fields=["tax_info", "has_valid_vat_number", "state", "updated_at"])


def _vat_number(client: Client, *, at: datetime) -> Facts | None:
    read = read_vat_number(client.vat_number, country=client.country.code or "")
    if read is None:
        return None
    known = known_of(client).get("vat_number", {})
    if known.get("number") == str(read) and known.get("state") in ("confirmed", "refused"):
        # Whoever keeps the register knows better than its check digits.
        return known
    state = "well_formed" if read.is_well_formed else "malformed"
    return {"number": str(read), "state": state, **told_by("check digits", at)}


def _vat_rates(client: Client, *, on: date, at: datetime) -> Facts | None:
    rates = vat_rates(client.country.code or "", on=on)
    if rates is None:
        return None
    return {
        "country": rates.country,
        "standard": str(rates.standard),
        "reduced": [str(rate) for rate in rates.reduced],
        "since": rates.since.isoformat(),
        **told_by(SOURCE, at),
    }


def told_by(source: str, at: datetime) -> Facts:
    moment = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"source": source, "checked_at": moment}
