"""PUT and PATCH of a client: what is sent changes, what is left out stays."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode

import pytest

from agencies.models import Agency
from agencies.roles import Role
from agencies.scope import acting_for
from api.invoiceninja.ids import decode, encode
from clients.departing import departure_of
from clients.grouping import create_group, delete_groups
from clients.models import Client, ClientGroup
from clients.purging import purge
from contacts.enrolling import Person, enroll

LIST = "/api/v1/clients"
DELETED = {
    "message": "Record is deleted and cannot be edited. Restore the record to enable editing"
}
GONE = {"message": "No query results for model [App\\Models\\Client]."}
ACME = {"name": "Acme", "city": "Kiel", "phone": "1", "is_tax_exempt": True}


@pytest.fixture
def put(north, ninja):
    """Sends an update of a client and returns the client as answered."""
    api = ninja(north)

    def put(client, method="put", **sent):
        response = getattr(api, method)(f"{LIST}/{client['id']}", sent)
        assert response.status_code == 200, response.content
        return response.json()["data"]

    return put


@pytest.fixture
def refuse_put(north, ninja):
    """Sends an update that must be refused and returns the errors."""
    api = ninja(north)

    def refuse_put(client, **sent):
        response = api.put(f"{LIST}/{client['id']}", sent)
        assert response.status_code == 422, response.content
        assert response.json()["message"] == "The given data was invalid."
        return response.json()["errors"]

    return refuse_put


@pytest.fixture
def read(north, ninja):
    def read(client, include=""):
        return ninja(north).get(f"{LIST}/{client['id']}?include={include}").json()["data"]

    return read


def changed_keys(before, after):
    return {key for key in before if before[key] != after[key]}


def row_of(client):
    """Only inside a scope."""
    return Client.objects.get(pk=decode(client["id"]))


@pytest.fixture
def elsewhere(north):
    """Changes the row of a client as another door might."""

    def elsewhere(client, **facts):
        with acting_for(north.agency_id):
            Client.objects.filter(pk=decode(client["id"])).update(**facts)

    return elsewhere


@pytest.mark.parametrize("method", ["put", "patch"])
def test_put_and_patch_change_what_they_name_and_leave_the_rest(create, put, read, method):
    client = create(**ACME, contacts=[{"email": "a@x.example"}])

    changed = put(client, method, name="Acme & Co", phone=None)

    assert changed_keys(client, changed) <= {"name", "display_name", "phone", "updated_at"}
    assert (changed["name"], changed["phone"]) == ("Acme & Co", "")
    assert read(client) == changed


WRITTEN = {
    "name": "Metz & Söhne",
    "website": "https://metz.example/a?b=c",
    "private_notes": "One.\nTwo.",
    "public_notes": "Pays by return.",
    "size_id": "3",
    "industry_id": "12",
    "address1": "Gasse 1",
    "address2": "Hof",
    "phone": "+49 30 1234",
    "city": "Köln",
    "state": "NRW",
    "postal_code": "50667",
    "country_id": "288",
    "custom_value1": "one",
    "custom_value2": "zwei",
    "custom_value3": "三",
    "custom_value4": "четыре",
    "shipping_address1": "9999",
    "shipping_address2": "Apt. 411",
    "shipping_city": "Bonn",
    "shipping_state": "NRW",
    "shipping_postal_code": "53111",
    "shipping_country_id": "4",
    "vat_number": "DE929146739",
    "id_number": "HRB 1234",
    "number": "C-17",
    "has_valid_vat_number": True,
    "is_tax_exempt": True,
    "routing_id": "DE:1234",
    "classification": "company",
}


def test_everything_writable_is_changed_and_shown_again(north, create, put, read):
    with acting_for(north.agency_id):
        group = create_group(north.agency, name="Big")
    sent = WRITTEN | {
        "assigned_user_id": encode(north.user_id),
        "group_settings_id": encode(group.pk),
    }
    client = create()

    changed = put(client, **sent)

    assert {key: changed[key] for key in sent} == sent
    assert changed_keys(client, changed) - {"updated_at"} == {*sent, "display_name"}
    assert read(client) == changed


def test_tags_leave_a_new_name(create, put):
    assert put(create(), name=" <b>Acme</b> & <i>Co</i> ")["name"] == "Acme & Co"


@pytest.mark.parametrize(
    "word",
    [
        "individual", "business", "company", "partnership", "trust", "charity", "government",
        "other",
    ],
)  # fmt: skip
def test_a_client_is_classified_by_one_of_eight_words(create, put, word):
    assert put(create(), classification=word)["classification"] == word


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("country_id", "A", "The country id must be an integer."),
        ("country_id", "1", "The selected country id is invalid."),
        ("shipping_country_id", [840], "The shipping country id must be an integer."),
        ("industry_id", "many", "The industry id must be an integer."),
        ("size_id", 1.5, "The size id must be an integer."),
        ("classification", "club", "The selected classification is invalid."),
        ("country_code", "ZZ", "The selected country code is invalid."),
        ("language_code", "tlh", "The selected language code is invalid."),
        ("is_tax_exempt", "maybe", "The is tax exempt field must be true or false."),
        ("assigned_user_id", "5", "The selected assigned user id is invalid."),
        ("name", "n" * 256, "The name must not be greater than 255 characters."),
    ],
)
def test_a_bad_value_is_refused_and_nothing_changes(create, refuse_put, read, field, value, text):
    client = create(**ACME)

    assert refuse_put(client, **{"phone": "2", field: value}) == {field: [text]}
    assert read(client) == client


def test_strangers_and_their_groups_cannot_be_named(create, refuse_put, south):
    with acting_for(south.agency_id):
        group = create_group(south.agency, name="Theirs")

    errors = refuse_put(
        create(), assigned_user_id=encode(south.user_id), group_settings_id=encode(group.pk)
    )

    assert set(errors) == {"assigned_user_id", "group_settings_id"}


def test_a_change_of_a_contact_moves_the_clients_moment(create, put, elsewhere):
    client = create(contacts=[{"email": "a@x.example"}])
    elsewhere(client, updated_at=datetime(2026, 1, 1, tzinfo=UTC))
    contact = client["contacts"][0] | {"phone": "2"}

    assert put(client, contacts=[contact])["updated_at"] >= client["updated_at"]


@pytest.mark.parametrize(
    "send",
    [
        lambda api, path: api.browser.post(path, {"_method": "PUT", "name": "New"}),
        lambda api, path: api.post(path, {"name": "New", "_method": "patch"}),
        lambda api, path: api.post(
            path, {"name": "New"}, headers={"X-HTTP-Method-Override": "PUT"}
        ),
        lambda api, path: api.put(
            path, "name=New", content_type="application/x-www-form-urlencoded"
        ),
        lambda api, path: api.put(f"{path}/?name=New", {}),
    ],
)
def test_an_update_comes_in_any_disguise(north, ninja, create, send):
    client = create(**ACME)

    response = send(ninja(north), f"{LIST}/{client['id']}")

    shown = response.json()["data"]
    assert (response.status_code, shown["name"], shown["city"]) == (200, "New", "Kiel")


@pytest.mark.parametrize("value", [None, "", "  "])
def test_null_and_empty_clear(create, put, value):
    client = create(
        **ACME,
        industry_id="1",
        size_id="1",
        classification="company",
        shipping_country_id="840",
        has_valid_vat_number=True,
    )
    cleared = (
        "name", "city", "phone", "industry_id", "size_id", "classification", "shipping_country_id",
    )  # fmt: skip
    flags = ("is_tax_exempt", "has_valid_vat_number")

    changed = put(client, **dict.fromkeys([*cleared, *flags], value))

    assert [changed[key] for key in cleared] == [""] * len(cleared)
    assert [changed[key] for key in flags] == [False, False]


def test_the_assignment_and_the_group_are_cleared_by_null(north, create, put):
    with acting_for(north.agency_id):
        group = create_group(north.agency, name="Big")
    client = create(
        assigned_user_id=encode(north.user_id), group_settings_id=encode(group.pk), name="Acme"
    )

    changed = put(client, assigned_user_id=None, group_settings_id="")

    assert (client["assigned_user_id"], client["group_settings_id"]) != ("", "")
    assert (changed["assigned_user_id"], changed["group_settings_id"]) == ("", "")


def test_an_emptied_country_is_the_agencys(create, put):
    client = create(country_id="840")

    assert put(client, country_id="")["country_id"] == "276"


@pytest.mark.parametrize(
    ("sent", "country_id", "shipping_country_id"),
    [
        ({"country_code": "gb", "country_id": "840"}, "826", ""),
        ({"country_code": "GBR"}, "826", ""),
        ({"shipping_country_code": "AFG"}, "840", "4"),
        ({"shipping_country_code": "af", "shipping_country_id": "840"}, "840", "4"),
    ],
)
def test_country_codes_of_two_or_three_letters_win_over_ids(
    create, put, sent, country_id, shipping_country_id
):
    changed = put(create(country_id="840"), **sent)

    assert changed["country_id"] == country_id
    assert changed["shipping_country_id"] == shipping_country_id


def test_a_language_code_sets_the_language(create, put):
    assert put(create(), language_code="pt_BR")["settings"]["language_id"] == "5"


def test_a_currency_code_is_for_new_clients_only(create, put):
    client = create(currency_code="USD")

    changed = put(client, currency_code="nonsense", settings={"currency_id": "1"})

    assert (client["settings"]["currency_id"], changed["settings"]["currency_id"]) == ("1", "1")


def test_computed_and_unknown_keys_change_nothing(create, put):
    client = create(**ACME)

    changed = put(
        client,
        id="Wjneg56bwZ",
        user_id="Wjneg56bwZ",
        client_hash="h" * 40,
        balance=100,
        paid_to_date="7",
        credit_balance=1,
        payment_balance=1,
        last_login=5,
        display_name="Else",
        is_deleted=True,
        archived_at=5,
        created_at="yesterday",
        updated_at=1,
        tax_info={"a": 1},
        e_invoice={"b": 2},
        colour=["red"],
        gateway_tokens=[{"id": "x"}],
        settings={"currency_id": "3"},
    )

    assert changed_keys(client, changed) <= {"updated_at"}


@pytest.fixture
def rich(north):
    """A client with everything that this dialect can only show in part, made through other doors.

    A currency, a language, a line of business and a size that have no id; a classification of our
    own; a group that was deleted; text with blanks around it and tags in it; a job title.
    """
    with acting_for(north.agency_id):
        group = create_group(north.agency, name="Old", settings={"currency_id": "2"})
        client = enroll(
            north.agency,
            by=north,
            name=" <b>Acme</b> ",
            legal_name="Acme Ltd",
            public_notes="\n  indented\n",
            currency="BSD",
            language="tlh",
            industry="Beekeeping",
            size="many",
            classification="cooperative",
            group=group,
            settings={
                "odd_id": "not a number",
                "note": "  as is ",
                "deep": {"a": [1, 2.5], "b": True},
                "military_time": False,
            },
            custom_fields={"colour": "red"},
            tax_info={"a": 1},
            invoice_due_days=7,
            people=[
                Person(first_name=" Ann ", email="ann@x.example", job_title="Boss"),
                Person(first_name="Bob", password="Passw0rd", receives_mail=False),
            ],
        )
        Client.objects.filter(pk=client.pk).update(
            balance=Decimal("10.05"),
            suspended_at="2026-01-01T00:00Z",
            archived_at="2026-01-01T00:00Z",
        )
        delete_groups(ClientGroup.objects.all(), at=datetime(2026, 1, 1, tzinfo=UTC))
        return {"id": encode(client.pk)}


def everything(client):
    """The rows of a client and its people, without the moment of change."""
    row = Client.objects.filter(pk=decode(client["id"])).values().get()
    people = row_of(client).contacts.order_by("pk").values()
    return [{k: v for k, v in r.items() if k != "updated_at"} for r in (row, *people)]


def test_what_was_read_is_sent_back_whole_and_changes_nothing(north, rich, put, read):
    shown = read(rich)
    with acting_for(north.agency_id):
        before = everything(rich)

    again = put(**shown | {"client": rich})

    assert changed_keys(shown, again) <= {"updated_at"}
    with acting_for(north.agency_id):
        assert everything(rich) == before


def in_a_form(value, name=""):
    """Name and text of each value, as PHP's http_build_query writes them."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, child in items:
            yield from in_a_form(child, f"{name}[{key}]" if name else str(key))
    elif value is not None:
        yield name, str(int(value)) if isinstance(value, bool) else str(value)


def test_what_was_read_is_sent_back_as_a_form_and_changes_nothing(north, ninja, rich, read):
    shown = read(rich)
    with acting_for(north.agency_id):
        before = everything(rich)

    answer = ninja(north).put(
        f"{LIST}/{rich['id']}",
        urlencode(list(in_a_form(shown))),
        content_type="application/x-www-form-urlencoded",
    )

    assert changed_keys(shown, answer.json()["data"]) <= {"updated_at"}
    with acting_for(north.agency_id):
        assert everything(rich) == before


def test_one_change_in_what_was_read_changes_no_more(north, rich, put, read):
    shown = read(rich)
    with acting_for(north.agency_id):
        before = everything(rich)
    shown["phone"] = "030 1"
    shown["contacts"][1]["last_name"] = "Lee"

    put(**shown | {"client": rich})

    with acting_for(north.agency_id):
        client, ann, bob = everything(rich)
    assert changed_keys(before[0], client) == {"phone", "people_text", "search_text"}
    assert (client["phone"], changed_keys(before[1], ann)) == ("030 1", set())
    assert (changed_keys(before[2], bob), bob["last_name"]) == ({"last_name"}, "Lee")


@pytest.mark.parametrize("documents", [[], [{"id": "VolejRejNm", "name": "a.pdf"}], {"id": "x"}])
def test_documents_sent_back_change_nothing_and_the_update_still_applies(create, put, documents):
    changed = put(create(**ACME), name="New", documents=documents)

    assert (changed["name"], changed["documents"]) == ("New", [])


@pytest.mark.parametrize("documents", [None, "a.pdf", 5])
def test_documents_that_are_no_list_are_refused(create, refuse_put, documents):
    errors = refuse_put(create(**ACME), documents=documents)

    assert errors == {"documents": ["The documents must be an array."]}


def test_the_number_and_the_id_number_may_stay_as_they_are(create, put):
    client = create(number="A-1", id_number="HRB 1")

    changed = put(client, number="A-1", id_number="HRB 1", name="New")

    assert (changed["number"], changed["id_number"], changed["name"]) == ("A-1", "HRB 1", "New")


@pytest.mark.parametrize("empty", [None, "", " "])
def test_an_emptied_number_becomes_the_next_one(create, put, empty):
    client = create(number="A-1")
    create()

    assert put(client, number=empty)["number"] == "0002"


@pytest.mark.parametrize("field", ["number", "id_number"])
def test_the_number_of_another_client_is_taken_even_if_that_one_is_deleted(
    create, refuse_put, elsewhere, read, field
):
    other, client = create(**{field: "X-1"}), create(**ACME)
    elsewhere(other, deleted_at="2026-01-01T00:00Z")

    errors = refuse_put(client, name="New", **{field: "X-1"})

    text = f"The {field.replace('_', ' ')} has already been taken."
    assert errors == {field: [text]}
    assert read(client) == client


def test_all_that_is_wrong_is_told_together_and_nothing_changes(create, refuse_put, read):
    create(number="X-1", id_number="X-2")
    client = create(**ACME)

    errors = refuse_put(
        client,
        name=[],
        number="X-1",
        id_number="X-2",
        country_id="A",
        contacts=[{"email": "x"}],
        settings={"currency_id": "y"},
    )

    assert set(errors) == {
        "name", "number", "id_number", "country_id", "contacts.0.email", "settings",
    }  # fmt: skip
    assert read(client) == client


def test_the_moment_of_change_moves_and_the_others_stay(create, put, elsewhere):
    client = create(**ACME)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    elsewhere(client, updated_at=yesterday, created_at=yesterday)

    changed = put(client, name="New")

    assert changed["updated_at"] > changed["created_at"] == int(yesterday.timestamp())


def test_an_update_is_one_activity_whatever_it_changes(create, put, read):
    client = create(**ACME)

    put(client, name="New", contacts=[{"email": "b@x.example"}])

    kinds = [a["activity_type_id"] for a in read(client, "activities")["activities"]]
    assert kinds == ["61", "1"]


def test_the_answer_carries_what_was_asked_for(north, ninja, create):
    client = create(**ACME)

    answer = ninja(north).put(f"{LIST}/{client['id']}?include=activities&index=client", {})

    assert list(answer.json()) == ["client"]
    assert len(answer.json()["client"]["activities"]) == 2


def test_an_archived_client_is_updated_and_stays_archived(create, put, elsewhere):
    client = create(**ACME)
    elsewhere(client, archived_at="2026-01-01T00:00Z")

    changed = put(client, name="New")

    assert (changed["name"], changed["is_deleted"]) == ("New", False)
    assert changed["archived_at"] == 1767225600


def test_a_deleted_client_is_not_updated(north, ninja, create, elsewhere, read):
    client = create(**ACME)
    elsewhere(client, deleted_at="2026-01-01T00:00Z")
    before = read(client)

    answer = ninja(north).put(f"{LIST}/{client['id']}", {"name": "New", "contacts": []})

    assert (answer.status_code, answer.json()) == (400, DELETED)
    assert read(client) == before


@pytest.mark.parametrize(
    "sent", [{"name": []}, {"number": "X-1"}, {"contacts": [{"email": "a@x.example"}] * 2}]
)
def test_validation_comes_before_the_refusal_of_deleted_clients(
    create, refuse_put, elsewhere, sent
):
    create(number="X-1")
    client = create(**ACME)
    elsewhere(client, deleted_at="2026-01-01T00:00Z")

    assert refuse_put(client, **sent)


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
@pytest.mark.parametrize(
    ("client_id", "message"),
    [
        ("VolejRejNm", GONE["message"]),
        ("nonsense", GONE["message"]),
        ("123", "Record with value 123 not found"),
    ],
)
def test_an_unknown_id_is_a_400_before_anything_else(north, ninja, method, client_id, message):
    callers = (ninja(north), ninja(north, scopes=["clients:read"]))

    answers = [
        getattr(api, method)(f"{LIST}/{client_id}", {"name": [], "number": ""}) for api in callers
    ]

    assert [a.status_code for a in answers] == [400, 400]
    assert [a.json() for a in answers] == [{"message": message}] * 2


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_permission_comes_before_validation(north, ninja, join, create, method):
    client = create(**ACME)
    readers = (ninja(north, scopes=["clients:read"]), ninja(join(north, Role.VIEWER)))

    answers = [getattr(api, method)(f"{LIST}/{client['id']}", {"name": []}) for api in readers]

    assert [a.status_code for a in answers] == [401, 401]
    assert answers[0].json() == {"message": "This action is unauthorized."}


def test_a_purged_client_is_unknown(north, ninja, create):
    client = create(**ACME)
    with acting_for(north.agency_id):
        purge(row_of(client), by=north, at=datetime.now(UTC))
        assert departure_of(decode(client["id"]))

    answer = ninja(north).put(f"{LIST}/{client['id']}", {"name": "New"})

    assert (answer.status_code, answer.json()) == (400, GONE)


def test_list_detail_create_update_and_bulk_show_the_same_object(north, ninja, create, put, read):
    api = ninja(north)
    made = create(**ACME, contacts=[{"email": "a@x.example"}, {"first_name": "Bob"}])
    assert json.dumps(read(made)) == json.dumps(made)

    updated = put(made, vat_number="DE1", settings={"currency_id": "1", "b": 1, "a": 2})
    listed = api.get(LIST).json()["data"]

    assert list(updated) == list(made)
    assert json.dumps(listed) == json.dumps([updated])
    assert json.dumps(read(made)) == json.dumps(updated)
    assert json.dumps(api.get(f"{LIST}/{made['id']}/edit").json()["data"]) == json.dumps(updated)


def test_notes_stay_as_they_are_sent(create, put):
    note = "</script> <b>5 < 6</b>\n\tindented"

    changed = put(create(public_notes=note), private_notes=note)

    assert (changed["public_notes"], changed["private_notes"]) == (note, note)


# The settings.


def test_settings_are_merged_name_by_name(create, put):
    client = create(settings={"currency_id": "1", "a": {"x": 1}, "b": "2"})

    settings = put(client, settings={"currency_id": "1", "a": {"y": 2}, "c": 3})["settings"]

    assert settings == {
        "entity": "App\\Models\\Client",
        "industry_id": "",
        "size_id": "",
        "currency_id": "1",
        "a": {"y": 2},
        "b": "2",
        "c": 3,
    }


@pytest.mark.parametrize("empty", [None, "", " "])
def test_no_setting_can_be_taken_away(create, put, empty):
    client = create(settings={"currency_id": "1", "language_id": "5", "b": "2"})

    settings = put(client, settings={"currency_id": "1", "language_id": empty, "b": empty})

    assert settings["settings"] == client["settings"]


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"settings": None},
        {"settings": {}},
        {"settings": []},
        {"settings": {"currency_id": ""}},
        {"settings": {"currency_id": None, "language_id": "5"}},
    ],
)
def test_an_update_that_names_no_currency_resets_it_to_the_agencys(create, put, sent):
    client = create(currency_code="USD")

    assert put(client, **sent)["settings"]["currency_id"] == "3"


def test_the_agencys_currency_replaces_the_groups_too(north, create, put):
    with acting_for(north.agency_id):
        group = create_group(north.agency, name="Big", settings={"currency_id": "2"})
    client = create(group_settings_id=encode(group.pk))

    changed = put(client, name="New")

    assert client["settings"]["currency_id"] == "2"
    assert changed["settings"]["currency_id"] == "3"


def test_a_client_that_inherits_its_currency_goes_on_inheriting_it(north, create, put, read):
    client = create(name="Acme")

    put(client, name="New")
    put(client, **read(client) | {"phone": "1"})

    with acting_for(north.agency_id):
        Agency.objects.filter(pk=north.agency_id).update(currency="CHF")
        assert row_of(client).currency == ""
    assert read(client)["settings"]["currency_id"] == "17"


def test_a_currency_that_is_named_stays_when_the_group_changes(north, create, put, read):
    with acting_for(north.agency_id):
        groups = [
            create_group(north.agency, name=name, settings={"currency_id": name}) for name in "12"
        ]
    client = create(group_settings_id=encode(groups[0].pk))

    changed = put(**read(client) | {"client": client, "group_settings_id": encode(groups[1].pk)})

    assert client["settings"]["currency_id"] == "1"
    assert changed["settings"]["currency_id"] == "1"


@pytest.mark.parametrize("settings", [None, {"currency_id": ""}, {"currency_id": "999"}])
def test_a_currency_without_an_id_is_not_dropped_by_who_cannot_name_it(
    north, create, put, elsewhere, settings
):
    client = create(name="Acme")
    elsewhere(client, currency="BSD")

    changed = put(client, settings=settings, name="New")

    assert (changed["name"], changed["settings"]["currency_id"]) == ("New", "")
    with acting_for(north.agency_id):
        assert row_of(client).currency == "BSD"


def test_a_currency_without_an_id_is_replaced_by_who_names_another(north, create, put, elsewhere):
    client = create(name="Acme")
    elsewhere(client, currency="BSD")

    assert put(client, settings={"currency_id": "1"})["settings"]["currency_id"] == "1"
    with acting_for(north.agency_id):
        assert row_of(client).currency == "USD"


def test_a_currency_is_not_reset_to_one_that_has_no_id(north, create, put):
    client = create(currency_code="USD")
    with acting_for(north.agency_id):
        Agency.objects.filter(pk=north.agency_id).update(currency="BSD")

    assert put(client, name="New")["settings"]["currency_id"] == "1"


@pytest.mark.parametrize("known", ["1", "999"])
def test_an_id_of_no_currency_is_kept_as_given_and_leaves_again(create, put, known):
    client = create(settings={"currency_id": known})

    odd = put(client, settings={"currency_id": "888"})
    back = put(client, settings={"currency_id": "2"})
    reset = put(put(client, settings={"currency_id": "888"}), name="New")

    ids = [one["settings"]["currency_id"] for one in (odd, back, reset)]
    assert ids == ["888", "2", "3"]


def test_a_language_without_an_id_is_not_dropped_by_who_cannot_name_it(
    north, create, put, elsewhere
):
    client = create(name="Acme")
    elsewhere(client, language="tlh")

    put(client, settings={"language_id": "777"})

    with acting_for(north.agency_id):
        assert row_of(client).language == "tlh"
    assert put(client, settings={"language_id": "5"})["settings"]["language_id"] == "5"


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("language_id", "English", "integer"),
        ("timezone_id", [], "integer"),
        ("client_number_counter", "first", "integer"),
        ("payment_terms", "net 30", "integer"),
        ("payment_terms", True, "integer"),
        ("counter_padding", 1.5, "integer"),
        ("send_reminders", "maybe", "boolean"),
        ("auto_archive_invoice", 2, "boolean"),
        ("enable_client_portal", {"a": 1}, "boolean"),
        ("default_task_rate", "cheap", "float"),
        ("late_fee_amount1", True, "float"),
    ],
)
def test_a_known_setting_of_another_kind_is_refused(create, refuse_put, read, name, value, kind):
    client = create(**ACME)

    errors = refuse_put(client, name="New", settings={"currency_id": "1", name: value})

    assert errors == {"settings": [f"{name} is not a valid {kind}"]}
    assert read(client) == client


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("send_reminders", value) for value in (True, False, 1, 0, "1", "0", "true", "false")),
        *(("payment_terms", value) for value in (30, "30", "-1", 0)),
        *(("tax_rate1", value) for value in (19, 7.5, "7.50", "-1")),
        ("timezone_id", 15),
        ("gmail_sending_user_id", "VolejRejNm"),
        ("quote_design_id", "VolejRejNm"),
        ("company_logo_size", "65%"),
        ("page_size", "A4"),
        ("anything", [{"at": "all"}]),
    ],
)
def test_a_setting_is_kept_as_it_was_given(create, put, name, value):
    settings = put(create(), settings={"currency_id": "1", name: value})["settings"]

    assert (settings[name], type(settings[name])) == (value, type(value))


@pytest.mark.parametrize("settings", ["dark", 5, ["dark"]])
def test_settings_that_are_no_object_are_refused(create, refuse_put, settings):
    errors = refuse_put(create(**ACME), settings=settings)

    assert errors == {"settings": ["The settings must be an array."]}
