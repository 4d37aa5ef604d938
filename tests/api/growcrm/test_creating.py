"""POST /api/clients."""

import threading

import pytest
from django.db import connections
from django.utils import timezone

from agencies.scope import acting_for
from clients.models import Category, Client, CustomField, Tag
from contacts.enrolling import Person, enroll
from contacts.models import Contact, Message, Suppression
from contacts.suppressing import suppress

JANE = {"first_name": "Jane", "last_name": "Doe", "email": "jane@acme.example"}
ACME = JANE | {
    "client_company_name": "Acme Inc",
    "client_description": "Key account.",
    "client_phone": "+1 555 0100",
    "client_website": "https://acme.example",
    "client_vat": "GB123456789",
    "client_billing_street": "1 Market St",
    "client_billing_city": "San Francisco",
    "client_billing_state": "CA",
    "client_billing_zip": "94105",
    "client_billing_country": "United States",
    "client_billing_invoice_due_days": 7,
    "tags": ["priority", "retainer"],
    "send_email": "no",
}
INVALID = "The given data was invalid."


@pytest.fixture
def nothing_was_made(north):
    """Asserts after the test that North has no client, person or tag."""
    yield
    with acting_for(north.agency_id):
        for model in (Client, Contact, Tag):
            assert not model.objects.exists()


@pytest.fixture
def define(north):
    """Defines a required custom field of North's clients."""

    def define(name, **facts):
        with acting_for(north.agency_id):
            CustomField.objects.create(
                agency=north.agency, name=name, label=name, is_required=True, **facts
            )

    return define


def test_the_whole_client_is_answered_and_can_be_got(north, bearer):
    api = bearer(north)

    response = api.post("/api/clients", ACME)

    assert response.status_code == 201
    assert response.json()["message"] == "Client created successfully."
    client = response.json()["data"]
    with acting_for(north.agency_id):
        owner = Contact.objects.get()
    assert (owner.first_name, owner.last_name, owner.email) == ("Jane", "Doe", "jane@acme.example")
    assert owner.is_primary
    assert client == {
        "id": client["id"],
        "company_name": "Acme Inc",
        "description": "Key account.",
        "status": "active",
        "phone": "+1 555 0100",
        "website": "https://acme.example",
        "vat": "GB123456789",
        "category": client["category"],
        "owner": {"id": owner.pk, "name": "Jane Doe"},
        "billing": {
            "street": "1 Market St",
            "city": "San Francisco",
            "state": "CA",
            "zip": "94105",
            "country": "United States",
            "invoice_due_days": "7",
        },
        "shipping": dict.fromkeys(["street", "city", "state", "zip", "country"]),
        "dates": client["dates"],
        "tags": ["priority", "retainer"],
    }
    assert api.get(f"/api/clients/{client['id']}").json()["data"] == client


def test_three_fields_are_enough(north, bearer):
    client = bearer(north).post("/api/clients", JANE).json()["data"]

    assert client["company_name"] == "Jane Doe"
    assert client["category"]["name"] == "Default"
    assert set(client["billing"].values()) == {None}
    assert client["tags"] == []


def test_text_is_trimmed_and_empty_text_is_as_if_absent(north, bearer):
    sent = dict.fromkeys(ACME, "  ") | {
        "first_name": " Jane ",
        "last_name": "Doe\n",
        "email": " jane@acme.example ",
        "tags": [" vip ", "", None, "VIP"],
    }

    client = bearer(north).post("/api/clients", sent).json()["data"]

    assert client["company_name"] == "Jane Doe"
    assert client["owner"]["name"] == "Jane Doe"
    assert client["tags"] == ["vip"]
    with acting_for(north.agency_id):
        assert Contact.objects.get().email == "jane@acme.example"


def test_null_is_as_if_absent(north, bearer):
    sent = dict.fromkeys(ACME) | JANE

    response = bearer(north).post("/api/clients", sent)

    assert response.status_code == 201
    assert response.json()["data"]["company_name"] == "Jane Doe"


def test_unknown_keys_are_ignored(north, bearer):
    sent = JANE | {"id": 1, "status": "suspended", "owner": 1, "deep": {"a": [{"b": 1}]}}

    response = bearer(north).post("/api/clients", sent)

    assert response.status_code == 201
    assert response.json()["data"]["status"] == "active"


@pytest.mark.usefixtures("nothing_was_made")
def test_all_failing_fields_are_told_at_once(north, bearer, define):
    define("account_level")
    sent = {"email": "NORA@north.example", "client_categoryid": 77, "tags": "vip"}

    response = bearer(north).post("/api/clients", sent)

    assert response.status_code == 422
    assert response.json() == {
        "message": INVALID,
        "errors": {
            "first_name": ["The first name field is required."],
            "last_name": ["The last name field is required."],
            "client_categoryid": ["The selected client categoryid is invalid."],
            "tags": ["The tags field must be an array."],
            "email": ["The email has already been taken."],
            "account_level": ["The account level field is required."],
        },
    }


@pytest.mark.usefixtures("nothing_was_made")
@pytest.mark.parametrize(
    ("change", "field", "text"),
    [
        ({"first_name": ""}, "first_name", "The first name field is required."),
        ({"first_name": " "}, "first_name", "The first name field is required."),
        ({"last_name": None}, "last_name", "The last name field is required."),
        ({"email": ""}, "email", "The email field is required."),
        ({"first_name": {}}, "first_name", "The first name field must be a string."),
        ({"first_name": ["Jane"]}, "first_name", "The first name field must be a string."),
        ({"first_name": True}, "first_name", "The first name field must be a string."),
        ({"last_name": 7}, "last_name", "The last name field must be a string."),
        (
            {"last_name": "x" * 256},
            "last_name",
            "The last name field must not be greater than 255 characters.",
        ),
        ({"email": "jane"}, "email", "The email field must be a valid email address."),
        ({"email": ["a@b.example"]}, "email", "The email field must be a string."),
        (
            {"email": "j" * 250 + "@acme.example"},
            "email",
            "The email field must not be greater than 254 characters.",
        ),
        (
            {"client_company_name": "", "first_name": "a" * 200, "last_name": "b" * 200},
            "client_company_name",
            "The client company name field must not be greater than 255 characters.",
        ),
        (
            {"client_billing_country": "Atlantis"},
            "client_billing_country",
            "The selected client billing country is invalid.",
        ),
        (
            {"client_billing_country": ["US"]},
            "client_billing_country",
            "The client billing country field must be a string.",
        ),
        ({"tags": "vip"}, "tags", "The tags field must be an array."),
        ({"tags": {"a": "vip"}}, "tags", "The tags field must be an array."),
        ({"tags": {}}, "tags", "The tags field must be an array."),
        ({"tags": ["vip", 7]}, "tags.1", "The tags.1 field must be a string."),
        ({"tags": [["vip"]]}, "tags.0", "The tags.0 field must be a string."),
        (
            {"tags": ["x" * 101]},
            "tags.0",
            "The tags.0 field must not be greater than 100 characters.",
        ),
        (
            {"tags": [str(n) for n in range(101)]},
            "tags",
            "The tags field must not have more than 100 items.",
        ),
    ],
)
def test_a_bad_value_is_refused_and_leaves_nothing(north, bearer, change, field, text):
    response = bearer(north).post("/api/clients", ACME | change)

    assert response.status_code == 422
    assert response.json() == {"message": INVALID, "errors": {field: [text]}}


@pytest.mark.usefixtures("nothing_was_made")
@pytest.mark.parametrize(
    ("name", "longest"),
    [
        ("client_company_name", 255),
        ("client_description", 10_000),
        ("client_phone", 100),
        ("client_website", 255),
        ("client_vat", 100),
        ("client_billing_street", 255),
        ("client_billing_city", 255),
        ("client_billing_state", 255),
        ("client_billing_zip", 50),
    ],
)
def test_text_that_is_too_long_is_refused(north, bearer, name, longest):
    words = name.replace("_", " ")

    response = bearer(north).post("/api/clients", ACME | {name: "x" * (longest + 1)})

    assert response.status_code == 422
    assert response.json()["errors"] == {
        name: [f"The {words} field must not be greater than {longest} characters."]
    }


@pytest.mark.parametrize(
    ("days", "answered"),
    [(0, "0"), (3650, "3650"), ("7", "7"), (" 07 ", "7"), (None, None), ("", None)],
)
def test_invoice_due_days_are_sent_as_a_number_and_answered_as_text(north, bearer, days, answered):
    sent = JANE | {"client_billing_invoice_due_days": days}

    client = bearer(north).post("/api/clients", sent).json()["data"]

    assert client["billing"]["invoice_due_days"] == answered


@pytest.mark.usefixtures("nothing_was_made")
@pytest.mark.parametrize(
    ("days", "complaint"),
    [
        ("seven", "must be an integer."),
        ("7.5", "must be an integer."),
        (7.5, "must be an integer."),
        (True, "must be an integer."),
        ([7], "must be an integer."),
        ("٧", "must be an integer."),
        ("1_0", "must be an integer."),
        (-1, "must be at least 0."),
        ("-1", "must be at least 0."),
        (3651, "must not be greater than 3650."),
        (10**30, "must not be greater than 3650."),
        ("9" * 5000, "must be an integer."),
    ],
)
def test_invoice_due_days_are_checked(north, bearer, days, complaint):
    sent = JANE | {"client_billing_invoice_due_days": days}

    response = bearer(north).post("/api/clients", sent)

    assert response.status_code == 422
    assert response.json()["errors"] == {
        "client_billing_invoice_due_days": [
            f"The client billing invoice due days field {complaint}"
        ]
    }


@pytest.mark.parametrize("kind", [int, str])
def test_a_category_is_chosen_by_its_id(north, bearer, kind):
    with acting_for(north.agency_id):
        gold = Category.objects.create(agency=north.agency, name="Gold")

    response = bearer(north).post("/api/clients", JANE | {"client_categoryid": kind(gold.pk)})

    assert response.json()["data"]["category"] == {"id": gold.pk, "name": "Gold"}


@pytest.mark.usefixtures("nothing_was_made")
@pytest.mark.parametrize("category", [0, -1, 999_999_999, 10**30, "gold", True, [1], {}, 1.5])
def test_an_unknown_category_is_refused(north, bearer, category):
    response = bearer(north).post("/api/clients", JANE | {"client_categoryid": category})

    assert response.status_code == 422
    assert response.json()["errors"] == {
        "client_categoryid": ["The selected client categoryid is invalid."]
    }


def test_a_strangers_category_is_unknown(north, south, bearer):
    with acting_for(south.agency_id):
        category = Category.objects.create(agency=south.agency, name="Gold")

    response = bearer(north).post("/api/clients", JANE | {"client_categoryid": category.pk})

    assert list(response.json()["errors"]) == ["client_categoryid"]


@pytest.fixture
def messages(north):
    """All mails that North has queued or sent."""

    def messages():
        with acting_for(north.agency_id):
            return list(Message.objects.select_related("contact__client"))

    return messages


@pytest.mark.parametrize("wish", ["no", "", None, "YES PLEASE", 1, True, ["yes"], {"yes": 1}])
def test_anything_but_yes_asks_for_no_mail(north, bearer, wish, messages):
    response = bearer(north).post("/api/clients", JANE | {"send_email": wish})

    assert response.status_code == 201
    assert messages() == []


@pytest.mark.parametrize("wish", ["yes", " yes "])
def test_yes_queues_the_welcome_mail_to_the_owner(north, bearer, wish, messages):
    response = bearer(north).post("/api/clients", ACME | {"send_email": wish})

    assert response.status_code == 201
    (message,) = messages()
    assert (message.kind, message.status) == ("welcome", "queued")
    assert (message.name, message.address) == ("Jane Doe", "jane@acme.example")
    assert message.contact.client.pk == response.json()["data"]["id"]


def test_a_form_asks_for_the_welcome_mail_too(north, bearer, messages):
    body = b"first_name=Jane&last_name=Doe&email=jane@acme.example&send_email=yes"

    bearer(north).post("/api/clients", body, content_type="application/x-www-form-urlencoded")

    assert [message.kind for message in messages()] == ["welcome"]


def test_a_refused_client_is_not_welcomed(north, bearer, messages):
    sent = ACME | {"send_email": "yes", "client_vat": "x" * 101}

    assert bearer(north).post("/api/clients", sent).status_code == 422
    assert messages() == []


def test_a_repeated_request_welcomes_once(north, bearer, messages):
    api, headers = bearer(north), {"Idempotency-Key": "once"}

    for _ in range(2):
        response = api.post("/api/clients", JANE | {"send_email": "yes"}, headers=headers)
        assert response.status_code == 201

    assert len(messages()) == 1


def test_an_address_that_gets_no_mail_still_gets_a_client(north, bearer, messages):
    with acting_for(north.agency_id):
        now = timezone.now()
        suppress("jane@acme.example", cause=Suppression.Cause.BOUNCE, at=now)

    response = bearer(north).post("/api/clients", JANE | {"send_email": "yes"})

    assert response.status_code == 201
    assert [(one.status, one.reason) for one in messages()] == [("failed", "suppressed")]


@pytest.mark.parametrize("email", ["jane@acme.example", "JANE@Acme.Example", " jane@acme.example "])
def test_an_email_of_another_clients_person_is_taken(north, bearer, email):
    with acting_for(north.agency_id):
        people = [Person(email="x@acme.example"), Person(email="jane@acme.example")]
        enroll(north.agency, by=north, name="Acme", people=people)

    response = bearer(north).post("/api/clients", JANE | {"email": email})

    assert response.status_code == 422
    assert response.json() == {
        "message": INVALID,
        "errors": {"email": ["The email has already been taken."]},
    }


def test_the_email_of_a_member_is_taken(north, bearer):
    response = bearer(north).post("/api/clients", JANE | {"email": "Nora@north.example"})

    assert response.status_code == 422
    assert response.json()["errors"] == {"email": ["The email has already been taken."]}


def test_another_agencys_people_and_members_take_no_email(north, south, bearer):
    bearer(south).post("/api/clients", JANE)
    api = bearer(north)

    assert api.post("/api/clients", JANE).status_code == 201
    assert api.post("/api/clients", JANE | {"email": "sam@south.example"}).status_code == 201


def test_somebody_known_without_a_client_becomes_the_owner(north, bearer):
    with acting_for(north.agency_id):
        known = Contact.objects.create(
            agency=north.agency,
            first_name="J.",
            phone="+1 555",
            email="Jane@acme.example",
            key_seed="s" * 32,
            key_digest="d" * 64,
        )

    response = bearer(north).post("/api/clients", JANE)

    assert response.status_code == 201
    assert response.json()["data"]["owner"] == {"id": known.pk, "name": "Jane Doe"}
    with acting_for(north.agency_id):
        owner = Contact.objects.get()
    assert (owner.first_name, owner.phone, owner.is_primary) == ("Jane", "+1 555", True)


def test_custom_values_are_stored_with_the_client(north, bearer, define):
    define("level", kind="choice", choices=["gold", "silver"])
    define("seats", kind="number")

    response = bearer(north).post("/api/clients", JANE | {"level": " gold ", "seats": 12})

    assert response.status_code == 201
    assert "level" not in response.json()["data"]
    with acting_for(north.agency_id):
        assert Client.objects.get().custom_fields == {"level": "gold", "seats": "12"}


@pytest.mark.usefixtures("nothing_was_made")
@pytest.mark.parametrize(
    ("kind", "given", "text"),
    [
        ("text", " ", "The account level field is required."),
        ("text", 7, "The account level field must be a string."),
        (
            "text",
            "x" * 10_001,
            "The account level field must not be greater than 10000 characters.",
        ),
        ("number", "many", "The account level field must be a number."),
        ("date", "soon", "The account level field must be a valid date."),
        ("checkbox", "perhaps", "The account level field must be true or false."),
        ("choice", "tin", "The selected account level is invalid."),
    ],
)
def test_a_bad_custom_value_is_refused_by_its_name(north, bearer, define, kind, given, text):
    define("account_level", kind=kind, choices=["gold"])

    response = bearer(north).post("/api/clients", JANE | {"account_level": given})

    assert response.status_code == 422
    assert response.json() == {"message": INVALID, "errors": {"account_level": [text]}}


@pytest.mark.django_db(transaction=True)
def test_of_two_creates_at_once_with_one_email_one_succeeds(north, bearer):
    together, responses = threading.Barrier(2), []
    doors = [bearer(north), bearer(north)]

    def create(api, email):
        together.wait(timeout=10)
        try:
            responses.append(api.post("/api/clients", JANE | {"email": email}))
        finally:
            connections.close_all()

    emails = ("jane@acme.example", "JANE@acme.example")
    threads = [
        threading.Thread(target=create, args=pair) for pair in zip(doors, emails, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert sorted(response.status_code for response in responses) == [201, 422]
    loser = next(response for response in responses if response.status_code == 422)
    assert loser.json()["errors"] == {"email": ["The email has already been taken."]}
    with acting_for(north.agency_id):
        assert (Client.objects.count(), Contact.objects.count()) == (1, 1)
