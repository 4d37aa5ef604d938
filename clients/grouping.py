"""Groups of clients: made, edited, put aside. A group that goes leaves its clients alone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from agencies.models import Agency
from clients.models import ClientGroup


def create_group(
    agency: Agency,
    *,
    name: str,
    settings: Mapping[str, Any] | None = None,
    client_number_counter: int | None = None,
) -> ClientGroup:
    """With a counter its clients are numbered from there on, without one with the agency's."""
    return ClientGroup.objects.create(
        agency=agency,
        name=name,
        settings=dict(settings or {}),
        client_number_counter=client_number_counter,
    )


@transaction.atomic
def edit_group(
    group: ClientGroup,
    *,
    name: str | None = None,
    settings: Mapping[str, Any] | None = None,
    client_number_counter: int | None = None,
) -> ClientGroup:
    """Returns the group as it is now. None changes nothing; settings that are not named stay."""
    group = ClientGroup.objects.select_for_update(no_key=True).get(pk=group.pk)
    if name is not None:
        group.name = name
    if client_number_counter is not None:
        group.client_number_counter = client_number_counter
    group.settings = {**group.settings, **(settings or {})}
    group.save(update_fields=["name", "settings", "client_number_counter", "updated_at"])
    return group


# The following take a set of groups, write it in one statement and return how many changed.


def archive_groups(groups: QuerySet[ClientGroup], *, at: datetime) -> int:
    """Put aside what is neither archived nor deleted."""
    active = groups.filter(archived_at__isnull=True, deleted_at__isnull=True)
    return active.update(archived_at=at, updated_at=at)


def delete_groups(groups: QuerySet[ClientGroup], *, at: datetime) -> int:
    """Take away, so that they can be restored: clients stay in them."""
    return groups.filter(deleted_at__isnull=True).update(deleted_at=at, updated_at=at)


def restore_groups(groups: QuerySet[ClientGroup], *, at: datetime) -> int:
    """Make archived and deleted ones active again."""
    away = groups.filter(Q(archived_at__isnull=False) | Q(deleted_at__isnull=False))
    return away.update(archived_at=None, deleted_at=None, updated_at=at)
