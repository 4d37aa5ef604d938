"""`contacts` of a PUT: the list that is sent is the whole list."""

import pytest
from django.contrib.auth.hashers import check_password

from agencies.scope import acting_for
from api.invoiceninja.ids import decode
from contacts.models import Contact

LIST = "/api/v1/clients"
ANN = {"first_name": "Ann", "email": "ann@x.example", "phone": "1", "password": "Passw0rd"}
BOB = {"first_name": "Bob", "email": "bob@x.example"}
CEM = {"first_name": "Cem", "email": "cem@x.example", "send_email": False}


@pytest.fixture
def acme(create):
    """Ann, primary; Bob; Cem, who gets no mail."""
    return create(name="Acme", contacts=[ANN, BOB, CEM])


@pytest.fixture
def put(north, ninja):
    def put(client, **sent):
        response = ninja(north).put(f"{LIST}/{client['id']}", sent)
        assert response.status_code == 200, response.content
        return response.json()["data"]

    return put


def names(client):
    return [contact["first_name"] for contact in client["contacts"]]


def column(client, key):
    return [contact[key] for contact in client["contacts"]]


def stored(contact):
    """Only inside a scope."""
    return Contact.objects.get(pk=decode(contact["id"]))


def test_without_the_key_everybody_stays_untouched(acme, put):
    assert put(acme, name="New")["contacts"] == acme["contacts"]
    assert put(acme, contacts=None)["contacts"] == acme["contacts"]


def test_whoever_is_not_in_the_list_is_gone(acme, put, north):
    changed = put(acme, contacts=acme["contacts"][1:])

    assert names(changed) == ["Bob", "Cem"]
    with acting_for(north.agency_id):
        assert stored(acme["contacts"][0]).deleted_at is not None


def test_staff_revise_people_and_take_nobody_away(acme, north, join, ninja):
    path, staff = f"{LIST}/{acme['id']}", ninja(join(north, "staff"))

    refused = staff.put(path, {"name": "Emca", "contacts": acme["contacts"][1:]})
    added = staff.put(path, {"contacts": [*acme["contacts"], {"first_name": "Dan"}]})

    assert (refused.status_code, refused.json()["message"]) == (
        401,
        "This action is unauthorized.",
    )
    assert (added.status_code, added.json()["data"]["name"]) == (200, "Acme")
    assert names(added.json()["data"]) == ["Ann", "Bob", "Cem", "Dan"]


def test_staff_may_name_whom_a_placeholder_stood_in_for(create, north, join, ninja):
    blank = create(name="Blank")

    named = ninja(join(north, "staff")).put(f"{LIST}/{blank['id']}", {"contacts": [ANN]})

    assert (named.status_code, names(named.json()["data"])) == (200, ["Ann"])


def test_of_somebody_in_the_list_only_what_is_sent_changes(acme, put):
    ann, bob, cem = acme["contacts"]

    changed = put(acme, contacts=[{"id": ann["id"], "phone": "2"}, bob, cem | {"email": ""}])

    assert changed["contacts"][0] == ann | {
        "phone": "2",
        "updated_at": changed["contacts"][0]["updated_at"],
    }
    assert column(changed, "email") == ["ann@x.example", "bob@x.example", ""]


@pytest.mark.parametrize("new", [{}, {"id": None}, {"id": 5}, {"id": "5"}, {"id": "nonsense"}])
def test_somebody_without_a_known_id_is_new_with_a_key_of_their_own(acme, put, new):
    changed = put(acme, contacts=[*acme["contacts"], new | {"first_name": "Dan"}])

    dan = changed["contacts"][3]
    assert (dan["first_name"], dan["is_primary"], dan["send_email"]) == ("Dan", False, True)
    assert len(dan["contact_key"]) == 32
    assert dan["contact_key"] not in column(acme, "contact_key")


@pytest.mark.parametrize("whose", ["another client's", "a stranger's"])
def test_somebody_elses_id_is_new_here_and_stays_there(acme, put, create, south, ninja, whose):
    if whose == "another client's":
        other = create(contacts=[{"first_name": "Eve"}])
    else:
        sent = {"contacts": [{"first_name": "Eve"}]}
        other = ninja(south).post(LIST, sent).json()["data"]
    eve = other["contacts"][0]

    changed = put(acme, contacts=[{"id": eve["id"], "first_name": "Dan"}])

    (dan,) = changed["contacts"]
    assert (dan["first_name"], dan["is_primary"]) == ("Dan", True)
    assert dan["id"] != eve["id"]
    assert dan["contact_key"] != eve["contact_key"]
    api = ninja(south) if whose == "a stranger's" else None
    if api:
        assert api.get(f"{LIST}/{other['id']}").json()["data"] == other
    else:
        assert put(other)["contacts"] == [eve]


def test_one_id_twice_is_one_person_and_a_new_one(acme, put):
    ann = acme["contacts"][0]

    changed = put(acme, contacts=[ann, {"id": ann["id"], "first_name": "Ann's double"}])

    assert names(changed) == ["Ann", "Ann's double"]
    assert changed["contacts"][0]["id"] == ann["id"] != changed["contacts"][1]["id"]


@pytest.mark.parametrize(
    ("flags", "order"),
    [
        ([None, None, None], ["Cem", "Ann", "Bob"]),
        ([False, True, False], ["Bob", "Ann", "Cem"]),
        ([False, True, True], ["Bob", "Ann", "Cem"]),
        ([True, True, True], ["Cem", "Ann", "Bob"]),
        (["0", "0", "1"], ["Ann", "Bob", "Cem"]),
    ],
)
def test_the_first_marked_else_the_first_listed_is_the_only_primary(acme, put, flags, order):
    sent = [
        {"id": contact["id"]} | ({} if flag is None else {"is_primary": flag})
        for contact, flag in zip(reversed(acme["contacts"]), flags, strict=True)
    ]

    changed = put(acme, contacts=sent)

    # Shown: the primary first, then as they came to be.
    assert names(changed) == order
    assert column(changed, "is_primary") == [True, False, False]


def test_a_new_contact_that_is_marked_goes_first(acme, put):
    changed = put(acme, contacts=[*acme["contacts"], {"first_name": "Dan", "is_primary": 1}])

    # Ann is marked too, and was listed before.
    assert names(changed)[0] == "Ann"
    ann, bob, cem = (contact | {"is_primary": False} for contact in acme["contacts"])
    changed = put(acme, contacts=[ann, bob, cem, {"first_name": "Eve", "is_primary": 1}])
    assert (names(changed)[0], column(changed, "is_primary")) == ("Eve", [True] + [False] * 3)


def test_the_primary_gets_mail_where_nobody_else_would(acme, put):
    silent = [{"id": contact["id"], "send_email": False} for contact in acme["contacts"]]

    assert column(put(acme, contacts=silent), "send_email") == [True, False, False]
    assert column(put(acme, contacts=[*silent, {"first_name": "Dan"}]), "send_email") == [
        False, False, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize("nobody", [[], [{}], {}, [None]])
def test_a_list_without_people_leaves_one_blank_contact_without_email(acme, put, nobody):
    changed = put(acme, contacts=nobody)

    (blank,) = changed["contacts"]
    assert (blank["first_name"], blank["email"], blank["phone"]) == ("", "", "")
    assert (blank["is_primary"], blank["send_email"], blank["password"]) == (True, True, "")
    assert len(blank["contact_key"]) == 32
    assert blank["id"] not in column(acme, "id")


@pytest.mark.parametrize("wrap", [lambda one: one, lambda one: {"0": one}])
def test_one_object_is_as_good_as_a_list(acme, put, wrap):
    bob = acme["contacts"][1]

    changed = put(acme, contacts=wrap({"id": bob["id"], "phone": "7"}))

    assert (names(changed), column(changed, "phone")) == (["Bob"], ["7"])
    assert column(changed, "id") == [bob["id"]]


def test_a_blank_contact_whose_email_is_a_space_has_none_once_it_is_sent_back(create, put):
    client = create(name="Acme")
    assert column(client, "email") == [" "]

    changed = put(client, contacts=client["contacts"])

    assert column(changed, "email") == [""]
    assert column(changed, "contact_key") == column(client, "contact_key")


def test_a_blank_contact_that_is_told_about_is_one_no_more(create, put, north):
    client = create(name="Acme")
    blank = client["contacts"][0]

    (ann,) = put(client, contacts=[{"id": blank["id"], "first_name": "Ann"}])["contacts"]

    assert (ann["id"], ann["first_name"], ann["email"]) == (blank["id"], "Ann", "")
    with acting_for(north.agency_id):
        assert not stored(ann).is_placeholder


@pytest.mark.parametrize("password", ["**********", "*", "", None])
def test_no_password_and_a_mask_leave_the_password_as_it_is(acme, put, north, password):
    ann = acme["contacts"][0]

    changed = put(acme, contacts=[{"id": ann["id"], "password": password}])

    assert column(changed, "password") == ["**********"]
    with acting_for(north.agency_id):
        assert check_password("Passw0rd", stored(ann).password)


def test_a_password_is_replaced_and_stored_hashed(acme, put, north):
    ann, bob = acme["contacts"][:2]
    new = " N3w password "

    changed = put(acme, contacts=[ann | {"password": new}, bob | {"password": new}])

    assert column(changed, "password") == ["**********"] * 2
    with acting_for(north.agency_id):
        for contact in (ann, bob):
            assert stored(contact).password != new
            assert check_password(new, stored(contact).password)


def test_a_password_without_an_address_is_ignored(acme, put, north):
    sent = [{"first_name": "Dan", "password": "Passw0rd"}, {"id": acme["contacts"][1]["id"]}]
    sent[1] |= {"email": "", "password": "Passw0rd"}

    assert column(put(acme, contacts=sent), "password") == ["", ""]


@pytest.mark.parametrize("password", ["Abc123", "abcdefg1", "ABCDEFG1", "Abcdefgh", "*******a1"])
def test_a_weak_password_is_refused_and_nothing_changes(acme, north, ninja, password):
    api, path = ninja(north), f"{LIST}/{acme['id']}"
    sent = {"name": "New", "contacts": [BOB, ANN | {"password": password}]}

    answer = api.put(path, sent)

    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["contacts.1.password"])
    assert api.get(path).json()["data"] == acme


def test_contact_keys_locks_links_and_visits_are_not_for_callers(acme, put):
    sent = [
        contact | {"contact_key": "k" * 32, "is_locked": True, "link": "x", "last_login": 5}
        for contact in acme["contacts"]
    ]

    assert put(acme, contacts=sent)["contacts"] == acme["contacts"]


@pytest.mark.parametrize(
    ("sent", "twice"),
    [
        ([{"email": "d@x.example"}, {"email": "c@x.example"}, {"email": "D@x.example"}], [0, 2]),
        # Whoever is in the list without an address keeps the one that is stored.
        ([{"email": "ann@x.example"}, {"id": "ann"}], [0, 1]),
    ],
)
def test_two_contacts_cannot_share_an_address(acme, north, ninja, sent, twice):
    api, path = ninja(north), f"{LIST}/{acme['id']}"
    people = [one | ({"id": acme["contacts"][0]["id"]} if "id" in one else {}) for one in sent]

    answer = api.put(path, {"name": "New", "contacts": people})

    assert answer.status_code == 422
    assert answer.json()["errors"] == {
        f"contacts.{n}.email": [f"The contacts.{n}.email field has a duplicate value."]
        for n in twice
    }
    assert api.get(path).json()["data"] == acme


def test_two_contacts_may_exchange_their_addresses(acme, put):
    ann, bob, cem = acme["contacts"]
    sent = [ann | {"email": bob["email"]}, bob | {"email": ann["email"]}, cem]

    assert column(put(acme, contacts=sent), "email") == [
        "bob@x.example", "ann@x.example", "cem@x.example",
    ]  # fmt: skip


def test_the_address_of_somebody_who_is_gone_may_be_given_again(acme, put):
    changed = put(acme, contacts=[{"first_name": "Ann's heir", "email": "ann@x.example"}])

    assert changed["contacts"][0]["id"] != acme["contacts"][0]["id"]


@pytest.mark.parametrize("value", ["Ann", 5, True, [5], [["a"]]])
def test_contacts_that_are_no_list_of_objects_are_refused(acme, north, ninja, value):
    answer = ninja(north).put(f"{LIST}/{acme['id']}", {"contacts": value})

    assert answer.status_code == 422
    assert set(answer.json()["errors"]) <= {"contacts", "contacts.0"}


def test_a_form_with_brackets_revises_contacts(acme, north, ninja):
    bob = acme["contacts"][1]["id"]
    form = (
        f"_method=PUT&contacts[0][id]={bob}&contacts[0][phone]=7&contacts[0][send_email]=0"
        "&contacts[1][first_name]=Dan&contacts[1][is_primary]=1"
    )

    answer = ninja(north).post(
        f"{LIST}/{acme['id']}", form, content_type="application/x-www-form-urlencoded"
    )

    dan, bob_now = answer.json()["data"]["contacts"]
    assert (dan["first_name"], dan["is_primary"], dan["send_email"]) == ("Dan", True, True)
    assert (bob_now["id"], bob_now["phone"], bob_now["send_email"]) == (bob, "7", False)


def test_a_name_that_falls_to_the_contacts_is_final_in_the_answer(create, put):
    client = create(contacts=[BOB])

    assert put(client, contacts=[ANN | {"last_name": "Lee"}])["display_name"] == "Ann Lee"
