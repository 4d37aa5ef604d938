"""The client object, field for field, alone and in lists."""

import json
import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from agencies.models import Agency
from agencies.roles import Role
from agencies.scope import acting_for
from api.invoiceninja.ids import decode, encode
from clients.models import Client, ClientGroup, Document, Project
from contacts.enrolling import Person, enroll
from contacts.models import Contact

LIST = "/api/v1/clients"
AT, AT_SECONDS = datetime(2026, 2, 28, 9, 15, tzinfo=UTC), 1772270100

CLIENT_KEYS = [
    "id", "user_id", "assigned_user_id", "name", "website", "private_notes", "balance",
    "group_settings_id", "paid_to_date", "payment_balance", "credit_balance", "last_login",
    "size_id", "public_notes", "client_hash", "address1", "address2", "phone", "city", "state",
    "postal_code", "country_id", "industry_id", "custom_value1", "custom_value2", "custom_value3",
    "custom_value4", "shipping_address1", "shipping_address2", "shipping_city", "shipping_state",
    "shipping_postal_code", "shipping_country_id", "settings", "is_deleted", "vat_number",
    "id_number", "updated_at", "archived_at", "created_at", "display_name", "number",
    "has_valid_vat_number", "is_tax_exempt", "routing_id", "tax_info", "classification",
    "e_invoice", "contacts", "documents", "gateway_tokens",
]  # fmt: skip
# Not in the documented sample, but in everything newer.
NEWER_KEYS = [
    "payment_balance", "has_valid_vat_number", "is_tax_exempt", "routing_id", "tax_info",
    "classification", "e_invoice",
]  # fmt: skip
# The keys of the documented sample, in its order.
SAMPLE_KEYS = [
    "id", "user_id", "assigned_user_id", "name", "website", "private_notes", "balance",
    "group_settings_id", "paid_to_date", "credit_balance", "last_login", "size_id",
    "public_notes", "client_hash", "address1", "address2", "phone", "city", "state",
    "postal_code", "country_id", "industry_id", "custom_value1", "custom_value2", "custom_value3",
    "custom_value4", "shipping_address1", "shipping_address2", "shipping_city", "shipping_state",
    "shipping_postal_code", "shipping_country_id", "settings", "is_deleted", "vat_number",
    "id_number", "updated_at", "archived_at", "created_at", "display_name", "number", "contacts",
    "documents", "gateway_tokens",
]  # fmt: skip
CONTACT_KEYS = [
    "id", "first_name", "last_name", "email", "created_at", "updated_at", "archived_at",
    "is_primary", "is_locked", "phone", "custom_value1", "custom_value2", "custom_value3",
    "custom_value4", "contact_key", "send_email", "last_login", "password", "link",
]  # fmt: skip

# Everything that can be written, as a read shows it again.
WRITTEN = {
    "name": "O'Reilly-Metz",
    "website": "http://www.okeefe.com/aut.html",
    "private_notes": "Laudantium enim.\nEt dicta.",
    "public_notes": "Pays by return.",
    "size_id": "3",
    "industry_id": "12",
    "address1": "83865",
    "address2": "28362 Carlotta Junctions Apt. 508",
    "phone": "+49 30 1234",
    "city": "South Sibylstad",
    "state": "New York",
    "postal_code": "52557-0628",
    "country_id": "288",
    "custom_value1": "one",
    "custom_value2": "zwei",
    "custom_value3": "三",
    "custom_value4": "четыре",
    "shipping_address1": "9999",
    "shipping_address2": "6540 Kari Meadows Apt. 411",
    "shipping_city": "East Jordy",
    "shipping_state": "Illinois",
    "shipping_postal_code": "39913-0552",
    "shipping_country_id": "4",
    "vat_number": "929146739",
    "id_number": "HRB 1234",
    "number": "C-17",
    "has_valid_vat_number": True,
    "is_tax_exempt": True,
    "routing_id": "DE:1234",
    "classification": "company",
}
JEWELL = {
    "first_name": "Jewell",
    "last_name": "McClure",
    "email": "user@example.com",
    "phone": "276-345-6722",
    "custom_value1": "a",
    "custom_value2": "b",
    "custom_value3": "c",
    "custom_value4": "d",
    "send_email": False,
    "is_primary": False,
}
ALAINA = {
    "first_name": "Alaina",
    "last_name": "Wuckert",
    "email": "amcdermott@example.org",
    "is_primary": True,
}


ANYBODY = "VolejRejNm"


def stored(client):
    """The row behind an answer; only inside a scope."""
    return Client.objects.get(pk=decode(client["id"]))


def test_the_documented_create_answers_the_whole_client(north, ninja):
    sent = {
        "name": "Client Name",
        "contacts": [{"first_name": "helly", "email": "email@example.com"}],
    }

    response = ninja(north).post(LIST, sent)

    assert response.status_code == 200
    assert list(response.json()) == ["data"]
    client = response.json()["data"]
    contact = client["contacts"][0]
    assert client == dict.fromkeys(CLIENT_KEYS, "") | {
        "id": client["id"],
        "user_id": encode(north.user_id),
        "name": "Client Name",
        "display_name": "Client Name",
        "number": "0001",
        "client_hash": client["client_hash"],
        "country_id": "276",
        "balance": 0,
        "paid_to_date": 0,
        "payment_balance": 0,
        "credit_balance": 0,
        "last_login": 0,
        "archived_at": 0,
        "created_at": client["created_at"],
        "updated_at": client["updated_at"],
        "is_deleted": False,
        "has_valid_vat_number": False,
        "is_tax_exempt": False,
        "settings": {
            "entity": "App\\Models\\Client",
            "industry_id": "",
            "size_id": "",
            "currency_id": "3",
        },
        "tax_info": {},
        "e_invoice": {},
        "contacts": [
            dict.fromkeys(CONTACT_KEYS, "")
            | {
                "id": contact["id"],
                "first_name": "helly",
                "email": "email@example.com",
                "created_at": contact["created_at"],
                "updated_at": contact["updated_at"],
                "archived_at": 0,
                "last_login": 0,
                "is_primary": True,
                "is_locked": False,
                "send_email": True,
                "contact_key": contact["contact_key"],
                "link": f"http://localhost:8000/client/key_login/{contact['contact_key']}",
            }
        ],
        "documents": [],
        "gateway_tokens": [],
    }
    assert re.fullmatch(r"[A-Za-z0-9]{40}", client["client_hash"])
    assert re.fullmatch(r"[A-Za-z0-9]{32}", contact["contact_key"])
    now = datetime.now(UTC).timestamp()
    assert client["created_at"] == pytest.approx(now, abs=60)
    assert contact["created_at"] == pytest.approx(now, abs=60)


def test_keys_come_in_the_originals_order(create):
    client = create(contacts=[JEWELL])

    assert list(client) == CLIENT_KEYS
    assert [key for key in client if key not in NEWER_KEYS] == SAMPLE_KEYS
    assert list(client["contacts"][0]) == CONTACT_KEYS
    assert list(client["settings"]) == ["entity", "industry_id", "size_id", "currency_id"]


def test_everything_writable_is_stored_and_shown_again(create):
    client = create(**WRITTEN)

    assert {key: client[key] for key in WRITTEN} == WRITTEN


def test_a_read_and_a_list_show_what_the_create_answered(north, ninja, create):
    first = create(**WRITTEN, contacts=[JEWELL, ALAINA])
    second = create()

    api = ninja(north)

    for address in (f"{LIST}/{first['id']}", f"{LIST}/{first['id']}/edit"):
        assert json.dumps(api.get(address).json()) == json.dumps({"data": first})
    assert json.dumps(api.get(LIST).json()["data"]) == json.dumps([first, second])


def test_what_was_read_may_be_sent_back_whole(create, north, ninja):
    client = create(**WRITTEN, contacts=[JEWELL, ALAINA])

    again = create(**client | {"number": "C-18", "id_number": ""})

    own = ("id", "client_hash", "number", "id_number", "created_at", "updated_at", "contacts")
    assert [again[key] for key in CLIENT_KEYS if key not in own] == [
        client[key] for key in CLIENT_KEYS if key not in own
    ]
    assert [c["email"] for c in again["contacts"]] == [c["email"] for c in client["contacts"]]
    assert not {again["id"], again["client_hash"]} & {client["id"], client["client_hash"]}
    assert not {c["contact_key"] for c in again["contacts"]} & {
        c["contact_key"] for c in client["contacts"]
    }


def test_computed_and_unknown_keys_are_ignored(north, create):
    client = create(
        id="Wjneg56bwZ",
        user_id="Wjneg56bwZ",
        client_hash="h" * 40,
        balance=100,
        paid_to_date="7",
        display_name="Else",
        is_deleted=True,
        archived_at=5,
        created_at="yesterday",
        tax_info={"a": 1},
        e_invoice={"b": 2},
        colour=["red"],
        gateway_tokens=[{"id": "x"}],
    )

    assert client["user_id"] == encode(north.user_id)
    assert client["client_hash"] != "h" * 40
    assert (client["balance"], client["paid_to_date"], client["archived_at"]) == (0, 0, 0)
    assert (client["tax_info"], client["e_invoice"], client["is_deleted"]) == ({}, {}, False)
    assert client["display_name"] != "Else"


def test_nothing_is_required(create):
    client = create()

    assert (client["name"], client["number"]) == ("", "0001")


def test_text_is_trimmed_and_tags_leave_the_name(create):
    client = create(name=" <b>Acme</b> & <i>Co</i>\u2003", city="\tRome\n", phone="  ")

    assert (client["name"], client["city"], client["phone"]) == ("Acme & Co", "Rome", "")


def test_numbers_may_stand_for_text_and_ids(create):
    client = create(name=42, postal_code=10115, country_id=840, industry_id=1, number=7)

    assert (client["name"], client["postal_code"], client["number"]) == ("42", "10115", "7")
    assert (client["country_id"], client["industry_id"]) == ("840", "1")


@pytest.mark.parametrize("value", [None, "", "  "])
def test_null_and_empty_are_as_if_absent(create, value):
    fields = [*WRITTEN, "assigned_user_id", "group_settings_id", "settings", "contacts"]
    aliases = ["country_code", "shipping_country_code", "currency_code", "language_code"]
    client = create(**dict.fromkeys(fields + aliases, value))

    assert (client["number"], client["country_id"], client["classification"]) == ("0001", "276", "")
    assert (client["is_tax_exempt"], client["settings"]["currency_id"]) == (False, "3")
    assert len(client["contacts"]) == 1


@pytest.mark.parametrize(
    ("value", "meant"),
    [(True, True), (1, True), ("1", True), ("true", True), ("false", False), (0, False)],
)
def test_flags_have_many_spellings(create, value, meant):
    assert create(is_tax_exempt=value)["is_tax_exempt"] is meant


@pytest.mark.parametrize(
    ("sent", "country_id", "shipping_country_id"),
    [
        ({"country_code": "us"}, "840", ""),
        ({"country_code": "USA", "country_id": "276"}, "840", ""),
        ({"shipping_country_code": "AFG"}, "276", "4"),
        ({"country_id": "004"}, "4", ""),
    ],
)
def test_countries_have_codes_too(create, sent, country_id, shipping_country_id):
    client = create(**sent)

    assert client["country_id"] == country_id
    assert client["shipping_country_id"] == shipping_country_id


def test_an_empty_country_is_stored_as_the_agencys(north, create):
    client = create()

    with acting_for(north.agency_id):
        assert stored(client).country == "DE"


def test_a_client_made_elsewhere_without_a_country_shows_the_agencys(north, ninja):
    with acting_for(north.agency_id):
        enroll(north.agency, by=north, name="Acme")

    client = ninja(north).get(LIST).json()["data"][0]

    assert client["country_id"] == "276"


def test_words_that_no_table_knows_have_no_id(north, ninja):
    facts = {"industry": "Beekeeping", "size": "many", "language": "tlh", "currency": "BSD"}
    with acting_for(north.agency_id):
        enroll(north.agency, by=None, **facts)

    client = ninja(north).get(LIST).json()["data"][0]

    assert (client["industry_id"], client["size_id"], client["user_id"]) == ("", "", "")
    assert (client["settings"]["currency_id"], client["settings"]["language_id"]) == ("", "")


def test_money_is_a_number_without_a_needless_fraction(north, ninja, create):
    client = create()
    with acting_for(north.agency_id):
        Client.objects.update(
            balance=Decimal("10735.05"), paid_to_date=100, credit_balance=Decimal("-0.5")
        )

    text = ninja(north).get(f"{LIST}/{client['id']}").content.decode()

    assert '"balance":10735.05,' in text
    assert '"paid_to_date":100,' in text
    assert '"credit_balance":-0.5,' in text
    assert '"payment_balance":0,' in text


@pytest.mark.parametrize(
    ("moments", "is_deleted", "archived_at"),
    [
        ({"archived_at": AT}, False, AT_SECONDS),
        ({"deleted_at": AT}, True, AT_SECONDS),
        ({"archived_at": datetime(2020, 1, 1, tzinfo=UTC), "deleted_at": AT}, True, AT_SECONDS),
    ],
)
def test_archived_and_deleted_clients_are_in_the_list_with_their_moment(
    north, ninja, create, moments, is_deleted, archived_at
):
    client = create()
    with acting_for(north.agency_id):
        Client.objects.update(**moments, portal_last_seen_at=AT, created_at=AT)

    listed = ninja(north).get(LIST).json()["data"][0]

    assert (listed["is_deleted"], listed["archived_at"]) == (is_deleted, archived_at)
    assert (listed["last_login"], listed["created_at"]) == (AT_SECONDS, AT_SECONDS)
    assert ninja(north).get(f"{LIST}/{client['id']}").json()["data"] == listed


def test_settings_keep_what_they_are_given_except_what_is_fixed(north, create):
    client = create(
        settings={
            "entity": "Other",
            "industry_id": "5",
            "size_id": 3,
            "currency_id": 1,
            "language_id": "5",
            "payment_terms": "30",
            "invoice_design_id": "VolejRejNm",
            "custom": {"deep": [1, "two", True]},
            "translations": {"a": "b"},
            "pdf_variables": {},
            "empty": "",
        }
    )

    assert client["settings"] == {
        "entity": "App\\Models\\Client",
        "industry_id": "",
        "size_id": "",
        "currency_id": "1",
        "language_id": "5",
        "payment_terms": "30",
        "invoice_design_id": "VolejRejNm",
        "custom": {"deep": [1, "two", True]},
    }
    with acting_for(north.agency_id):
        row = stored(client)
        assert (row.currency, row.language) == ("USD", "pt-BR")
        assert set(row.settings) == {"payment_terms", "invoice_design_id", "custom"}
        assert row.invoice_due_days == 30


@pytest.mark.parametrize(
    ("sent", "currency_id", "language_id"),
    [
        ({"currency_code": "usd", "language_code": "de_DE"}, "1", "3"),
        ({"currency_code": "USD", "settings": {"currency_id": "2", "language_id": "4"}}, "1", "4"),
        ({"settings": {"currency_id": "999", "language_id": 777}}, "999", 777),
        ({"settings": []}, "3", None),
    ],
)
def test_currency_and_language_are_ids_of_the_settings(create, sent, currency_id, language_id):
    settings = create(**sent)["settings"]

    assert settings["currency_id"] == currency_id
    assert settings.get("language_id") == language_id


def test_a_group_names_itself_and_lends_its_currency(north, ninja, create):
    with acting_for(north.agency_id):
        group = ClientGroup.objects.create(
            agency=north.agency, name="Big", settings={"currency_id": "2"}, created_at=AT
        )

    client = create(group_settings_id=encode(group.pk))

    assert client["group_settings_id"] == encode(group.pk)
    assert client["settings"]["currency_id"] == "2"
    asked = ninja(north).get(f"{LIST}?include=group_settings").json()["data"][0]
    assert asked == client | {
        "group_settings": {
            "id": encode(group.pk),
            "name": "Big",
            "settings": {"currency_id": "2"},
            "created_at": AT_SECONDS,
            "updated_at": asked["group_settings"]["updated_at"],
            "archived_at": 0,
            "is_deleted": False,
            "documents": [],
        }
    }


def test_a_client_is_assigned_to_a_user_of_the_agency(north, join, create):
    member = join(north, Role.STAFF)

    client = create(assigned_user_id=encode(member.user_id))

    assert client["assigned_user_id"] == encode(member.user_id)
    with acting_for(north.agency_id):
        assert stored(client).assigned_to == member


def test_documents_are_the_clients_own_files(north, ninja, create):
    client = create()
    with acting_for(north.agency_id):
        row = stored(client)
        project = Project.objects.create(
            agency=north.agency, client=row, name="Site", currency="EUR"
        )
        facts = {"agency": north.agency, "client": row, "uploaded_by": north, "extension": "pdf"}
        file = Document.objects.create(
            **facts, name="a/b.pdf", stored_name="x.pdf", file="x.pdf", size=12, created_at=AT
        )
        Document.objects.create(
            **facts, name="c.pdf", stored_name="y.pdf", file="y.pdf", size=1, project=project
        )

    documents = ninja(north).get(LIST).json()["data"][0]["documents"]

    own = encode(file.pk)
    assert json.dumps(documents) == json.dumps(
        [
            {
                "id": own,
                "user_id": encode(north.user_id),
                "assigned_user_id": "",
                "project_id": "",
                "vendor_id": "",
                "url": f"http://localhost:8000/api/v1/documents/{own}/download",
                "preview": "",
                "name": "a-b.pdf",
                "type": "pdf",
                "disk": "public",
                "hash": "x.pdf",
                "size": 12,
                "width": 0,
                "height": 0,
                "is_default": False,
                "updated_at": documents[0]["updated_at"],
                "archived_at": 0,
                "created_at": AT_SECONDS,
                "is_deleted": False,
                "is_public": False,
                "link": f"/clients/{client['id']}",
            }
        ]
    )


@pytest.mark.parametrize("documents", [[], [{"id": "VolejRejNm", "name": "a.pdf"}], {}])
def test_documents_sent_back_change_nothing(create, documents):
    client = create(name="Acme", documents=documents)

    assert (client["name"], client["documents"]) == ("Acme", [])


def test_a_list_costs_the_same_few_queries_whatever_its_length(
    north, ninja, django_assert_num_queries
):
    api = ninja(north)
    with acting_for(north.agency_id, member_id=north.pk):
        group = ClientGroup.objects.create(agency=north.agency, name="Big")
        for n in range(200):
            people = [Person(email=f"{n}{m}@x.example") for m in range(2)]
            enroll(north.agency, by=north, name=str(n), group=group, people=people)
    api.get(LIST)

    for size in (1, 20, 200):
        # The key's agency; the scope, its key and its end; the counter; the scope, count, ids,
        # clients, contacts, documents, end.
        with django_assert_num_queries(16):
            response = api.get(f"{LIST}?per_page={size}")
        assert len(response.json()["data"]) == size
        # Besides: groups; who was merged into them, events, notes and their members.
        with django_assert_num_queries(23):
            response = api.get(
                f"{LIST}?per_page={size}&include=group_settings,activities,ledger&sort=name|desc"
                f"&name=*&balance=lt:1&status=active&email=00@x.example&with={ANYBODY}"
            )
        assert len(response.json()["data"]) == 1


def test_without_a_portal_nobody_has_a_link(north, create):
    with acting_for(north.agency_id):
        Agency.objects.filter(pk=north.agency_id).update(portal_enabled=False)

    contact = create(contacts=[JEWELL])["contacts"][0]

    assert (contact["link"], len(contact["contact_key"])) == ("", 32)


def test_contact_keys_stay_the_same(north, ninja, create):
    client = create(contacts=[JEWELL])

    again = ninja(north).get(f"{LIST}/{client['id']}").json()["data"]

    assert again["contacts"][0]["contact_key"] == client["contacts"][0]["contact_key"]


def test_deleted_contacts_are_not_shown(north, ninja, create):
    create(contacts=[JEWELL, ALAINA])
    with acting_for(north.agency_id):
        Contact.objects.filter(is_primary=False).update(deleted_at=AT)

    client = ninja(north).get(LIST).json()["data"][0]

    assert [c["first_name"] for c in client["contacts"]] == ["Alaina"]
