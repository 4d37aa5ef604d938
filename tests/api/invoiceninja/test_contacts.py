"""The people that come with a new client, and the name a client without one shows."""

import pytest
from django.contrib.auth.hashers import check_password

from agencies.scope import acting_for
from contacts.models import Contact

A, B, C = ({"email": f"{letter}@x.example"} for letter in "abc")
NOBODY = [
    [],
    [{}],
    {},
    [None],
    [{"first_name": " ", "email": " ", "password": "**********", "is_primary": True}],
]


def is_blank(contact):
    texts = ("first_name", "last_name", "phone", "password", "custom_value1")
    return contact["is_primary"] and contact["send_email"] and not any(contact[t] for t in texts)


@pytest.mark.parametrize("sent", [{}, {"contacts": None}, {"contacts": ""}])
def test_without_contacts_a_new_client_has_a_blank_one_whose_email_is_a_space(create, sent):
    client = create(**sent)

    (contact,) = client["contacts"]
    assert is_blank(contact)
    assert client["display_name"] == " "
    assert (contact["email"], len(contact["contact_key"])) == (" ", 40)


@pytest.mark.parametrize("contacts", NOBODY)
def test_a_list_of_contacts_without_people_makes_one_blank_contact_without_email(create, contacts):
    (contact,) = create(contacts=contacts)["contacts"]

    assert is_blank(contact)
    assert (contact["email"], len(contact["contact_key"])) == ("", 32)


@pytest.mark.parametrize(
    ("flags", "emails"),
    [
        ([None, None, None], ["a", "b", "c"]),
        ([False, False, True], ["c", "a", "b"]),
        ([False, True, True], ["b", "c", "a"]),
        (["0", "1", "false"], ["b", "a", "c"]),
    ],
)
def test_exactly_the_first_marked_person_is_primary_and_shown_first(create, flags, emails):
    sent = [person | {"is_primary": flag} for person, flag in zip((A, B, C), flags, strict=True)]

    contacts = create(contacts=sent)["contacts"]

    assert [c["email"][0] for c in contacts] == emails
    assert [c["is_primary"] for c in contacts] == [True, False, False]


def test_the_primary_contact_is_shown_first_whoever_came_first(north, ninja, create):
    create(contacts=[A, B])
    with acting_for(north.agency_id):
        Contact.objects.filter(email=A["email"]).update(is_primary=False)
        Contact.objects.filter(email=B["email"]).update(is_primary=True)

    contacts = ninja(north).get("/api/v1/clients").json()["data"][0]["contacts"]

    assert [c["email"][0] for c in contacts] == ["b", "a"]


@pytest.mark.parametrize(
    ("flags", "shown"),
    [([None, None], [True, True]), ([False, False], [True, False]), ([False, True], [False, True])],
)
def test_somebody_always_receives_mail(create, flags, shown):
    sent = [person | {"send_email": flag} for person, flag in zip((A, B), flags, strict=True)]

    assert [c["send_email"] for c in create(contacts=sent)["contacts"]] == shown


@pytest.mark.parametrize("contacts", [A, {"0": A}, {"3": A}])
def test_one_object_is_as_good_as_a_list(create, contacts):
    assert [c["email"] for c in create(contacts=contacts)["contacts"]] == ["a@x.example"]


def test_a_password_is_stored_hashed_and_shown_as_a_mask(north, create):
    client = create(contacts=[A | {"password": " Passw0rd "}, B])

    assert [c["password"] for c in client["contacts"]] == ["**********", ""]
    with acting_for(north.agency_id):
        assert check_password(" Passw0rd ", Contact.objects.get(email="a@x.example").password)


@pytest.mark.parametrize("password", ["**********", "*", "", None])
def test_the_mask_is_no_password(create, password):
    assert create(contacts=[A | {"password": password}])["contacts"][0]["password"] == ""


def test_without_an_address_there_is_no_password(create):
    contact = create(contacts=[{"first_name": "Ann", "password": "Passw0rd"}])["contacts"][0]

    assert (contact["first_name"], contact["email"], contact["password"]) == ("Ann", "", "")


def test_what_a_contact_is_given_by_the_house_is_ignored(create):
    contact = create(
        contacts=[
            A
            | {
                "id": "Wjneg56bwZ",
                "contact_key": "k" * 32,
                "link": "https://elsewhere.example",
                "is_locked": True,
                "last_login": 5,
            }
        ]
    )["contacts"][0]

    assert contact["contact_key"] != "k" * 32
    assert contact["link"].startswith("http://localhost:8000/client/key_login/")
    assert (contact["is_locked"], contact["last_login"]) == (False, 0)


def test_two_clients_may_know_the_same_person(create):
    create(contacts=[A])

    assert create(contacts=[A])["contacts"][0]["email"] == "a@x.example"


@pytest.mark.parametrize(
    ("name", "contact", "shown"),
    [
        ("Acme", {"first_name": "Ann"}, "Acme"),
        ("AB", {"first_name": "Ann"}, "AB"),
        ("A", {"first_name": "Ann", "last_name": "Lee"}, "Ann Lee"),
        ("", {"first_name": "Ann"}, "Ann "),
        ("", {"last_name": "Lee", "email": "lee@x.example"}, " Lee"),
        ("", {"email": "lee@x.example"}, "lee@x.example"),
        ("", {"phone": "1"}, "No Contact Set"),
        ("", {}, "No Contact Set"),
        ("王", {"first_name": "Ann"}, "王"),
    ],
)
def test_a_client_without_a_name_is_called_by_its_first_contact(create, name, contact, shown):
    assert create(name=name, contacts=[contact])["display_name"] == shown
