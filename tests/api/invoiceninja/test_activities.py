"""`/activities`, `include=activities`, and notes."""

from datetime import UTC, datetime
from itertools import chain

import pytest

from agencies.roles import Role
from agencies.scope import acting_for
from api.invoiceninja.ids import decode, encode
from clients.models import Client, Note
from contacts.removing import remove, restore

LIST = "/api/v1/activities"
NOTES = f"{LIST}/notes"
CLIENTS = "/api/v1/clients"
KEYS = [
    "id", "activity_type_id", "client_id", "recurring_invoice_id", "recurring_expense_id",
    "purchase_order_id", "vendor_id", "vendor_contact_id", "company_id", "user_id", "invoice_id",
    "quote_id", "payment_id", "credit_id", "updated_at", "created_at", "expense_id", "is_system",
    "contact_id", "task_id", "token_id", "notes", "ip",
]  # fmt: skip
THEN = datetime(2026, 2, 28, tzinfo=UTC)


@pytest.fixture
def change(north):
    """Changes a client as a member would, or as nobody."""

    def change(client, *, by=north, **facts):
        with acting_for(north.agency_id, member_id=by and by.pk):
            Client.objects.filter(pk=decode(client["id"])).update(**facts)

    return change


@pytest.fixture
def activities(north, ninja):
    def activities(query=""):
        response = ninja(north).get(LIST + query)
        assert response.status_code == 200, response.content
        return response.json()["data"]

    return activities


def kinds(activities):
    return [activity["activity_type_id"] for activity in activities]


def test_a_creation_is_told_whole(north, create, activities):
    client = create(name="Acme")

    (activity,) = activities()

    assert list(activity) == KEYS
    assert activity == dict.fromkeys(KEYS, "") | {
        "id": activity["id"],
        "activity_type_id": "1",
        "client_id": client["id"],
        "company_id": encode(north.agency_id),
        "user_id": encode(north.user_id),
        "created_at": activity["created_at"],
        "updated_at": activity["created_at"],
        "is_system": False,
    }
    # The trail names the beginning of the transaction, here of the whole test.
    assert client["created_at"] - 3600 < activity["created_at"] <= client["created_at"]


def test_each_change_has_its_kind_and_the_newest_comes_first(create, change, activities):
    client = create(name="Acme")
    change(client, name="Other")
    change(client, archived_at=THEN)
    change(client, archived_at=None)
    change(client, deleted_at=THEN)
    change(client, city="Rome")
    change(client, deleted_at=None)
    change(client, archived_at=THEN)
    change(client, deleted_at=THEN)
    change(client, archived_at=None, deleted_at=None)

    assert kinds(activities()) == ["26", "3", "2", "26", "61", "3", "26", "2", "61", "1"]


def test_clients_do_not_mix_up_each_others_past(create, change, activities):
    one, two = create(name="one"), create(name="two")
    change(one, archived_at=THEN)
    change(two, name="Two")
    change(one, name="One")

    assert [(a["client_id"], a["activity_type_id"]) for a in activities()] == [
        (one["id"], "61"),
        (two["id"], "61"),
        (one["id"], "2"),
        (two["id"], "1"),
        (one["id"], "1"),
    ]


def test_who_did_it_is_named_and_nobody_is_the_system(north, join, create, change, activities):
    member = join(north, Role.STAFF)
    client = create()
    change(client, by=member, name="a")
    change(client, by=None, name="b")

    system, staff, _ = activities()

    assert (staff["user_id"], staff["is_system"]) == (encode(member.user_id), False)
    assert (system["user_id"], system["is_system"]) == ("", True)


def test_a_change_of_people_alone_is_no_activity_of_the_client(north, create, activities):
    create(contacts=[{"email": "a@b.example"}, {"email": "c@d.example"}])

    assert kinds(activities()) == ["1"]


def test_what_happened_to_a_client_that_is_gone_stays_told(north, create, activities):
    client = create()
    with acting_for(north.agency_id):
        Client.objects.filter(pk=decode(client["id"])).delete()

    assert kinds(activities()) == ["1"]


def test_a_removed_client_is_told_of_again_when_it_is_back(north, create, activities):
    client, _ = create(), create()
    with acting_for(north.agency_id):
        removal = remove(Client.objects.get(pk=decode(client["id"])), by=north, at=THEN)

    assert kinds(activities()) == ["1"]

    with acting_for(north.agency_id):
        restore(removal, at=THEN)
    told = [one for one in activities() if one["client_id"] == client["id"]]
    # Of one moment, that of the change of `updated_at`.
    assert kinds(told) == ["61", "26", "1"]


def leave(api, client, notes="Called twice.", **sent):
    return api.post(NOTES, {"entity": "clients", "entity_id": client["id"], "notes": notes} | sent)


def test_a_note_is_an_activity(north, ninja, create, activities):
    client = create()

    response = leave(ninja(north), client, " Called <b>twice</b>.\nNobody there. ")

    assert response.status_code == 200
    note = response.json()["data"]
    assert list(note) == KEYS
    assert (note["activity_type_id"], note["client_id"]) == ("141", client["id"])
    assert note["notes"] == "Called <b>twice</b>.\nNobody there."
    assert (note["user_id"], note["is_system"]) == (encode(north.user_id), False)
    assert activities()[0] == note
    assert kinds(activities()) == ["141", "1"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"entity": None}, {"entity": ["The entity field is required."]}),
        ({"entity": "invoices"}, {"entity": ["The selected entity is invalid."]}),
        ({"entity": ["clients"]}, {"entity": ["The entity must be a string."]}),
        ({"entity_id": ""}, {"entity_id": ["The entity id field is required."]}),
        ({"entity_id": "nonsense"}, {"entity_id": ["The selected entity id is invalid."]}),
        ({"entity_id": 1}, {"entity_id": ["The selected entity id is invalid."]}),
        ({"entity_id": encode(10**9)}, {"entity_id": ["The selected entity id is invalid."]}),
        ({"notes": " "}, {"notes": ["The notes field is required."]}),
        ({"notes": {"a": 1}}, {"notes": ["The notes must be a string."]}),
        (
            {"notes": "x" * 10_001},
            {"notes": ["The notes must not be greater than 10000 characters."]},
        ),
    ],
)
def test_a_note_that_says_nothing_or_names_nobody_is_refused(north, ninja, create, sent, said):
    response = leave(ninja(north), create(), **sent)

    assert (response.status_code, response.json()["errors"]) == (422, said)
    with acting_for(north.agency_id):
        assert not Note.objects.exists()


def test_an_empty_note_is_told_everything_it_lacks(north, ninja):
    errors = ninja(north).post(NOTES, {}).json()["errors"]

    assert list(errors) == ["entity", "entity_id", "notes"]


def test_a_stranger_neither_leaves_notes_nor_reads_any(north, south, ninja, create):
    client = create()
    leave(ninja(north), client)

    response = leave(ninja(south), client)

    assert response.json()["errors"] == {"entity_id": ["The selected entity id is invalid."]}
    assert ninja(south).get(LIST).json()["data"] == []


def test_a_deleted_client_may_be_noted_on(north, ninja, create, change):
    client = create()
    change(client, deleted_at=THEN)

    assert leave(ninja(north), client).status_code == 200


def test_pages_show_every_activity_once(north, ninja, create, change, activities):
    client = create()
    for n in range(3):
        change(client, name=str(n))
        leave(ninja(north), client, str(n))
    with acting_for(north.agency_id):
        Note.objects.filter(text="1").update(created_at=THEN)
    whole = activities()

    pages = [activities(f"?per_page=2&page={n}") for n in range(1, 6)]

    assert [a["notes"] for a in whole] == ["2", "0", "", "", "", "", "1"]
    assert kinds(whole) == ["141", "141", "61", "61", "61", "1", "141"]
    assert list(chain(*pages)) == whole
    assert len({activity["id"] for activity in whole}) == 7
    meta = ninja(north).get(f"{LIST}?per_page=2").json()["meta"]["pagination"]
    assert (meta["total"], meta["total_pages"]) == (7, 4)
    assert activities(f"?page={2**63 - 1}&per_page=5000") == []


def test_a_note_and_an_event_of_one_number_have_two_ids(north, create, activities):
    client = create()
    with acting_for(north.agency_id):
        event = Client.pgh_event_model.objects.get()
        Note.objects.create(
            pk=event.pk, agency=north.agency, client_id=decode(client["id"]), text="x"
        )

    assert len({activity["id"] for activity in activities()}) == 2


def test_clients_show_their_own_newest_fifty_when_asked(north, ninja, create, change, activities):
    one, two = create(name="one"), create(name="two")
    leave(ninja(north), one)
    for n in range(60):
        change(two, name=str(n))
    leave(ninja(north), two)

    shown = ninja(north).get(f"{CLIENTS}?include=activities").json()["data"]

    assert kinds(shown[0]["activities"]) == ["141", "1"]
    assert kinds(shown[1]["activities"]) == ["141"] + ["61"] * 49
    whole = [a for a in activities("?per_page=100") if a["client_id"] == two["id"]]
    assert shown[1]["activities"] == whole[:50]
    single = ninja(north).get(f"{CLIENTS}/{one['id']}?include=activities.user").json()["data"]
    assert single == shown[0]


def test_activities_cost_the_same_few_queries_whatever_their_number(
    north, ninja, create, change, django_assert_num_queries
):
    client = create()
    with acting_for(north.agency_id):
        Note.objects.bulk_create(
            Note(agency=north.agency, client_id=decode(client["id"]), member=north, text="x")
            for _ in range(200)
        )
    api = ninja(north)
    api.get(LIST)

    for size in (1, 20, 200):
        # All counts, the places of all, the notes, their members; no event is on these pages.
        with django_assert_num_queries(17):
            response = api.get(f"{LIST}?per_page={size}")
        assert len(response.json()["data"]) == size
