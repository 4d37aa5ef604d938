import pytest
from django.contrib.auth.hashers import check_password
from django.db import IntegrityError, transaction

from agencies.digests import agency_of
from agencies.scope import acting_for
from clients.models import Client
from contacts.addresses import EmailTaken, claim_email
from contacts.enrolling import EmailTwice, Person, enroll
from contacts.keys import portal_key
from contacts.models import Contact


def people(client):
    return list(client.contacts.primary_first())


def test_the_first_person_is_primary(in_north, north):
    client = enroll(
        in_north, by=north, people=[Person(email="a@x.example"), Person(email="b@x.example")]
    )

    assert [(p.email, p.is_primary) for p in people(client)] == [
        ("a@x.example", True),
        ("b@x.example", False),
    ]


def test_the_first_marked_person_is_primary(in_north, north):
    client = enroll(
        in_north,
        by=north,
        people=[
            Person(email="a@x.example"),
            Person(email="b@x.example", is_primary=True),
            Person(email="c@x.example", is_primary=True),
        ],
    )

    assert [p.email for p in people(client) if p.is_primary] == ["b@x.example"]


def test_a_client_without_people_has_a_placeholder(in_north, north):
    (placeholder,) = people(enroll(in_north, by=north))

    assert placeholder.is_primary
    assert placeholder.is_placeholder
    assert placeholder.email == ""
    assert len(portal_key(placeholder)) == 40


def test_somebody_of_whom_nothing_is_known_is_a_placeholder(in_north, north):
    nobody, ann = people(enroll(in_north, by=north, people=[Person(), Person(phone="1")]))

    assert (nobody.is_placeholder, ann.is_placeholder) == (True, False)
    assert len(portal_key(nobody)) == 32


def test_a_second_primary_contact_is_refused_by_the_database(in_north, north):
    client = enroll(in_north, by=north, people=[Person(), Person()])

    with pytest.raises(IntegrityError, match="one_primary_contact"), transaction.atomic():
        client.contacts.update(is_primary=True)


@pytest.mark.parametrize("again", ["A@x.example", "a@x.example"])
def test_one_address_twice_at_a_client_is_refused(in_north, north, again):
    with pytest.raises(EmailTwice):
        enroll(in_north, by=north, people=[Person(email="a@x.example"), Person(email=again)])

    assert not Client.objects.exists()


def test_letters_that_python_lowers_otherwise_do_not_get_past(in_north, north):
    with pytest.raises(EmailTwice):
        enroll(
            in_north, by=north, people=[Person(email="i@x.example"), Person(email="İ@x.example")]
        )


def test_the_primary_gets_mail_when_nobody_else_would(in_north, north):
    client = enroll(
        in_north, by=north, people=[Person(receives_mail=False), Person(receives_mail=False)]
    )

    assert [p.receives_mail for p in people(client)] == [True, False]


def test_a_password_is_stored_hashed(in_north, north):
    (person,) = people(enroll(in_north, by=north, people=[Person(password="Secret-123")]))

    assert check_password("Secret-123", person.password)
    assert "Secret" not in repr(Person(password="Secret-123"))


def test_the_portal_key_is_stable_and_leads_to_the_agency(in_north, north):
    (person,) = people(enroll(in_north, by=north, people=[Person(email="a@x.example")]))
    again = Contact.objects.get()

    key = portal_key(person)

    assert key == portal_key(again)
    assert len(key) == 32
    assert key.isalnum()
    assert agency_of(key) == in_north
    assert key not in str(vars(again))


def test_a_claimed_address_is_free(in_north):
    assert claim_email(in_north, "a@x.example") is None


def test_an_address_at_a_client_is_taken_whatever_its_case(in_north, north):
    client = enroll(in_north, by=north, people=[Person(email="Ann@X.example")])

    with pytest.raises(EmailTaken) as taken:
        claim_email(in_north, "ann@x.EXAMPLE")

    assert taken.value.client == client


def test_an_address_with_odd_letters_is_taken_too(in_north, north):
    enroll(in_north, by=north, people=[Person(email="a@İstanbul.example")])

    with pytest.raises(EmailTaken):
        claim_email(in_north, "A@İstanbul.example")


def test_people_of_deleted_clients_do_not_hold_an_address(in_north, north):
    enroll(in_north, by=north, people=[Person(email="a@x.example")])
    Client.objects.update(deleted_at="2026-01-01T00:00Z")

    assert claim_email(in_north, "a@x.example") is None


def test_members_hold_their_address_only_where_asked(in_north):
    assert claim_email(in_north, "nora@north.example") is None

    with pytest.raises(EmailTaken):
        claim_email(in_north, "NORA@north.example", members_too=True)


def test_another_agency_does_not_hold_an_address(north, south):
    with acting_for(south.agency_id):
        enroll(south.agency, by=south, people=[Person(email="a@x.example")])

    with acting_for(north.agency_id):
        assert claim_email(north.agency, "a@x.example") is None


def test_somebody_known_keeps_what_is_not_said(in_north, north):
    known = Contact.objects.create(
        agency=in_north, email="a@x.example", phone="123", key_seed="s", key_digest="d"
    )

    client = enroll(in_north, by=north, people=[Person(first_name="Ann", known_as=known)])

    (person,) = people(client)
    assert (person.pk, person.first_name, person.phone, person.is_primary) == (
        known.pk,
        "Ann",
        "123",
        True,
    )
