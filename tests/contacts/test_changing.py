from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from agencies.digests import agency_of
from agencies.scope import acting_for
from clients.departing import ClientGone
from clients.editing import ClientIsDeleted
from clients.lifecycle import delete
from clients.models import Client
from contacts.addresses import EmailTaken
from contacts.changing import (
    ContactIsPrimary,
    add_contact,
    edit_contact,
    edit_primary,
    remove_contact,
)
from contacts.enrolling import Person, enroll
from contacts.keys import portal_key
from contacts.models import Contact


@pytest.fixture
def acme(in_north, north):
    """Ann, primary, and Bob."""
    people = [
        Person(first_name="Ann", email="ann@x.example", phone="1"),
        Person(first_name="Bob", email="bob@x.example"),
    ]
    return enroll(in_north, by=north, name="Acme", people=people)


def people(client):
    return list(client.contacts.present().primary_first())


def state(client):
    return [(c.first_name, c.email, c.is_primary) for c in people(client)]


def changed_at(client):
    return Client.objects.get(pk=client.pk).updated_at


def test_only_the_facts_given_change_and_the_client_has_changed_too(acme):
    ann, bob = people(acme)
    before = changed_at(acme)

    edit_contact(ann, first_name="Anna", email="anna@x.example")

    ann.refresh_from_db()
    assert (ann.first_name, ann.email, ann.phone) == ("Anna", "anna@x.example", "1")
    assert people(acme)[1].updated_at == bob.updated_at
    assert changed_at(acme) > before


@pytest.mark.parametrize("email", ["bob@x.example", "BOB@X.example", "cem@other.example"])
def test_an_address_of_somebody_else_is_refused(acme, in_north, north, email):
    enroll(in_north, by=north, people=[Person(email="cem@other.example")])

    with pytest.raises(EmailTaken):
        edit_contact(people(acme)[0], email=email)

    assert state(acme)[0] == ("Ann", "ann@x.example", True)


def test_ones_own_address_in_other_letters_is_no_other_one(acme):
    edit_contact(people(acme)[0], email="ANN@x.example")

    assert state(acme)[0] == ("Ann", "ANN@x.example", True)


def test_a_shared_address_can_be_kept_while_something_else_changes(acme, in_north, north):
    # Invoice Ninja lets a person be at two clients.
    enroll(in_north, by=north, people=[Person(email="ann@x.example")])

    edit_contact(people(acme)[0], email="ann@x.example", phone="2")

    assert people(acme)[0].phone == "2"


def test_who_stood_in_becomes_a_person_by_an_address(in_north, north):
    client = enroll(in_north, by=north, name="Nobody")

    edit_primary(client, email="now@x.example")

    (contact,) = people(client)
    assert (contact.email, contact.is_primary, contact.is_placeholder) == (
        "now@x.example",
        True,
        False,
    )


def test_a_primary_contact_is_made_where_there_is_none(acme):
    Contact.objects.filter(client=acme).update(deleted_at=timezone.now(), is_primary=False)

    edit_primary(acme, email="ann@x.example")

    assert state(acme) == [("", "ann@x.example", True)]


def test_somebody_new_comes_behind_the_others_with_a_key_that_works(acme):
    contact = add_contact(acme, first_name="Cem", email="cem@x.example")

    assert state(acme)[2] == ("Cem", "cem@x.example", False)
    assert agency_of(portal_key(contact)) == acme.agency


def test_the_first_real_person_takes_the_place_of_the_stand_in(in_north, north):
    client = enroll(in_north, by=north, name="Nobody")

    add_contact(client, first_name="Ann")

    assert state(client) == [("Ann", "", True)]


def test_somebody_known_without_a_client_is_made_this_clients(acme):
    known = Contact.objects.create(
        agency=acme.agency,
        last_name="Doe",
        email="Cem@x.example",
        key_seed="s" * 32,
        key_digest="d" * 64,
    )

    contact = add_contact(acme, first_name="Cem", email="cem@x.example")

    assert contact.pk == known.pk
    assert (contact.client, contact.first_name, contact.last_name) == (acme, "Cem", "Doe")


def test_somebody_removed_is_gone_and_the_address_is_free(acme):
    remove_contact(people(acme)[1], at=timezone.now())

    assert [name for name, *_ in state(acme)] == ["Ann"]
    add_contact(acme, email="bob@x.example")


def test_the_primary_contact_cannot_be_removed(acme):
    with pytest.raises(ContactIsPrimary):
        remove_contact(people(acme)[0], at=timezone.now())

    assert len(state(acme)) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda contact: edit_contact(contact, phone="2"),
        lambda contact: remove_contact(contact, at=timezone.now()),
        lambda contact: add_contact(contact.client, first_name="Cem"),
    ],
)
def test_people_of_a_client_that_went_meanwhile_do_not_change(acme, change):
    bob = people(acme)[1]
    delete(Client.objects.filter(pk=acme.pk), at=timezone.now())

    with pytest.raises(ClientIsDeleted):
        change(bob)

    Contact.objects.filter(client=acme).delete()
    Client.objects.filter(pk=acme.pk).delete()
    with pytest.raises(ClientGone):
        change(bob)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_one_address_at_once_one_gets_it(north):
    with acting_for(north.agency_id):
        clients = [enroll(north.agency, by=north, name=str(n)) for n in range(2)]
    start = Barrier(2)

    def take(client):
        try:
            with acting_for(north.agency_id):
                start.wait(timeout=30)
                edit_primary(client, email="one@x.example")
        except EmailTaken:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(take, clients))

    assert sorted(taken) == [False, True]
    with acting_for(north.agency_id):
        assert Contact.objects.filter(email="one@x.example").count() == 1
