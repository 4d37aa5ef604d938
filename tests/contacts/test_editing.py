from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.contrib.auth.hashers import check_password
from django.db import connection
from django.utils import timezone

from agencies.digests import agency_of
from agencies.scope import acting_for
from clients.editing import ClientIsDeleted
from clients.models import Client
from contacts.editing import (
    NoSuchPerson,
    PersonChange,
    edit_with_people,
    make_primary,
    revise_people,
)
from contacts.enrolling import EmailTwice, Person, enroll
from contacts.keys import portal_key
from contacts.models import Contact
from contacts.passwords import WeakPassword


@pytest.fixture
def acme(in_north, north):
    """Ann, primary; Bob; Cem."""
    return enroll(
        in_north,
        by=north,
        people=[
            Person(first_name="Ann", email="ann@x.example", phone="1", password="Secret-1"),
            Person(first_name="Bob", email="bob@x.example"),
            Person(first_name="Cem", email="cem@x.example"),
        ],
    )


@pytest.fixture
def then():
    return timezone.now() + timedelta(days=1)


def people(client):
    return list(client.contacts.present().primary_first())


def names(client):
    return [person.first_name for person in people(client)]


def changes(*named):
    """Each a contact, or facts about a new person, or both."""
    return [
        PersonChange(facts=one) if isinstance(one, dict) else PersonChange(one[0].pk, one[1])
        for one in named
    ]


def keep(*contacts):
    return changes(*((contact, {}) for contact in contacts))


def test_only_the_facts_given_change(acme):
    ann, bob, cem = people(acme)

    revise_people(acme, changes((ann, {"first_name": "Anna"}), (bob, {}), (cem, {"email": ""})))

    anna, _, cem_now = people(acme)
    assert (anna.pk, anna.first_name, anna.email, anna.phone) == (
        ann.pk, "Anna", "ann@x.example", "1",
    )  # fmt: skip
    assert check_password("Secret-1", anna.password)
    assert portal_key(anna) == portal_key(ann)
    assert (cem_now.first_name, cem_now.email) == ("Cem", "")


def test_whoever_is_not_named_goes(acme):
    _, bob, cem = people(acme)

    revise_people(acme, keep(bob, cem))

    assert names(acme) == ["Bob", "Cem"]
    gone = Contact.objects.get(first_name="Ann")
    assert gone.deleted_at is not None
    assert not gone.is_primary


def test_somebody_without_an_id_is_new(acme, in_north):
    ann = people(acme)[0]

    revise_people(acme, [*keep(ann), *changes({"first_name": "Dan", "email": "dan@x.example"})])

    _, dan = people(acme)
    assert (dan.first_name, dan.receives_mail, dan.is_primary) == ("Dan", True, False)
    assert len(portal_key(dan)) == 32
    assert agency_of(portal_key(dan)) == in_north


@pytest.mark.parametrize("whose", ["another client's", "deleted", "unknown", "given before"])
def test_an_id_that_is_not_of_this_client_makes_a_new_person(acme, in_north, north, whose):
    ann, bob, cem = people(acme)
    other = people(enroll(in_north, by=north, people=[Person(first_name="Eve")]))[0]
    revise_people(acme, keep(ann, bob))
    pk = {"another client's": other.pk, "deleted": cem.pk, "unknown": 0, "given before": ann.pk}[
        whose
    ]

    revise_people(acme, [*keep(ann), PersonChange(pk, {"first_name": "Dan"})])

    dan = people(acme)[1]
    assert dan.first_name == "Dan"
    assert dan.pk not in (ann.pk, bob.pk, cem.pk, other.pk)
    other.refresh_from_db()
    assert (other.first_name, other.deleted_at, other.is_primary) == ("Eve", None, True)
    assert other.client_id != acme.pk


@pytest.mark.parametrize(
    ("marks", "first"),
    [
        ([None, None, None], "Cem"),
        ([False, True, False], "Bob"),
        ([False, True, True], "Bob"),
        ([True, True, True], "Cem"),
    ],
)
def test_the_first_marked_else_the_first_named_is_primary(acme, marks, first):
    named = reversed(people(acme))

    revise_people(
        acme,
        [
            PersonChange(person.pk, {} if mark is None else {"is_primary": mark})
            for person, mark in zip(named, marks, strict=True)
        ],
    )

    assert [p.first_name for p in people(acme) if p.is_primary] == [first]


def test_a_new_person_may_become_primary(acme):
    ann, bob, _ = people(acme)

    returned = revise_people(
        acme, [*keep(ann, bob), *changes({"first_name": "Dan", "is_primary": True})]
    )

    assert names(acme) == ["Dan", "Ann", "Bob"]
    assert [person.first_name for person in returned] == ["Dan", "Ann", "Bob"]
    assert [person.is_primary for person in people(acme)] == [True, False, False]


def test_nobody_leaves_a_placeholder(acme):
    revise_people(acme, [])

    (placeholder,) = people(acme)
    assert placeholder.is_placeholder
    assert placeholder.is_primary
    assert placeholder.email == ""
    assert len(portal_key(placeholder)) == 32


@pytest.mark.parametrize(
    "fact", [{"email": "ann@x.example"}, {"email": ""}, {"custom_value3": "x"}, {"job_title": "x"}]
)
def test_a_placeholder_that_is_told_about_is_one_no_more(in_north, north, fact):
    client = enroll(in_north, by=north)
    (placeholder,) = people(client)

    revise_people(client, changes((placeholder, {"last_name": "", "first_name": ""})))
    assert people(client)[0].is_placeholder

    revise_people(client, changes((placeholder, fact)))
    (ann,) = people(client)
    assert (ann.pk, ann.is_placeholder) == (placeholder.pk, False)


def test_the_client_and_its_people_are_edited_as_one_change(acme):
    ann = people(acme)[0]
    trail = Client.pgh_event_model.objects.filter(pgh_obj=acme.pk)

    edited = edit_with_people(acme, keep(ann), name="Acme", number="")

    assert (edited.name, edited.number, names(edited)) == ("Acme", "0002", ["Ann"])
    assert trail.filter(pgh_label="update").count() == 1
    assert {one.updated_at for one in Contact.objects.exclude(pk=ann.pk)} == {edited.updated_at}


def test_without_a_list_everybody_stays(acme):
    edit_with_people(acme, name="Acme")

    assert names(acme) == ["Ann", "Bob", "Cem"]


def test_two_people_may_exchange_their_addresses(acme):
    ann, bob, cem = people(acme)

    revise_people(
        acme, changes((ann, {"email": bob.email}), (bob, {"email": "ANN@x.example"}), (cem, {}))
    )

    assert [p.email for p in people(acme)] == ["bob@x.example", "ANN@x.example", "cem@x.example"]


def test_addresses_may_go_round(acme):
    ann, bob, cem = people(acme)

    revise_people(
        acme,
        changes(
            (bob, {"email": ann.email}), (cem, {"email": bob.email}), (ann, {"email": cem.email})
        ),
    )

    assert {p.first_name: p.email for p in people(acme)} == {
        "Bob": "ann@x.example", "Cem": "bob@x.example", "Ann": "cem@x.example",
    }  # fmt: skip
    assert names(acme) == ["Bob", "Ann", "Cem"]


def test_the_address_of_somebody_who_goes_is_free(acme):
    ann, bob, _ = people(acme)

    revise_people(acme, [*keep(ann, bob), *changes({"first_name": "D", "email": "cem@x.example"})])

    assert people(acme)[2].email == "cem@x.example"


def test_one_address_twice_is_refused_and_changes_nothing(acme):
    ann, bob, _ = people(acme)

    with pytest.raises(EmailTwice) as refused:
        revise_people(acme, [*keep(ann, bob), *changes({"email": "BOB@x.example"})])

    assert refused.value.positions == [1, 2]
    assert names(acme) == ["Ann", "Bob", "Cem"]


@pytest.mark.parametrize(
    ("one", "other"), [("İ@x.example", "i@x.example"), ("ΑΣ@x.example", "ασ@x.example")]
)
def test_addresses_compare_as_the_database_compares_them(acme, one, other):
    with pytest.raises(EmailTwice):
        revise_people(acme, changes({"email": one}, {"email": other}))


def test_what_only_the_database_finds_alike_is_refused_too(acme):
    # As a Turkish server would, whose letters lower otherwise.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DROP INDEX contact_email_once_per_client")
        cursor.execute(
            "CREATE UNIQUE INDEX contact_email_once_per_client ON contacts_contact"
            " (client_id, replace(email, 'ı', 'i')) WHERE email <> '' AND deleted_at IS NULL"
        )

    with pytest.raises(EmailTwice) as refused:
        revise_people(acme, changes({"email": "ı@x.example"}, {"email": "i@x.example"}))

    assert refused.value.positions == []
    assert names(acme) == ["Ann", "Bob", "Cem"]


def test_people_without_addresses_are_no_repetition(acme):
    revise_people(acme, changes({"first_name": "D"}, {"first_name": "E"}))

    assert names(acme) == ["D", "E"]


@pytest.mark.parametrize("password", ["", "*", "**********"])
def test_no_password_and_a_mask_leave_the_password(acme, password):
    ann = people(acme)[0]

    revise_people(acme, changes((ann, {"password": password})))

    assert check_password("Secret-1", people(acme)[0].password)


def test_a_password_is_replaced_and_stored_hashed(acme):
    ann = people(acme)[0]

    revise_people(acme, changes((ann, {"password": "Other-22"})))

    assert check_password("Other-22", people(acme)[0].password)


@pytest.mark.parametrize("email", ["", "a@x"])
def test_whoever_has_no_real_address_gets_no_password(acme, email):
    revise_people(acme, changes({"email": email, "password": "Other-22"}))

    assert people(acme)[0].password == ""


def test_a_weak_password_is_refused(acme):
    with pytest.raises(WeakPassword):
        revise_people(acme, changes({"email": "dan@x.example", "password": "secret"}))

    assert names(acme) == ["Ann", "Bob", "Cem"]


def test_the_primary_gets_mail_when_nobody_else_would(acme):
    ann, bob, _ = people(acme)

    revise_people(acme, changes((ann, {"receives_mail": False}), (bob, {"receives_mail": False})))

    assert [p.receives_mail for p in people(acme)] == [True, False]


def test_the_clients_moment_of_change_moves(acme):
    yesterday = timezone.now() - timedelta(days=1)
    Client.objects.update(updated_at=yesterday)
    Contact.objects.update(updated_at=yesterday)

    ann, bob, cem = people(acme)
    revise_people(acme, changes((ann, {"phone": "2"}), (bob, {"phone": ""}), (cem, {})))

    assert Client.objects.get().updated_at > yesterday
    assert [p.updated_at > yesterday for p in people(acme)] == [True, False, False]


def test_the_search_finds_the_new_people(acme):
    revise_people(acme, changes({"first_name": "Zoë"}))

    assert Client.objects.matching("zoe").exists()
    assert not Client.objects.matching("ann").exists()


def test_a_deleted_client_keeps_its_people(acme):
    Client.objects.update(deleted_at=timezone.now())

    with pytest.raises(ClientIsDeleted):
        revise_people(acme, [])

    assert names(acme) == ["Ann", "Bob", "Cem"]


def test_many_people_are_revised_with_few_statements(acme, django_assert_max_num_queries):
    revise_people(acme, changes(*({"email": f"{n}@x.example"} for n in range(100))))
    first, *others = people(acme)
    swapped = [
        PersonChange(one.pk, {"email": other.email})
        for one, other in zip(others, reversed(others), strict=True)
    ]

    with django_assert_max_num_queries(12):
        revise_people(acme, [*swapped[:80], *changes(*({"phone": str(n)} for n in range(50)))])

    assert len(people(acme)) == 130
    assert first.pk not in [p.pk for p in people(acme)]


@pytest.mark.django_db(transaction=True)
def test_lists_given_at_once_leave_exactly_one_primary(north):
    with acting_for(north.agency_id):
        client = enroll(
            north.agency, by=north, people=[Person(first_name=str(n)) for n in range(4)]
        )
        everybody = people(client)
    together = Barrier(8)

    def revise(turn):
        together.wait(10)
        try:
            with acting_for(north.agency_id):
                revise_people(
                    client,
                    [
                        PersonChange(one.pk, {"is_primary": n == turn % 4, "phone": str(turn)})
                        for n, one in enumerate(everybody)
                    ]
                    + changes({"first_name": "new", "phone": str(turn)}),
                )
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(revise, range(8)))

    with acting_for(north.agency_id):
        left = people(client)
    assert [person.is_primary for person in left] == [True, False, False, False, False]
    # One list or the other, never a mixture.
    assert len({person.phone for person in left}) == 1
    assert left[0].first_name == str(int(left[0].phone) % 4)


def test_another_person_becomes_primary(acme, then):
    ann, bob, _cem = people(acme)

    chosen = make_primary(acme, bob.pk, at=then)

    assert (chosen, chosen.is_primary) == (bob, True)
    assert names(acme) == ["Bob", "Ann", "Cem"]
    assert [person.is_primary for person in people(acme)] == [True, False, False]
    moved = {person.pk for person in people(acme) if person.updated_at == then}
    assert moved == {ann.pk, bob.pk}
    assert Client.objects.get(pk=acme.pk).updated_at == then


def test_who_is_primary_already_stays_so_untouched(acme, then):
    ann = people(acme)[0]
    before = (ann.updated_at, Client.objects.get(pk=acme.pk).updated_at)

    make_primary(acme, ann.pk, at=then)

    assert (people(acme)[0].updated_at, Client.objects.get(pk=acme.pk).updated_at) == before


def test_only_somebody_present_at_the_client_becomes_primary(acme, in_north, north, then):
    other = enroll(in_north, by=north, people=[Person(first_name="Dot")])
    bob = people(acme)[1]
    Contact.objects.filter(pk=bob.pk).update(deleted_at=then)

    for person in (bob.pk, other.contacts.get().pk, 10**9):
        with pytest.raises(NoSuchPerson):
            make_primary(acme, person, at=then)

    assert names(acme) == ["Ann", "Cem"]


def test_nobody_becomes_primary_at_a_deleted_client(acme, then):
    Client.objects.update(deleted_at=then)

    with pytest.raises(ClientIsDeleted):
        make_primary(acme, people(acme)[1].pk, at=then)


@pytest.mark.django_db(transaction=True)
def test_of_many_made_primary_at_once_one_is(north, then):
    with acting_for(north.agency_id):
        client = enroll(
            north.agency, by=north, people=[Person(first_name=str(n)) for n in range(4)]
        )
        everybody = people(client)
    together = Barrier(4)

    def choose(contact):
        together.wait(10)
        try:
            with acting_for(north.agency_id):
                make_primary(client, contact.pk, at=then)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(choose, everybody))

    with acting_for(north.agency_id):
        assert [person.is_primary for person in people(client)] == [True, False, False, False]


@pytest.mark.parametrize(
    ("change", "enters"),
    [
        ({}, True),
        ({"client__archived_at": True}, True),
        ({"client__suspended_at": True}, False),
        ({"client__deleted_at": True}, False),
        ({"deleted_at": True}, False),
        ({"is_locked": True}, False),
        ({"client": None}, False),
    ],
)
def test_who_may_enter_the_portal(acme, then, change, enters):
    bob = people(acme)[1]
    for name, value in change.items():
        of_client, _, column = name.rpartition("__")
        rows = Client.objects.filter(pk=acme.pk) if of_client else Contact.objects.filter(pk=bob.pk)
        rows.update(**{column: then if column.endswith("_at") else value})

    assert Contact.objects.get(pk=bob.pk).may_enter_portal() is enters
