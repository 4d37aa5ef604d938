from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.editing import ClientIsDeleted
from clients.lifecycle import delete
from clients.models import Client, Project
from clients.projects import (
    EndsBeforeStart,
    archive_project,
    create_project,
    edit_project,
    restore_project,
)
from contacts.enrolling import enroll


@pytest.fixture
def acme(in_north, north):
    return enroll(in_north, by=north, name="Acme", currency="USD")


@pytest.fixture
def site(acme):
    return create_project(acme, name="Site", starts_on=date(2026, 2, 1), budget=Decimal("12.50"))


def changed_at(client):
    return Client.objects.get(pk=client.pk).updated_at


def test_a_project_is_in_its_clients_currency_unless_another_is_said(acme, in_north, north):
    other = enroll(in_north, by=north, name="Other")

    assert create_project(acme, name="A").currency == "USD"
    assert create_project(acme, name="B", currency="JPY").currency == "JPY"
    assert create_project(other, name="C").currency == in_north.currency


@pytest.mark.parametrize("days", [{"ends_on": date(2026, 1, 31)}, {"starts_on": date(2027, 1, 1)}])
def test_a_project_does_not_end_before_it_starts(acme, site, days):
    edit_project(site, ends_on=date(2026, 2, 1))

    with pytest.raises(EndsBeforeStart):
        edit_project(site, **days)
    with pytest.raises(EndsBeforeStart):
        create_project(acme, name="X", starts_on=date(2026, 2, 2), ends_on=date(2026, 2, 1))

    site.refresh_from_db()
    assert (site.starts_on, site.ends_on) == (date(2026, 2, 1), date(2026, 2, 1))
    assert Project.objects.count() == 1


def test_only_the_facts_given_change(site, north):
    edit_project(site, status="review", lead=north)

    site.refresh_from_db()
    assert (site.name, site.status, site.lead, site.budget) == (
        "Site",
        "review",
        north,
        Decimal("12.5"),
    )


def test_an_archived_project_runs_no_more_and_can_be_restored(acme, site):
    now = timezone.now()

    archive_project(site, at=now)
    assert not acme.projects.running().exists()
    archive_project(site, at=timezone.now())
    site.refresh_from_db()
    assert site.archived_at == now

    restore_project(site, at=timezone.now())
    assert acme.projects.running().exists()


def test_whatever_happens_to_a_project_has_changed_its_client(acme, site):
    changes = [changed_at(acme)]

    for change in (
        lambda: create_project(acme, name="Shop"),
        lambda: edit_project(site, status="completed"),
        lambda: archive_project(site, at=timezone.now()),
        lambda: restore_project(site, at=timezone.now()),
    ):
        change()
        changes.append(changed_at(acme))

    assert changes == sorted(set(changes))


def test_a_deleted_client_gets_no_project(acme):
    delete(Client.objects.all(), at=timezone.now())

    with pytest.raises(ClientIsDeleted):
        create_project(acme, name="Late")


def test_the_client_is_locked_before_its_project(site):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        edit_project(site, name="New")

    locks = [query["sql"] for query in queries if "FOR NO KEY UPDATE" in query["sql"]]
    assert [
        ("clients_project" if 'FROM "clients_project"' in sql else "client") for sql in locks
    ] == [
        "client",
        "clients_project",
    ]
