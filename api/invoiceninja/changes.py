"""What of a client that is sent back whole is a change, and what merely tells what a read showed.

Callers fetch an object, change one value and send all of it. Whatever else it says must change
nothing, not even where this dialect shows less than there is: a currency without an id, a line of
business that no table knows, a group that was deleted meanwhile.
"""

from collections.abc import Mapping
from typing import Any

from api.invoiceninja.fields import listed
from api.invoiceninja.reading import clean

# Of a person it matters each time: the first marked is primary, whoever was before.
_ALWAYS_TOLD = frozenset({"id", "is_primary"})


def changes_of(sent: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    """`sent`, cleaned as reading.gather() does, without the values that `shown` has too."""
    changed = unlike(sent, shown)
    if isinstance(changed.get("settings"), Mapping):
        changed["settings"] = unlike(changed["settings"], shown["settings"])
    if "contacts" in sent:
        changed["contacts"] = _people(sent["contacts"], shown["contacts"])
    return changed


def unlike(sent: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `sent` that `shown` has not, or otherwise."""
    return {
        name: value
        for name, value in sent.items()
        if name not in shown or not _is_echo(value, clean(shown[name], name))
    }


def _is_echo(sent: Any, shown: Any) -> bool:
    return sent in (shown, _in_a_form(shown))


def _in_a_form(value: Any) -> Any:
    """As PHP writes it into a form, where everything is text."""
    if isinstance(value, Mapping):
        return {name: _in_a_form(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_in_a_form(child) for child in value]
    if isinstance(value, bool):
        return str(int(value))
    return str(value) if isinstance(value, int | float) else value


def _people(sent: Any, shown: list[dict[str, Any]]) -> Any:
    people = listed(sent)
    if not isinstance(people, list):
        return sent
    known = {contact["id"]: contact for contact in shown}
    return [_person(person, known) for person in people]


def _person(sent: Any, known: Mapping[Any, dict[str, Any]]) -> Any:
    if not isinstance(sent, Mapping) or not isinstance(sent.get("id"), str):
        return sent
    shown = known.get(sent["id"], {})
    told = {name: sent[name] for name in _ALWAYS_TOLD if name in sent}
    if "email" in sent and shown.get("email") != "":
        # No two may share an address; and one shown as a space comes back as none and is none.
        told["email"] = sent["email"]
    return unlike(sent, shown) | told
