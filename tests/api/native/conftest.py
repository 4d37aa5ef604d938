import pytest

from agencies.scope import acting_for
from api.native.ids import encode
from contacts.enrolling import Person, enroll


@pytest.fixture
def api(north, bearer):
    """North's own caller, with a full key."""
    return bearer(north)


@pytest.fixture
def reader(north, bearer):
    """North's caller who may read everything and write nothing."""
    return bearer(north, scopes=["clients:read", "projects:read", "invoices:read", "files:read"])


@pytest.fixture
def enrolled():
    """Makes a client of a member's agency with one person; returns it."""

    def enrolled(owner, name="Acme", email="", **facts):
        with acting_for(owner.agency_id):
            people = [Person(email=email or f"{name}@x.example".lower().replace(" ", "."))]
            return enroll(owner.agency, by=owner, name=name, people=people, **facts)

    return enrolled


@pytest.fixture
def acme(north, enrolled):
    return enrolled(north)


@pytest.fixture
def acme_id(acme):
    return encode("client", acme.pk)


@pytest.fixture
def walk():
    """All rows of a list, page by page."""

    def walk(api, path):
        rows, cursor = [], ""
        joint = "&" if "?" in path else "?"
        while cursor is not None:
            page = api.get(path + (f"{joint}cursor={cursor}" if cursor else "")).json()
            rows += page["data"]
            cursor = page["meta"].get("next_cursor")
        return rows

    return walk


@pytest.fixture
def nobodies():
    """Ids that name nothing: of a kind, of another kind, of no kind, and too long for any."""

    def nobodies(kind):
        return [
            encode(kind, 10**9),
            encode("agency", 1),
            f"{kind}_",
            "12",
            f"{kind}_" + "a" * 3000,
            f"{kind}_é",
            "%00",
        ]

    return nobodies
