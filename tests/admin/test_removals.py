"""Removed clients in the admin: restored by staff, purged by those who administer."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from agencies.roles import Role
from agencies.scope import acting_for
from clients.departing import departure_of
from clients.models import Client, Removal
from clients.removing import WITHIN
from contacts.removing import remove
from tests.admin.conftest import listing, page

LIST = listing("clients.Removal")


@pytest.fixture
def gone(north, new_client):
    """A client of North that was removed just now."""
    client = new_client(north)
    with acting_for(north.agency_id):
        return remove(client, by=north, at=timezone.now())


def choose(browser, action, *removals, **more):
    sent = {"action": action, "_selected_action": [removal.pk for removal in removals]}
    return browser.post(LIST, sent | more)


def told(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def clients_of(owner):
    with acting_for(owner.agency_id):
        return list(Client.objects.values_list("name", flat=True))


def removals_of(owner):
    with acting_for(owner.agency_id):
        return list(Removal.objects.values_list("name", flat=True))


def test_the_list_tells_what_was_removed_by_whom_and_until_when(staff, north, gone):
    shown = staff(north).get(LIST).text

    for fact in ("Birch", "0001", "nora@north.example"):
        assert fact in shown
    assert f"{gone.removed_at + WITHIN:%Y}" in shown
    assert "birgit@birch.example" not in shown


def test_staff_restore_a_client(staff, north, join, gone):
    response = choose(staff(join(north, Role.STAFF)), "restore", gone)

    assert told(response) == ["Birch is back as it was."]
    assert (clients_of(north), removals_of(north)) == (["Birch"], [])


def test_what_cannot_come_back_is_told_and_the_others_come(staff, north, new_client, gone):
    new_client(north, name="Later", email="birgit@birch.example")
    other = new_client(north, name="Oak", email="o@oak.example")
    with acting_for(north.agency_id):
        other = remove(other, by=north, at=timezone.now())

    response = choose(staff(north), "restore", gone, other)

    assert sorted(told(response)) == [
        "Birch: birgit@birch.example belongs to Later now. Give one of them another address, "
        "then restore this client again.",
        "Oak is back as it was.",
    ]
    assert sorted(clients_of(north)) == ["Later", "Oak"]
    assert removals_of(north) == ["Birch"]


def test_after_thirty_days_it_is_too_late(staff, north, gone):
    with acting_for(north.agency_id):
        Removal.objects.update(removed_at=timezone.now() - WITHIN - timedelta(minutes=1))

    response = choose(staff(north), "restore", gone)

    assert told(response) == ["Birch: A removed client can be brought back for 30 days."]
    assert clients_of(north) == []


def test_purging_asks_first_and_then_forgets(staff, north, gone):
    browser = staff(north)

    asked = choose(browser, "purge", gone)
    assert "Nobody can bring them back." in asked.text
    assert "Birch (0001)" in asked.text
    assert removals_of(north) == ["Birch"]

    choose(browser, "purge", gone, confirmed="yes")
    assert removals_of(north) == []
    with acting_for(north.agency_id):
        assert departure_of(gone.client_id).departed_by == north


@pytest.mark.parametrize(
    ("role", "restores", "purges"),
    [
        (Role.OWNER, True, True),
        (Role.MANAGER, True, True),
        (Role.STAFF, True, False),
        (Role.VIEWER, False, False),
    ],
)
def test_the_role_decides(staff, north, join, gone, role, restores, purges):
    browser = staff(join(north, role))

    offered = browser.get(LIST).text
    choose(browser, "purge", gone, confirmed="yes")
    left = removals_of(north)
    choose(browser, "restore", gone)

    assert ('value="restore"' in offered, 'value="purge"' in offered) == (restores, purges)
    assert left == ([] if purges else ["Birch"])
    assert clients_of(north) == (["Birch"] if restores and not purges else [])


def test_a_removed_client_shows_its_history(staff, north, gone):
    shown = staff(north).get(page(gone, "history")).text

    assert "Created" in shown
    assert "Deleted" in shown


def test_a_stranger_restores_nothing(staff, north, south, gone):
    choose(staff(south), "restore", gone)
    choose(staff(south), "purge", gone, confirmed="yes")

    assert removals_of(north) == ["Birch"]
