"""`settings`: what a client has its own way, read and written.

Currency, language and terms of payment have columns of their own, which the other dialects show
too; everything else is kept by name, as given.
"""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.fields import SkipField

from agencies.models import Agency
from api.invoiceninja.fields import digits_of
from api.invoiceninja.setting_types import wrong_kind
from api.invoiceninja.statics import CURRENCIES, language_id, language_tag
from clients.models import Client, ClientGroup

# The name of a PHP class is a literal on the wire.
_ENTITY = "App\\Models\\Client"
_COUNTER = "client_number_counter"
_TERMS, _MOST_DAYS = "payment_terms", 3650
# Always the same, or none of a client's business: never stored.
_FIXED = frozenset({"entity", "industry_id", "size_id", "translations", "pdf_variables"})


def present(row: dict, *, agency) -> dict[str, Any]:
    kept = _with_terms(row["settings"], row["invoice_due_days"])
    shown = {
        "entity": _ENTITY,
        "industry_id": "",
        "size_id": "",
    }
    if row["currency"] is not None:
        shown["currency_id"] = _currency_id(row, agency)
    if row["language"]:
        shown["language_id"] = language_id(row["language"])
    return shown | {name: value for name, value in kept.items() if name not in shown}


def _currency_id(row: dict, agency) -> str:
    """The client's own, else its group's, else the agency's; a deleted group lends nothing.

    Empty for a currency that Invoice Ninja has no id for: naming another would be a lie.
    """
    if row["currency"]:
        return CURRENCIES.id_of(row["currency"])
    lent = row["group__settings"] if row["group__deleted_at"] is None else None
    return row["settings"].get("currency_id") or _inherited(lent, agency)


def _inherited(lent: Mapping[str, Any] | None, agency: Agency) -> str:
    """The id of the currency that a client without one of its own has; `lent` by its group."""
    return str((lent or {}).get("currency_id") or CURRENCIES.id_of(agency.currency))


def facts_of(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The domain's names for the settings sent. Ids that no table knows are kept as given."""
    kept = dict(sent)
    facts: dict[str, Any] = {"settings": kept}
    for name, field, value_of in (
        ("currency_id", "currency", CURRENCIES.value_of),
        ("language_id", "language", language_tag),
    ):
        if name in kept:
            facts[field] = value_of(digits_of(kept[name]) or "")
            if facts[field]:
                del kept[name]
    if _TERMS in kept:
        # Kept as well: a number and its text are both shown as they were given.
        facts["invoice_due_days"] = _days(kept[_TERMS])
    return facts


def _with_terms(kept: Mapping[str, Any], days: int | None) -> dict[str, Any]:
    """The settings with the terms that hold, whichever dialect set them."""
    if _days(kept.get(_TERMS)) == days:
        return dict(kept)
    others = {name: value for name, value in kept.items() if name != _TERMS}
    return others if days is None else others | {_TERMS: str(days)}


def _days(sent: Any) -> int | None:
    """None for no days at all, and for such as no other dialect can show."""
    digits = digits_of(sent)
    days = int(digits) if digits else -1
    return days if 0 <= days <= _MOST_DAYS else None


def present_of_group(group: ClientGroup) -> dict[str, Any]:
    counter = group.client_number_counter
    return group.settings | ({} if counter is None else {_COUNTER: counter})


def group_facts_of(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The domain's names for what was sent about a group; its counter has a column of its own."""
    settings = dict(sent.get("settings", {}))
    counter = digits_of(settings.pop(_COUNTER, None))
    return {
        **sent,
        "settings": settings,
        "client_number_counter": None if counter is None else int(counter),
    }


def currency_after(
    client: Client, *, sent_id: str, group: ClientGroup | None, agency: Agency
) -> str:
    """The currency that an update leaves a client with. `group` is the one it will be in.

    Invoice Ninja gives the client the company's own whenever an update names none. A currency
    that has no id there stays: who cannot say it did not mean to drop it. Empty inherits.
    """
    wanted = sent_id or CURRENCIES.id_of(agency.currency)
    code = CURRENCIES.value_of(wanted)
    is_unsayable = bool(client.currency) and not CURRENCIES.id_of(client.currency)
    if not wanted or (is_unsayable and not (sent_id and code)):
        return client.currency
    has_own = client.currency or client.settings.get("currency_id")
    lent = group.settings if group and group.deleted_at is None else None
    # An id that no table knows is kept among the settings.
    return code if has_own or _inherited(lent, agency) != wanted else ""


def language_after(client: Client, language: str) -> str:
    """What an update makes of the client's language; one that has no id is not dropped."""
    is_unsayable = bool(client.language) and not language_id(client.language)
    return client.language if is_unsayable and not language else language


class Settings(serializers.Field):
    """An object of anything; what is known among it is checked. Null is as if absent."""

    default_error_messages = {"invalid": "The :attribute must be an array."}

    def __init__(self, **options):
        super().__init__(required=False, **options)

    def run_validation(self, data=serializers.empty):
        if data is None:
            raise SkipField
        return super().run_validation(data)

    def to_internal_value(self, data):
        # PHP writes an empty object as an empty list.
        if data == []:
            return {}
        if not isinstance(data, Mapping):
            self.fail("invalid")
        kept = {
            name: value for name, value in data.items() if name not in _FIXED and value is not None
        }
        for name, value in kept.items():
            kind = wrong_kind(name, value)
            if kind:
                raise serializers.ValidationError(f"{name} is not a valid {kind}")
        return kept
