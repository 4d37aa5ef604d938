"""Whether a client has access to the portal, as each dialect's changes move it."""

import pytest
from django.utils import timezone

from agencies.scope import acting_for
from api.invoiceninja import ids as ninja_ids
from api.native.ids import encode
from clients.models import Client
from contacts.enrolling import Person, enroll
from contacts.mailing import opened
from contacts.models import Contact
from portal.inviting import accept
from portal.models import Invite


@pytest.fixture
def acme(north):
    people = [
        Person(first_name="Ann", email="ann@acme.example"),
        Person(first_name="Bob", email="bob@acme.example"),
    ]
    with acting_for(north.agency_id):
        return enroll(north.agency, by=north, name="Acme", people=people)


class Hub:
    """One client and its two people, through all three dialects with one key."""

    def __init__(self, doors, acme):
        self.doors, self.pk = doors, acme.pk
        self.native = f"/v1/clients/{encode('client', acme.pk)}"
        self.grow = f"/api/clients/{acme.pk}"
        self.ninja = f"/api/v1/clients/{ninja_ids.encode(acme.pk)}"
        ann, bob = acme.contacts.order_by("id")
        self.ann, self.bob = encode("contact", ann.pk), encode("contact", bob.pk)
        self.bobs_number = bob.pk

    def do(self, door, verb, path, body=None):
        response = getattr(self.doors[door], verb)(path, body)
        assert response.status_code < 300, response.content
        return response.json() if response.content else None

    def invite(self, whom=None):
        self.do("native", "post", f"{self.native}/invite", {"contact_id": whom} if whom else {})

    def has_access(self):
        return self.do("native", "get", self.native)["portal_access"]

    def revise_people(self, change):
        """Sends the people back through Invoice Ninja's dialect, changed."""
        people = self.do("invoiceninja", "get", self.ninja)["data"]["contacts"]
        kept = [person for person in people if change(person) is not False]
        self.do("invoiceninja", "put", self.ninja, {"contacts": kept})


@pytest.fixture
def hub(doors, key, north, acme):
    with acting_for(north.agency_id):
        return Hub(doors(key(north)), acme)


def rename_by_native(hub):
    hub.do("native", "patch", hub.native, {"email": "ann@new.example"})


def rename_the_person_by_native(hub):
    hub.do("native", "patch", f"/v1/contacts/{hub.ann}", {"email": "ann@new.example"})


def rename_by_ninja(hub):
    def change(person):
        if person["first_name"] == "Ann":
            person["email"] = "ann@new.example"

    hub.revise_people(change)


def drop_by_ninja(hub):
    hub.revise_people(lambda person: person["first_name"] != "Ann")


def hand_over_and_drop(hub):
    hub.do("growcrm", "put", f"{hub.grow}/owner", {"owner": hub.bobs_number})
    hub.do("native", "delete", f"/v1/contacts/{hub.ann}")


def revoke_by_native(hub):
    invite = hub.do("native", "get", "/v1/invites")["data"][-1]["id"]
    hub.do("native", "post", f"/v1/invites/{invite}/revoke", {})


ENDS = [
    rename_by_native,
    rename_the_person_by_native,
    rename_by_ninja,
    drop_by_ninja,
    hand_over_and_drop,
    revoke_by_native,
]


@pytest.mark.parametrize("end", ENDS)
def test_access_ends_with_the_only_invitation(hub, end):
    hub.invite()
    assert hub.has_access() is True

    end(hub)

    assert hub.has_access() is False


@pytest.mark.parametrize("end", ENDS)
def test_access_stays_while_somebody_elses_invitation_stands(hub, end):
    hub.invite()
    hub.invite(hub.bob)

    end(hub)

    assert hub.has_access() is True


@pytest.mark.parametrize("rename", ENDS[:3])
def test_who_came_in_stays_in_under_a_new_address(hub, north, rename):
    hub.invite()
    with acting_for(north.agency_id):
        letter = opened(Invite.objects.get().mail).text
    accept(letter.partition("/invite/")[2].split()[0], agency=north.agency, at=timezone.now())

    rename(hub)

    assert hub.has_access() is True


def test_access_comes_back_with_a_new_invitation(hub):
    hub.invite()
    rename_by_native(hub)

    hub.invite()

    assert hub.has_access() is True


def test_a_new_owner_changes_nothing_for_who_was_invited(hub):
    hub.invite()

    hub.do("growcrm", "put", f"{hub.grow}/owner", {"owner": hub.bobs_number})

    assert hub.has_access() is True


def test_suspending_closes_and_resuming_opens_again(hub):
    hub.invite()

    hub.do("growcrm", "put", f"{hub.grow}/status", {"status": "suspended"})
    assert hub.has_access() is False
    hub.do("growcrm", "put", f"{hub.grow}/status", {"status": "active"})

    assert hub.has_access() is True


def test_what_was_taken_back_while_suspended_stays_closed(hub):
    hub.invite()
    hub.do("growcrm", "put", f"{hub.grow}/status", {"status": "suspended"})
    revoke_by_native(hub)

    hub.do("growcrm", "put", f"{hub.grow}/status", {"status": "active"})

    assert hub.has_access() is False


def test_a_deleted_client_comes_back_with_its_access(hub):
    hub.invite()
    hub.do("invoiceninja", "delete", hub.ninja)

    ids = [hub.ninja.rpartition("/")[2]]
    hub.do("invoiceninja", "post", "/api/v1/clients/bulk", {"action": "restore", "ids": ids})

    assert hub.has_access() is True


def test_locking_the_only_invited_person_closes_and_unlocking_opens(hub, north):
    hub.invite()
    for locked in (True, False):
        with acting_for(north.agency_id):
            Contact.objects.filter(first_name="Ann").update(is_locked=locked)

        assert hub.has_access() is not locked


def test_a_person_nobody_invited_moves_nothing(hub, north):
    with acting_for(north.agency_id):
        # As brought along from another system, where nobody kept the invitations.
        Client.objects.update(invited_at=timezone.now())
        Contact.objects.update(is_locked=True)

    assert hub.has_access() is True


def test_lists_and_filters_know_it_too(hub):
    hub.invite()
    rename_by_native(hub)

    assert [row["portal_access"] for row in hub.do("native", "get", "/v1/clients")["data"]] == [
        False
    ]
    assert hub.do("native", "get", "/v1/clients?portal_access=true")["data"] == []


def test_what_waits_for_the_old_mailbox_is_withdrawn(hub, north):
    hub.invite()

    rename_by_native(hub)

    with acting_for(north.agency_id):
        mail = Invite.objects.get().mail
        assert (mail.status, mail.reason, bytes(mail.content)) == ("failed", "withdrawn", b"")
