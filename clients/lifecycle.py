"""Archiving, deleting and suspending clients: three separate things, each reversible.

Every function takes a set of clients, writes it in one statement and returns how many changed.
Asked twice, it changes nothing and moves no `updated_at`. What is gone for good is purged; see
clients.purging.
"""

from datetime import datetime

from django.db.models import Q

from clients.models import ClientQuerySet


def archive(clients: ClientQuerySet, *, at: datetime) -> int:
    """Put aside what is neither archived nor deleted; the portal stays open to its people."""
    active = clients.filter(archived_at__isnull=True, deleted_at__isnull=True)
    return active.update(archived_at=at, updated_at=at)


def delete(clients: ClientQuerySet, *, at: datetime) -> int:
    """Take away from every list and from the portal. Money, people and files stay untouched."""
    return clients.filter(deleted_at__isnull=True).update(deleted_at=at, updated_at=at)


def restore(clients: ClientQuerySet, *, at: datetime) -> int:
    """Make archived and deleted clients active again; a suspension stays."""
    away = clients.filter(Q(archived_at__isnull=False) | Q(deleted_at__isnull=False))
    return away.update(archived_at=None, deleted_at=None, updated_at=at)


def suspend(clients: ClientQuerySet, *, at: datetime) -> int:
    """Shut the portal to their people; everything else goes on."""
    return clients.filter(suspended_at__isnull=True).update(suspended_at=at, updated_at=at)


def resume(clients: ClientQuerySet, *, at: datetime) -> int:
    """Lift the suspension."""
    return clients.filter(suspended_at__isnull=False).update(suspended_at=None, updated_at=at)
