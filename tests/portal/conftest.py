"""North's portal, with an address to write to and, where wanted, a host of its own."""

import pytest

MAIN = "hub.example"
OWN = "clients.north.example"


@pytest.fixture(autouse=True)
def hosts(settings):
    settings.FOYER_URL = f"http://{MAIN}"
    settings.ALLOWED_HOSTS = [MAIN, OWN, "testserver"]
    middleware = "portal.hosts.portal_hosts_only"
    if middleware not in settings.MIDDLEWARE:
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, middleware]


@pytest.fixture
def change():
    """Changes facts of a member's agency."""
    from agencies.scope import acting_for

    def change(member, **facts):
        for name, value in facts.items():
            setattr(member.agency, name, value)
        with acting_for(member.agency_id):
            member.agency.save()
        return member.agency

    return change


@pytest.fixture
def hosted(north, change):
    """North with a portal host of its own."""
    return change(north, portal_host="Clients.North.Example", reply_to="hello@north.example")
