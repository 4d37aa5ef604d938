import pytest
import time_machine
from django.utils import timezone

from agencies.scope import acting_for
from api.native.ids import encode
from clients.lifecycle import delete, suspend
from clients.models import Client
from contacts.enrolling import enroll
from contacts.models import Contact

WHOLE = {
    "name": "Jane Doe",
    "email": "jane@globexcorp.com",
    "company": "Globex Corporation",
    "phone": "+1 555 000 0000",
    "address": {
        "line1": "123 Main St",
        "line2": "Floor 2",
        "city": "Springfield",
        "state": "IL",
        "postal_code": "62701",
        "country": "US",
    },
    "notes": "Primary contact for all Globex projects.",
}


@pytest.fixture
def jane(api):
    with time_machine.travel("2026-03-01T10:00:00Z", tick=False):
        return api.post("/v1/clients", WHOLE).json()


@pytest.fixture
def path(jane):
    return f"/v1/clients/{jane['id']}"


def test_only_what_is_sent_changes(api, jane, path):
    with time_machine.travel("2026-03-02T10:00:00Z", tick=False):
        response = api.patch(path, {"company": "Globex Ltd"})

    assert response.status_code == 200
    changed = {"company": "Globex Ltd", "updated_at": "2026-03-02T10:00:00Z"}
    assert response.json() == jane | changed
    assert api.get(path).json() == jane | changed


@pytest.mark.parametrize("name", ["company", "phone", "address", "notes"])
def test_null_empties_what_may_be_empty(api, jane, path, name):
    response = api.patch(path, {name: None})

    assert response.status_code == 200
    assert response.json() == jane | {name: None, "updated_at": response.json()["updated_at"]}


def test_an_address_is_replaced_whole(api, path):
    address = {"line1": "1 Side St", "city": "Shelbyville", "country": "DE"}

    response = api.patch(path, {"address": address})

    assert response.json()["address"] == address | {"state": "", "postal_code": ""}


def test_nothing_sent_changes_nothing(api, jane, path):
    assert api.patch(path, {}).json() == jane


def test_computed_and_unknown_keys_are_ignored(api, jane, path):
    sent = {
        "id": "client_other",
        "total_billed": 5,
        "portal_access": True,
        "created_at": "2000-01-01T00:00:00Z",
        "colour": "red",
    }

    assert api.patch(path, sent).json() == jane


def test_an_email_and_a_phone_are_the_primary_contacts(api, north, path):
    response = api.patch(path, {"email": "doe@globexcorp.com", "phone": "2"})

    assert (response.json()["email"], response.json()["phone"]) == ("doe@globexcorp.com", "2")
    with acting_for(north.agency_id):
        contact = Contact.objects.get()
        assert (contact.email, contact.phone, contact.is_primary) == (
            "doe@globexcorp.com",
            "2",
            True,
        )


def test_what_this_api_cannot_say_stays(api, north, jane, path):
    with acting_for(north.agency_id):
        clients = Client.objects.filter(name="Jane Doe")
        clients.update(vat_number="DE1", shipping_city="Bonn", settings={"colour": "red"})

    api.patch(path, WHOLE | {"name": "John Doe"})

    with acting_for(north.agency_id):
        john = Client.objects.get(name="John Doe")
        assert (john.vat_number, john.shipping_city, john.settings) == (
            "DE1",
            "Bonn",
            {"colour": "red"},
        )


def test_a_client_without_a_person_gets_one_by_its_address(api, north):
    with acting_for(north.agency_id):
        nobody = enroll(north.agency, by=north, name="Nobody")

    response = api.patch(f"/v1/clients/{encode('client', nobody.pk)}", {"email": "a@b.example"})

    assert response.json()["email"] == "a@b.example"


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": ["x"]}, "name"),
        ({"name": "n" * 256}, "name"),
        ({"email": ""}, "email"),
        ({"email": None}, "email"),
        ({"email": "no address"}, "email"),
        ({"email": 10**40}, "email"),
        ({"phone": {}}, "phone"),
        ({"phone": "1" * 51}, "phone"),
        ({"notes": "n" * 10_001}, "notes"),
        ({"address": []}, "address"),
        ({"address": {"line1": "1"}}, "address.city"),
        ({"address": WHOLE["address"] | {"country": 49}}, "address.country"),
    ],
)
def test_a_bad_value_is_named_and_nothing_changes(api, jane, path, change, param):
    response = api.patch(path, {"company": "New", **change})

    assert response.status_code == 422
    assert response.json()["error"]["param"] == param
    assert api.get(path).json() == jane


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"name": "a\\u0000"}', b'{"name": "\\ud83d"}'])
def test_a_body_that_is_no_storable_json_object_is_a_400(api, jane, path, body):
    response = api.patch(path, body, content_type="application/json")

    assert response.status_code == 400
    assert api.get(path).json() == jane


def test_another_content_type_is_a_415(api, path):
    response = api.patch(path, b"name=x", content_type="application/x-www-form-urlencoded")

    assert response.status_code == 415


def test_an_address_that_is_taken_names_its_client_and_nothing_changes(api, jane, path, acme_id):
    response = api.patch(path, {"name": "New", "email": "ACME@x.example"})

    assert response.status_code == 409
    assert response.json()["error"]["code"] == "email_taken"
    assert acme_id in response.json()["error"]["message"]
    assert api.get(path).json() == jane


def test_a_stranger_changes_nothing(api, south, bearer, jane, path):
    response = bearer(south).patch(path, {"name": "Stolen"})

    assert response.status_code == 404
    assert response.json()["error"]["message"] == "No client has this id."
    assert api.get(path).json() == jane


def test_a_key_that_only_reads_changes_nothing(api, reader, jane, path):
    response = reader.patch(path, {"name": "New"})

    assert response.status_code == 403
    assert response.json()["error"]["type"] == "permission_error"
    assert api.get(path).json() == jane


def test_an_id_that_names_nothing_is_a_404(api, nobodies):
    answers = [api.patch(f"/v1/clients/{id}", {"name": "x"}) for id in nobodies("client")]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_a_parameter_is_refused(api, path):
    response = api.patch(f"{path}?dry_run=true", {"name": "x"})

    assert response.status_code == 400
    assert response.json()["error"]["param"] == "dry_run"


@pytest.mark.parametrize("verb", ["put", "delete"])
def test_replacing_and_deleting_are_not_offered_here(api, jane, path, verb):
    response = getattr(api, verb)(path, WHOLE)

    assert response.status_code == 405
    assert "PATCH" in response["Allow"]
    assert api.get(path).json() == jane


def test_a_suspended_client_reads_and_changes_without_access_to_the_portal(
    api, north, acme, acme_id
):
    with acting_for(north.agency_id):
        Client.objects.update(invited_at=timezone.now())
    assert api.get(f"/v1/clients/{acme_id}").json()["portal_access"] is True

    with acting_for(north.agency_id):
        suspend(Client.objects.all(), at=timezone.now())

    assert api.get(f"/v1/clients/{acme_id}").json()["portal_access"] is False
    assert api.get("/v1/clients").json()["data"][0]["portal_access"] is False
    assert api.patch(f"/v1/clients/{acme_id}", {"name": "New"}).json()["name"] == "New"


def test_a_deleted_client_is_not_there(api, north, acme, acme_id):
    with acting_for(north.agency_id):
        delete(Client.objects.all(), at=timezone.now())

    assert api.get(f"/v1/clients/{acme_id}").status_code == 404
    assert api.patch(f"/v1/clients/{acme_id}", {"name": "New"}).status_code == 404
    assert api.get("/v1/clients").json()["data"] == []
