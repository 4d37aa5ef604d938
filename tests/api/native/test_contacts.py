import pytest
from django.utils import timezone

from agencies.scope import acting_for
from api.native.ids import encode
from billing.merging import merge
from clients.lifecycle import delete
from clients.models import Client
from contacts.enrolling import enroll
from contacts.models import Contact

ANN = {
    "first_name": "Ann",
    "last_name": "Other",
    "email": "ann@x.example",
    "phone": "1",
    "job_title": "CEO",
    "receives_mail": False,
}


@pytest.fixture
def ann(api, acme_id):
    return api.post("/v1/contacts", ANN | {"client_id": acme_id}).json()


def primary_of(api, client_id):
    found = api.get(f"/v1/contacts?client_id={client_id}&primary=true").json()["data"]
    assert len(found) == 1
    return found[0]


def test_a_contact_is_shown_with_its_client(ann, acme_id):
    assert ann == ANN | {
        "id": ann["id"],
        "client": {"id": acme_id, "name": "Acme"},
        "primary": False,
        "portal_last_seen": None,
        "created_at": ann["created_at"],
        "updated_at": ann["updated_at"],
    }


def test_little_needs_to_be_said_but_something(api, acme_id):
    named = api.post("/v1/contacts", {"client_id": acme_id, "first_name": "Bob"})
    nobody = api.post("/v1/contacts", {"client_id": acme_id, "job_title": "CEO", "email": None})

    assert named.status_code == 201
    assert [named.json()[name] for name in ("last_name", "email", "phone")] == [None] * 3
    assert (nobody.status_code, nobody.json()["error"]["param"]) == (422, "email")


def test_a_client_has_to_be_said_and_to_be_there(api, south, enrolled, acme_id):
    theirs = encode("client", enrolled(south).pk)
    answers = [
        api.post("/v1/contacts", ANN | more)
        for more in (
            {"client_id": theirs},
            {"client_id": encode("client", 10**9)},
            {"client_id": "client_" + "a" * 3000},
            {"client_id": 12},
            {"client_id": None},
            {},
        )
    ]

    assert {answer.status_code for answer in answers} == {422}
    assert {answer.json()["error"]["param"] for answer in answers} == {"client_id"}
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize("email", ["Acme@X.example", "beta@x.example"])
def test_an_address_that_is_taken_names_its_client(api, north, enrolled, ann, acme_id, email):
    beta = encode("client", enrolled(north, "Beta").pk)
    holder = beta if email == "beta@x.example" else acme_id

    for answer in (
        api.post("/v1/contacts", {"client_id": acme_id, "email": email}),
        api.patch(f"/v1/contacts/{ann['id']}", {"phone": "2", "email": email}),
    ):
        assert answer.status_code == 409
        assert answer.json()["error"]["code"] == "email_taken"
        assert holder in answer.json()["error"]["message"]
    assert api.get(f"/v1/contacts/{ann['id']}").json() == ann


def test_null_empties_what_may_be_empty(api, ann):
    emptied = dict.fromkeys(["last_name", "email", "phone", "job_title"])

    changed = api.patch(f"/v1/contacts/{ann['id']}", emptied).json()

    assert changed == ann | emptied | {"updated_at": changed["updated_at"]}


def test_who_is_made_primary_gives_the_client_its_address(api, ann, acme_id):
    former = primary_of(api, acme_id)

    made = api.post(f"/v1/contacts/{ann['id']}/make_primary", {})

    assert (made.status_code, made.json()["primary"]) == (200, True)
    assert api.get(f"/v1/contacts/{former['id']}").json()["primary"] is False
    assert api.get(f"/v1/clients/{acme_id}").json()["email"] == "ann@x.example"
    assert api.post(f"/v1/contacts/{ann['id']}/make_primary", {}).json() == made.json()


def test_the_primary_contact_keeps_an_address_and_stays(api, acme_id, ann):
    primary = primary_of(api, acme_id)
    path = f"/v1/contacts/{primary['id']}"

    emptied = api.patch(path, {"email": None})
    removed = api.delete(path)
    api.patch(f"/v1/contacts/{ann['id']}", {"email": None})
    unreachable = api.post(f"/v1/contacts/{ann['id']}/make_primary", {})

    assert (emptied.status_code, emptied.json()["error"]["param"]) == (422, "email")
    assert (removed.status_code, removed.json()["error"]["code"]) == (409, "contact_is_primary")
    assert (unreachable.status_code, unreachable.json()["error"]["code"]) == (422, "email_needed")
    assert primary_of(api, acme_id) == primary


def test_a_lost_update_does_not_change_who_is_primary(api, ann):
    path = f"/v1/contacts/{ann['id']}"
    tag = api.get(path)["ETag"]
    api.patch(path, {"phone": "9"})

    answer = api.post(f"{path}/make_primary", {}, headers={"If-Match": tag})

    assert answer.status_code == 412
    assert api.get(path).json()["primary"] is False


def test_a_removed_contact_leaves_its_address_to_others(api, ann, acme_id):
    api.delete(f"/v1/contacts/{ann['id']}")

    assert api.post("/v1/contacts", ANN | {"client_id": acme_id}).status_code == 201


def test_a_stand_in_is_nobody(api, north):
    with acting_for(north.agency_id):
        client = enroll(north.agency, by=north, name="Nobody")
        stand_in = Contact.objects.get(client=client)

    assert api.get("/v1/contacts").json()["data"] == []
    assert api.get(f"/v1/contacts/{encode('contact', stand_in.pk)}").status_code == 404


def test_somebody_at_no_client_is_there(api, north):
    with acting_for(north.agency_id):
        alone = Contact.objects.create(
            agency=north.agency, first_name="Al", key_seed="s" * 32, key_digest="d" * 64
        )
    path = f"/v1/contacts/{encode('contact', alone.pk)}"

    assert api.get(path).json()["client"] is None
    assert api.patch(path, {"first_name": "Alf"}).json()["first_name"] == "Alf"
    assert api.post(f"{path}/make_primary", {}).status_code == 422
    assert api.delete(path).status_code == 200


def test_people_of_a_deleted_client_are_not_there(api, north, ann, acme_id):
    with acting_for(north.agency_id):
        delete(Client.objects.all(), at=timezone.now())

    assert api.get("/v1/contacts").json()["data"] == []
    for answer in (
        api.get(f"/v1/contacts/{ann['id']}"),
        api.patch(f"/v1/contacts/{ann['id']}", {"phone": "2"}),
        api.post(f"/v1/contacts/{ann['id']}/make_primary", {}),
    ):
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("sort=name", "AcZoe AAnn O"),
        ("q=OTHER", "Ann O"),
        ("q=ann%20other", ""),
        ("email=ANN@x.example", "Ann O"),
        ("email=ann", ""),
        ("primary=true", "Ac"),
        ("receives_mail=false", "Ann O"),
        ("portal_last_seen=gt:2026-01-01", ""),
        ("updated_since=2026-01-01&sort=email", "AcAnn OZoe A"),
    ],
)
def test_what_is_asked_is_found(api, ann, acme_id, query, names):
    more = {"first_name": "Zoe", "last_name": "Abel", "email": "zoe@x.example"}
    api.post("/v1/contacts", more | {"client_id": acme_id})

    found = api.get(f"/v1/contacts?{query}").json()["data"]

    shown = [f"{c['first_name']} {c['last_name'][0]}" if c["first_name"] else "Ac" for c in found]
    assert "".join(shown) == names


def test_a_merged_client_is_asked_for_by_its_old_id(api, north, enrolled, acme, ann):
    old = enrolled(north, "Old")
    with acting_for(north.agency_id):
        merge(Client.objects.get(pk=acme.pk), old, by=north, at=timezone.now())

    found = api.get(f"/v1/contacts?client_id={encode('client', old.pk)}").json()

    assert found["meta"]["total"] == 3
