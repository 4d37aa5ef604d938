"""Reads the audit trail for people: who changed what, when, and through which door."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.core.paginator import Page, Paginator
from django.db.models import Field, ForeignKey, Model
from django.utils import timezone
from django.utils.text import capfirst

from agencies.models import Membership

PER_PAGE = 50
_WORDS = {"insert": "Created", "update": "Changed", "delete": "Deleted"}
# Kept by the house itself; they change with everything and tell nothing.
_SILENT = frozenset({"id", "agency", "created_at", "updated_at", "public_hash"})
# Who acted, by the word in the trail that holds an id; a floor above adds the people it knows.
ACTORS: "dict[str, Callable[[Collection[Any]], Mapping[int, str]]]" = {}


@dataclass(frozen=True)
class FieldChange:
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Change:
    at: datetime
    action: str
    # E-mail of the member, or a client's person by name; empty where nobody signed in did it.
    who: str
    door: str
    fields: list[FieldChange]


def changes_of(row: Model, *, page: str | None) -> tuple[Page, list[Change]]:
    """One page of the row's changes, newest first, in a fixed number of queries."""
    history = type(row).pgh_event_model.objects  # type: ignore[attr-defined]
    events = history.filter(pgh_obj_id=row.pk).order_by("-pgh_id")
    shown = Paginator(events, PER_PAGE).get_page(page)
    start = max(0, shown.start_index() - 1)
    # One more than is shown: what the oldest of them changed, it changed from the one before.
    wanted = list(events[start : start + PER_PAGE + 1])
    pairs = list(zip(wanted, [*wanted[1:], None], strict=True))[:PER_PAGE]
    names = _Names(row, wanted)
    changes = [_change(event, before, names) for event, before in pairs]
    # Where only the house's own columns moved, there is nothing to tell.
    return shown, [change for change in changes if change.fields or change.action != "Changed"]


def _change(event: Any, before: Any, names: "_Names") -> Change:
    context = event.pgh_context or {}
    return Change(
        at=event.pgh_created_at,
        action=_WORDS.get(event.pgh_label, event.pgh_label),
        who=names.members.get(context.get("member", 0), "") or names.actor(context),
        door=context.get("door", ""),
        fields=_differences(event, before, names) if event.pgh_label == "update" else [],
    )


def _differences(event: Any, before: Any, names: "_Names") -> list[FieldChange]:
    if before is None:
        return []
    pairs = [
        (field, getattr(before, field.attname), getattr(event, field.attname))
        for field in names.fields
    ]
    return [
        FieldChange(
            capfirst(str(field.verbose_name)), names.shown(field, old), names.shown(field, new)
        )
        for field, old, new in pairs
        if old != new
    ]


class _Names:
    """Words for the values of many events, looked up together."""

    def __init__(self, row: Model, events: Sequence[Any]) -> None:
        kept = {field.name for field in type(events[0])._meta.fields} if events else set()
        self.fields: list[Field] = [
            field
            for field in row._meta.concrete_fields
            if field.name in kept and field.name not in _SILENT
        ]
        acted = {(event.pgh_context or {}).get("member") for event in events}
        pointed = {
            field: {getattr(event, field.attname) for event in events} - {None}
            for field in self.fields
            if isinstance(field, ForeignKey)
        }
        at_members = [ids for field, ids in pointed.items() if field.related_model is Membership]
        self.members = _emails(acted.union(*at_members) - {None})
        self._targets: dict[ForeignKey, Mapping[Any, Any]] = {
            field: self.members
            if field.related_model is Membership
            else cast("type[Model]", field.related_model)._default_manager.in_bulk(ids)
            for field, ids in pointed.items()
        }

        self._actors = {
            word: find({(event.pgh_context or {}).get(word) for event in events} - {None})
            for word, find in ACTORS.items()
        }

    def actor(self, context: Mapping[str, Any]) -> str:
        """Of those who are no members; who was removed since is told by number."""
        for word, found in self._actors.items():
            if word in context:
                return found.get(context[word], f"{word} {context[word]}, deleted since")
        return ""

    def shown(self, field: Field, value: Any) -> str:
        """How people read the value; a dash for none."""
        if value is None or value == "":
            return "–"
        if isinstance(field, ForeignKey):
            return str(self._targets[field].get(value, f"number {value}, deleted since"))
        if field.choices:
            return str(dict(field.flatchoices).get(value, value))
        if isinstance(value, bool):
            return "Yes" if value else "No"
        if isinstance(value, datetime):
            return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
        if isinstance(value, dict | list):
            return json.dumps(value, ensure_ascii=False)
        return str(value)


def _emails(ids: Collection[Any]) -> dict[int, str]:
    """The ids come from rows behind the wall, so they are the agency's own members."""
    return dict(Membership.objects.filter(pk__in=ids).values_list("pk", "user__email"))
