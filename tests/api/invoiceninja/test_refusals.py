"""What a new client may not be, in Laravel's words under dotted paths."""

import pytest

from agencies.scope import acting_for
from api.invoiceninja.ids import encode
from clients.models import Client, ClientGroup

LIST = "/api/v1/clients"
A = {"email": "a@x.example"}


@pytest.mark.parametrize(
    ("sent", "path", "text"),
    [
        ({"name": ["a"]}, "name", "The name must be a string."),
        ({"name": {"a": "b"}}, "name", "The name must be a string."),
        ({"name": True}, "name", "The name must be a string."),
        ({"name": "n" * 256}, "name", "The name must not be greater than 255 characters."),
        (
            {"postal_code": "1" * 51},
            "postal_code",
            "The postal code must not be greater than 50 characters.",
        ),
        ({"number": 10**150}, "number", "The number must not be greater than 100 characters."),
        (
            {"routing_id": "1" * 192},
            "routing_id",
            "The routing id must not be greater than 191 characters.",
        ),
        ({"country_id": "A"}, "country_id", "The country id must be an integer."),
        ({"country_id": "٣"}, "country_id", "The country id must be an integer."),
        ({"country_id": True}, "country_id", "The country id must be an integer."),
        ({"country_id": [840]}, "country_id", "The country id must be an integer."),
        ({"country_id": 1.5}, "country_id", "The country id must be an integer."),
        ({"country_id": "1"}, "country_id", "The selected country id is invalid."),
        ({"country_id": 10**30}, "country_id", "The selected country id is invalid."),
        ({"country_id": "9" * 9000}, "country_id", "The selected country id is invalid."),
        (
            {"shipping_country_id": "Z"},
            "shipping_country_id",
            "The shipping country id must be an integer.",
        ),
        ({"industry_id": "99"}, "industry_id", "The selected industry id is invalid."),
        ({"size_id": 0}, "size_id", "The selected size id is invalid."),
        ({"classification": "club"}, "classification", "The selected classification is invalid."),
        ({"country_code": "ZZ"}, "country_code", "The selected country code is invalid."),
        ({"country_code": "840"}, "country_code", "The selected country code is invalid."),
        ({"currency_code": "XXXX"}, "currency_code", "The selected currency code is invalid."),
        ({"language_code": "tlh"}, "language_code", "The selected language code is invalid."),
        (
            {"is_tax_exempt": "perhaps"},
            "is_tax_exempt",
            "The is tax exempt field must be true or false.",
        ),
        (
            {"has_valid_vat_number": [1]},
            "has_valid_vat_number",
            "The has valid vat number field must be true or false.",
        ),
        (
            {"assigned_user_id": "1"},
            "assigned_user_id",
            "The selected assigned user id is invalid.",
        ),
        ({"assigned_user_id": 1}, "assigned_user_id", "The selected assigned user id is invalid."),
        (
            {"group_settings_id": {"a": 1}},
            "group_settings_id",
            "The selected group settings id is invalid.",
        ),
        ({"settings": "dark"}, "settings", "The settings must be an array."),
        ({"settings": ["dark"]}, "settings", "The settings must be an array."),
        ({"settings": {"currency_id": "USD"}}, "settings", "currency_id is not a valid integer"),
        ({"settings": {"country_id": [1]}}, "settings", "country_id is not a valid integer"),
        ({"documents": None}, "documents", "The documents must be an array."),
        ({"documents": "a.pdf"}, "documents", "The documents must be an array."),
        ({"contacts": "Ann"}, "contacts", "The contacts must be an array."),
        ({"contacts": 5}, "contacts", "The contacts must be an array."),
        ({"contacts": [A, "Ann"]}, "contacts.1", "The contacts.1 must be an array."),
        (
            {"contacts": [{}] * 501},
            "contacts",
            "The contacts must not have more than 500 items.",
        ),
        (
            {"contacts": [A, {"email": "no address"}]},
            "contacts.1.email",
            "The contacts.1.email must be a valid email address.",
        ),
        (
            {"contacts": [{"first_name": ["Ann"]}]},
            "contacts.0.first_name",
            "The contacts.0.first name must be a string.",
        ),
        (
            {"contacts": [{"phone": "1" * 101}]},
            "contacts.0.phone",
            "The contacts.0.phone must not be greater than 100 characters.",
        ),
        (
            {"contacts": [A | {"password": "Abc123"}]},
            "contacts.0.password",
            "The contacts.0.password must be at least 7 characters.",
        ),
        *(
            (
                {"contacts": [A | {"password": password}]},
                "contacts.0.password",
                "The contacts.0.password format is invalid.",
            )
            for password in ("abcdefg1", "ABCDEFG1", "Abcdefgh", "*******a1")
        ),
    ],
)
def test_a_bad_value_is_refused_and_changes_nothing(north, refuse, sent, path, text):
    errors = refuse(**{"name": "Acme"} | sent)

    assert errors == {path: [text]}
    with acting_for(north.agency_id):
        assert not Client.objects.exists()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a@x.example", "A@X.example"),
        ("İ@x.example", "i@x.example"),
        ("a@x.example ", "a@x.example"),
    ],
)
def test_two_contacts_cannot_share_an_address(refuse, first, second):
    errors = refuse(contacts=[{"email": first}, {"email": "c@x.example"}, {"email": second}])

    assert errors == {
        "contacts.0.email": ["The contacts.0.email field has a duplicate value."],
        "contacts.2.email": ["The contacts.2.email field has a duplicate value."],
    }


def test_all_failing_fields_are_told_together(refuse):
    errors = refuse(
        name=[], country_id="A", contacts=[{"email": "x"}], settings={"currency_id": "y"}
    )

    assert set(errors) == {"name", "country_id", "contacts.0.email", "settings"}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("number", "The number has already been taken."),
        ("id_number", "The id number has already been taken."),
    ],
)
def test_numbers_are_unique_even_among_the_deleted(north, create, refuse, field, text):
    client = create(**{field: "X-1"})
    with acting_for(north.agency_id):
        Client.objects.update(deleted_at="2026-01-01T00:00Z")

    errors = refuse(**{field: "X-1"})

    assert errors == {field: [text]}
    assert client[field] == "X-1"


def test_another_agency_may_use_the_same_numbers(create, south, ninja):
    create(number="X-1", id_number="X-1")

    response = ninja(south).post(LIST, {"number": "X-1", "id_number": "X-1"})

    assert response.status_code == 200


def test_a_fetched_client_collides_with_itself(north, ninja, create):
    client = create(name="Acme")

    response = ninja(north).post(LIST, client)

    assert response.json()["errors"] == {"number": ["The number has already been taken."]}


def test_strangers_and_their_groups_cannot_be_named(south, refuse):
    with acting_for(south.agency_id):
        group = ClientGroup.objects.create(agency=south.agency, name="Theirs")

    errors = refuse(assigned_user_id=encode(south.user_id), group_settings_id=encode(group.pk))

    assert set(errors) == {"assigned_user_id", "group_settings_id"}


def test_a_deleted_group_cannot_be_chosen(north, refuse):
    with acting_for(north.agency_id):
        group = ClientGroup.objects.create(
            agency=north.agency, name="Old", deleted_at="2026-01-01T00:00Z"
        )

    assert set(refuse(group_settings_id=encode(group.pk))) == {"group_settings_id"}


ODD = [
    None, " ", 0, -1, 1.5, True, [[]], {"a": {}}, 10**30, "9" * 400, "<<<<a" * 60,
    "\u202e\u0001\uffff", "İſK", "%s%n{0}", "😀" * 250,
]  # fmt: skip
FIELDS = [
    "name", "number", "country_id", "settings", "contacts", "documents", "assigned_user_id",
    "is_tax_exempt", "country_code", "classification", "_method", "index", "include", "per_page",
]  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
def test_no_value_of_any_field_breaks_the_server(north, ninja, field):
    api = ninja(north)

    statuses = {api.post(LIST, {field: value}).status_code for value in ODD}

    assert statuses <= {200, 400, 404, 422}
    assert api.get(LIST).status_code == 200


@pytest.mark.parametrize("field", ["first_name", "email", "password", "send_email"])
def test_no_value_of_a_contact_breaks_the_server(north, ninja, field):
    api = ninja(north)

    statuses = {api.post(LIST, {"contacts": [{field: value}]}).status_code for value in ODD}

    assert statuses <= {200, 422}
    assert api.get(LIST).status_code == 200


@pytest.mark.parametrize("value", ODD)
def test_no_value_of_a_setting_breaks_the_server(north, ninja, value):
    api = ninja(north)

    for name in ("currency_id", "language_id", "anything", "entity"):
        assert api.post(LIST, {"settings": {name: value}}).status_code in (200, 422)

    assert api.get(LIST).status_code == 200
