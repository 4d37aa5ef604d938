"""PATCH /api/clients/{id}."""

from datetime import UTC, datetime

import pytest
from django.test.client import encode_multipart

from agencies.scope import acting_for
from clients.models import Category, Client, CustomField
from contacts.enrolling import Person, enroll

THEN = datetime(2026, 6, 15, 12, tzinfo=UTC)
INVALID = "The given data was invalid."
CHANGE = {
    "client_company_name": "Acme Incorporated",
    "client_description": "Bigger account.",
    "client_phone": "+1 555 0199",
    "client_website": "https://acme.test",
    "client_vat": "GB987654321",
    "client_billing_street": "2 Market St",
    "client_billing_city": "Oakland",
    "client_billing_state": "California",
    "client_billing_zip": "94601",
    "client_billing_country": "Canada",
    "client_billing_invoice_due_days": 30,
}


@pytest.fixture
def acme(north):
    """A client with every field of all dialects filled."""
    with acting_for(north.agency_id):
        return enroll(
            north.agency,
            by=north,
            people=[Person(first_name="Jane", last_name="Doe", email="jane@acme.example")],
            tags=["priority"],
            name="Acme Inc",
            legal_name="Acme Holdings",
            id_number="HRB 1",
            vat_number="GB123456789",
            classification="company",
            industry="Legal",
            size="1-3",
            website="https://acme.example",
            phone="+1 555 0100",
            address1="1 Market St",
            address2="Floor 3",
            city="San Francisco",
            state="CA",
            postal_code="94105",
            country="US",
            shipping_address1="2 Dock Rd",
            shipping_city="Bristol",
            shipping_country="GB",
            public_notes="Key account.",
            private_notes="Pays late.",
            custom_value1="blue",
            currency="USD",
            language="de",
            invoice_due_days=7,
            settings={"colour": "red"},
            is_tax_exempt=True,
            routing_id="0204:1",
            assigned_to=north,
            suspended_at=THEN,
            updated_at=THEN,
        )


@pytest.fixture
def patch(north, bearer, acme):
    api = bearer(north)

    def patch(sent, **options):
        return api.patch(f"/api/clients/{acme.pk}", sent, **options)

    return patch


@pytest.fixture
def stored(north, acme):
    def stored():
        with acting_for(north.agency_id):
            return Client.objects.filter(pk=acme.pk).values().get()

    return stored


@pytest.fixture
def define(north):
    def define(name, **facts):
        with acting_for(north.agency_id):
            CustomField.objects.create(agency=north.agency, name=name, label=name, **facts)

    return define


@pytest.fixture
def has(north, acme):
    """Gives the client values of the agency's own fields."""

    def has(**values):
        with acting_for(north.agency_id):
            Client.objects.filter(pk=acme.pk).update(custom_fields=values)

    return has


def test_everything_that_can_be_said_is_changed(north, bearer, acme, patch):
    with acting_for(north.agency_id):
        gold = Category.objects.create(agency=north.agency, name="Gold")

    response = patch(CHANGE | {"client_categoryid": gold.pk})

    assert response.status_code == 200
    assert response.json()["message"] == "Client updated successfully."
    client = response.json()["data"]
    assert client["company_name"] == "Acme Incorporated"
    assert client["description"] == "Bigger account."
    assert (client["phone"], client["website"]) == ("+1 555 0199", "https://acme.test")
    assert client["vat"] == "GB987654321"
    assert client["category"] == {"id": gold.pk, "name": "Gold"}
    assert client["billing"] == {
        "street": "2 Market St",
        "city": "Oakland",
        "state": "California",
        "zip": "94601",
        "country": "Canada",
        "invoice_due_days": "30",
    }
    assert client == bearer(north).get(f"/api/clients/{acme.pk}").json()["data"]


def test_what_is_not_sent_stays(patch, stored):
    before = stored()

    response = patch({"client_company_name": "Acme Incorporated"})

    assert response.status_code == 200
    after = stored()
    assert after["updated_at"] > before["updated_at"]
    for column in ("name", "sort_name", "search_text", "updated_at"):
        del before[column], after[column]
    assert after == before


def test_a_whole_change_clears_nothing_that_grow_cannot_say(patch, stored):
    before = stored()

    patch(CHANGE)

    after = stored()
    changed = {column for column in before if before[column] != after[column]}
    assert changed == {
        "name", "public_notes", "phone", "website", "vat_number", "address1", "city", "state",
        "postal_code", "country", "invoice_due_days", "sort_name", "search_text", "updated_at",
    }  # fmt: skip


@pytest.mark.parametrize("empty", ["", "  ", None])
def test_what_is_sent_empty_becomes_null(patch, empty):
    sent = dict.fromkeys(CHANGE, empty) | {"client_company_name": "Acme"}

    client = patch(sent).json()["data"]

    assert [client[key] for key in ("description", "phone", "website", "vat")] == [None] * 4
    assert set(client["billing"].values()) == {None}


def test_an_empty_category_is_the_default_one(north, patch, acme):
    with acting_for(north.agency_id):
        gold = Category.objects.create(agency=north.agency, name="Gold")
    patch({"client_company_name": "Acme", "client_categoryid": gold.pk})

    client = patch({"client_company_name": "Acme", "client_categoryid": ""}).json()["data"]

    assert client["category"] == {"id": acme.category_id, "name": "Default"}


@pytest.mark.parametrize("name", [None, "", "   "])
def test_the_company_name_is_always_required(patch, stored, name):
    before = stored()
    sent = CHANGE | {"client_company_name": name}

    answers = [patch(sent), patch({"client_phone": "1"}), patch({})]

    for answer in answers:
        assert answer.status_code == 422
        assert answer.json() == {
            "message": INVALID,
            "errors": {"client_company_name": ["The client company name field is required."]},
        }
    assert stored() == before


def test_owner_status_tags_and_email_are_not_changed_here(north, bearer, acme, patch):
    api, path = bearer(north), f"/api/clients/{acme.pk}"
    before = api.get(path).json()["data"]
    sent = {
        "client_company_name": "Acme Inc", "first_name": "Bob", "last_name": "Roe", "id": 9,
        "email": "bob@acme.example", "owner": 9, "status": "active", "tags": ["other"],
        "send_email": "yes", "updated_at": "x", "balance": 9,
    }  # fmt: skip

    response = patch(sent)

    assert response.status_code == 200
    after = response.json()["data"]
    assert after["dates"].pop("updated") > before["dates"].pop("updated")
    assert after == before
    with acting_for(north.agency_id):
        assert acme.contacts.get().email == "jane@acme.example"


def test_all_failing_fields_are_told_at_once_and_nothing_changes(patch, stored, define):
    define("account_level", is_required=True)
    define("seats", kind="number")
    before = stored()
    sent = {
        "client_categoryid": 999_999, "client_vat": "x" * 101, "client_phone": ["1"],
        "client_billing_invoice_due_days": "soon", "client_billing_country": "Atlantis",
        "seats": "many",
    }  # fmt: skip

    response = patch(sent)

    assert response.status_code == 422
    assert response.json() == {
        "message": INVALID,
        "errors": {
            "client_company_name": ["The client company name field is required."],
            "client_categoryid": ["The selected client categoryid is invalid."],
            "client_vat": ["The client vat field must not be greater than 100 characters."],
            "client_phone": ["The client phone field must be a string."],
            "client_billing_invoice_due_days": [
                "The client billing invoice due days field must be an integer."
            ],
            "client_billing_country": ["The selected client billing country is invalid."],
            "account_level": ["The account level field is required."],
            "seats": ["The seats field must be a number."],
        },
    }
    assert stored() == before


def test_a_required_custom_field_is_required_again(patch, define, has):
    define("level", is_required=True)
    has(level="gold")

    missing = patch({"client_company_name": "Acme"})
    given = patch({"client_company_name": "Acme", "level": "silver"})

    assert missing.status_code == 422
    assert missing.json()["errors"] == {"level": ["The level field is required."]}
    assert given.status_code == 200


def test_custom_values_that_are_not_sent_stay_and_empty_ones_go(patch, stored, define, has):
    for name in ("level", "seats", "colour"):
        define(name)
    define("retired", archived_at=THEN)
    has(level="gold", seats="7", colour="red", retired="kept", forgotten="kept")

    patch({"client_company_name": "Acme", "level": "silver", "seats": "", "retired": "new"})

    assert stored()["custom_fields"] == {
        "level": "silver", "colour": "red", "retired": "kept", "forgotten": "kept",
    }  # fmt: skip


def test_an_unknown_client_is_a_404_before_anything_is_read(north, bearer):
    response = bearer(north).patch("/api/clients/999999999", {"client_vat": []})

    assert response.status_code == 404
    assert response.json() == {"message": "The requested client could not be found."}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"client_company_name=Acme Inc & Co@x", "application/x-www-form-urlencoded"),
        (b"client_company_name=Acme+Inc+%26+Co%40x", "application/x-www-form-urlencoded"),
        (b'{"client_company_name": "Acme Inc & Co@x"}', "application/json"),
        (
            encode_multipart("edge", {"client_company_name": "Acme Inc & Co@x"}),
            "multipart/form-data; boundary=edge",
        ),
    ],
)
def test_forms_json_and_multipart_are_understood(patch, body, kind):
    response = patch(body, content_type=kind)

    name = "Acme Inc " if kind.endswith("urlencoded") and b"+" not in body else "Acme Inc & Co@x"
    assert response.status_code == 200
    assert response.json()["data"]["company_name"] == name.strip()


def test_a_stranger_changes_nothing(south, bearer, acme, stored):
    before = stored()

    response = bearer(south).patch(f"/api/clients/{acme.pk}", CHANGE)

    assert response.status_code == 404
    assert stored() == before


def test_a_client_that_was_deleted_elsewhere_cannot_be_changed(north, patch, acme):
    with acting_for(north.agency_id):
        Client.objects.filter(pk=acme.pk).update(deleted_at=THEN)

    assert patch(CHANGE).status_code == 404
