"""Work for clients: begun, changed, put aside. It keeps its client for ever, unless they merge."""

from datetime import datetime
from typing import Any

from django.db import transaction

from agencies.errors import DomainError
from clients.editing import lock_client
from clients.models import Client, Project


class EndsBeforeStart(DomainError):
    code = "ends_before_start"


@transaction.atomic
def create_project(client: Client, *, currency: str = "", **facts: Any) -> Project:
    """Begin a project; `facts` are fields of Project, `budget` in major units of `currency`.

    Without a currency it is the client's. Raises EndsBeforeStart, ClientIsDeleted and ClientGone.
    """
    client = lock_client(client)
    project = Project(
        agency_id=client.agency_id,
        client=client,
        currency=currency or client.currency or client.agency.currency,
        **facts,
    )
    _refuse_reversed(project)
    project.save(force_insert=True)
    _touch(project, at=project.updated_at)
    return project


@transaction.atomic
def edit_project(project: Project, **facts: Any) -> Project:
    """Change the given facts, which are fields of Project; returns the project as it is now.

    Raises EndsBeforeStart.
    """
    project = _locked(project)
    for name, value in facts.items():
        setattr(project, name, value)
    _refuse_reversed(project)
    project.save(update_fields=[*facts, "updated_at"])
    _touch(project, at=project.updated_at)
    return project


@transaction.atomic
def archive_project(project: Project, *, at: datetime) -> Project:
    """Put aside, whatever its status; once more changes nothing."""
    return _put(project, archived_at=at, at=at)


@transaction.atomic
def restore_project(project: Project, *, at: datetime) -> Project:
    """Take up again what was put aside."""
    return _put(project, archived_at=None, at=at)


def _put(project: Project, *, archived_at: datetime | None, at: datetime) -> Project:
    project = _locked(project)
    if (project.archived_at is None) != (archived_at is None):
        project.archived_at = archived_at
        project.save(update_fields=["archived_at", "updated_at"])
        _touch(project, at=at)
    return project


def _locked(project: Project) -> Project:
    """Held, its client first: both change, and two changes must not wait for each other."""
    clients = Client.objects.select_for_update(of=("self",), no_key=True)
    clients.get(projects=project.pk)
    return Project.objects.select_for_update(no_key=True).get(pk=project.pk)


def _refuse_reversed(project: Project) -> None:
    if project.starts_on and project.ends_on and project.ends_on < project.starts_on:
        raise EndsBeforeStart("A project ends on the day it starts or later.", field="ends_on")


def _touch(project: Project, *, at: datetime) -> None:
    """A client shows how many of its projects are running."""
    Client.objects.filter(pk=project.client_id).update(updated_at=at)
