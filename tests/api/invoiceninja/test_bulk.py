"""POST /clients/bulk: one action on many clients, all or none."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agencies.digests import random_text
from agencies.scope import acting_for
from api.invoiceninja.ids import encode
from clients.grouping import create_group, delete_groups
from clients.models import Client, ClientGroup
from clients.sorting import default_category

LIST, BULK = "/api/v1/clients", "/api/v1/clients/bulk"
COLUMNS = {
    "public_notes": "Pays late.",
    "industry_id": "12",
    "size_id": "3",
    "country_id": "840",
    "custom_value1": "a",
    "custom_value2": "b",
    "custom_value3": "c",
    "custom_value4": "d",
}


@pytest.fixture
def clients(create):
    return [create(name=name, contacts=[{"first_name": name}]) for name in ("One", "Two", "Three")]


@pytest.fixture
def bulk(north, ninja):
    """Does something to clients and returns the rows and the meta of the answer."""
    api = ninja(north)

    def bulk(action, clients, **sent):
        body = {"action": action, "ids": [client["id"] for client in clients]} | sent
        response = api.post(BULK, body)
        assert response.status_code == 200, response.content
        return response.json()["data"]

    return bulk


@pytest.fixture
def refuse_bulk(north, ninja):
    """Sends what must be refused, sees to it that nothing changes, and returns the errors."""
    api = ninja(north)

    def refuse_bulk(**sent):
        before = api.get(LIST).json()
        response = api.post(BULK, sent)
        assert response.status_code == 422, response.content
        assert response.json()["message"] == "The given data was invalid."
        assert api.get(LIST).json() == before
        return response.json()["errors"]

    return refuse_bulk


def changed_keys(before, after):
    return {key for key in before if before[key] != after[key]}


@pytest.mark.parametrize(
    ("actions", "archived", "deleted"),
    [
        (["archive"], True, False),
        (["archive", "archive"], True, False),
        (["delete"], True, True),
        (["delete", "delete"], True, True),
        (["archive", "delete"], True, True),
        (["delete", "archive"], True, True),
        (["restore"], False, False),
        (["archive", "restore"], False, False),
        (["delete", "restore"], False, False),
        (["archive", "delete", "restore"], False, False),
    ],
)
def test_archive_delete_and_restore_lead_from_state_to_state(
    clients, bulk, north, ninja, actions, archived, deleted
):
    some = clients[:2]
    for action in actions:
        shown = bulk(action, some)

    assert [one["id"] for one in shown] == [one["id"] for one in some]
    assert [(one["archived_at"] > 0, one["is_deleted"]) for one in shown] == [
        (archived, deleted)
    ] * 2
    for before, after in zip(some, shown, strict=True):
        assert changed_keys(before, after) <= {"archived_at", "is_deleted", "updated_at"}
    assert ninja(north).get(LIST).json()["data"] == [*shown, clients[2]]


@pytest.mark.parametrize("action", ["archive", "delete", "restore"])
def test_what_is_done_already_changes_nothing(clients, bulk, north, action):
    once = bulk(action, clients)
    then = datetime(2026, 1, 1, tzinfo=UTC)
    with acting_for(north.agency_id):
        Client.objects.update(updated_at=then)

    again = bulk(action, clients)

    assert [one["archived_at"] for one in again] == [one["archived_at"] for one in once]
    assert {one["updated_at"] for one in again} == {then.timestamp()}


def test_each_action_is_an_activity(clients, bulk):
    for action in ("archive", "restore", "delete"):
        shown = bulk(action, clients[:1], include="activities")

    kinds = [activity["activity_type_id"] for activity in shown[0]["activities"]]
    assert kinds == ["3", "26", "2", "1"]


def test_the_answer_is_a_page_of_the_clients_that_were_named(clients, north, ninja):
    ids = [client["id"] for client in reversed(clients)]

    answer = ninja(north).post(BULK, {"action": "archive", "ids": ids, "per_page": 2}).json()
    second = ninja(north).post(
        f"{BULK}?per_page=2&page=2&index=clients&sort=name|asc", {"action": "archive", "ids": ids}
    )

    assert [one["name"] for one in answer["data"]] == ["One", "Two"]
    pagination = answer["meta"]["pagination"]
    assert (pagination["total"], pagination["count"], pagination["per_page"]) == (3, 2, 2)
    assert [one["name"] for one in second.json()["clients"]] == ["Two"]


def test_twenty_are_shown_unless_more_are_asked_for(create, bulk):
    many = [create() for _ in range(21)]

    assert len(bulk("archive", many)) == 20
    assert len(bulk("restore", many, per_page="100")) == 21


def test_an_id_given_twice_is_one_client(clients, bulk):
    assert len(bulk("archive", [clients[0], clients[0]])) == 1


@pytest.mark.parametrize(
    "send",
    [
        lambda api, ids: api.browser.post(BULK, {"action": "archive", "ids[]": ids}),
        lambda api, ids: api.browser.post(
            BULK, {"action": "archive", "ids[0]": ids[0], "ids[7]": ids[1]}
        ),
        lambda api, ids: api.post(f"{BULK}/?action=archive", {"ids": ids}),
        lambda api, ids: api.post(BULK, {"action": "archive", "ids": dict(enumerate(ids))}),
    ],
)
def test_forms_queries_and_phps_lists_name_clients_too(clients, north, ninja, send):
    answer = send(ninja(north), [client["id"] for client in clients[:2]])

    assert [one["name"] for one in answer.json()["data"]] == ["One", "Two"]


def test_a_group_is_assigned_to_all(clients, bulk, north):
    with acting_for(north.agency_id):
        group = create_group(north.agency, name="Big")

    shown = bulk("assign_group", clients[:2], group_settings_id=encode(group.pk))

    assert [one["group_settings_id"] for one in shown] == [encode(group.pk)] * 2
    assert changed_keys(clients[0], shown[0]) <= {"group_settings_id", "updated_at"}


@pytest.mark.parametrize("column", COLUMNS)
def test_an_allowed_column_is_set_and_emptied(clients, bulk, column):
    shown = bulk("bulk_update", clients[:2], column=column, new_value=COLUMNS[column])
    emptied = bulk("bulk_update", clients[:2], column=column, new_value=None)
    absent = bulk("bulk_update", clients[:1], column=column)

    assert [one[column] for one in shown] == [COLUMNS[column]] * 2
    assert changed_keys(clients[0], shown[0]) <= {column, "updated_at"}
    # A client is never without a country: emptied, it is the agency's.
    none = "276" if column == "country_id" else ""
    assert [one[column] for one in [*emptied, *absent]] == [none] * 3


def test_archived_and_deleted_clients_are_changed_too(clients, bulk):
    bulk("delete", clients[:1])
    bulk("archive", clients[1:2])

    shown = bulk("bulk_update", clients, column="custom_value1", new_value=7)

    assert [one["custom_value1"] for one in shown] == ["7"] * 3
    assert [one["is_deleted"] for one in shown] == [True, False, False]


@pytest.mark.parametrize(
    ("sent", "path", "text"),
    [
        ({"action": None}, "action", "The action field is required."),
        ({"action": "explode"}, "action", "The selected action is invalid."),
        *(
            ({"action": action}, "action", "The selected action is invalid.")
            for action in ("purge", "email", "merge", "Archive")
        ),
        ({"action": ["archive"]}, "action", "The action must be a string."),
        ({"action": "template"}, "template_id", "The template id field is required."),
        (
            {"action": "template", "template_id": None},
            "template_id",
            "The template id field is required.",
        ),
        *(
            (
                {"action": "template", "template_id": odd},
                "template_id",
                "The selected template id is invalid.",
            )
            for odd in ("Wpmbk5ezJn", "1", 1, "Statement", [], {"a": 1})
        ),
        ({"ids": None}, "ids", "The ids field is required."),
        ({"ids": []}, "ids", "The ids field is required."),
        ({"ids": {}}, "ids", "The ids field is required."),
        ({"ids": "VolejRejNm"}, "ids", "The ids must be an array."),
        ({"ids": 5}, "ids", "The ids must be an array."),
        ({"ids": [5]}, "ids", "The selected ids is invalid."),
        ({"ids": ["5"]}, "ids", "The selected ids is invalid."),
        ({"ids": [None]}, "ids", "The selected ids is invalid."),
        ({"ids": [["VolejRejNm"]]}, "ids", "The selected ids is invalid."),
        (
            {"action": "assign_group"},
            "group_settings_id",
            "The group settings id field is required.",
        ),
        (
            {"action": "assign_group", "group_settings_id": " "},
            "group_settings_id",
            "The group settings id field is required.",
        ),
        (
            {"action": "assign_group", "group_settings_id": "Wjneg56bwZ"},
            "group_settings_id",
            "The selected group settings id is invalid.",
        ),
        ({"action": "bulk_update"}, "column", "The column field is required."),
        *(
            (
                {"action": "bulk_update", "column": column, "new_value": "1"},
                "column",
                "The selected column is invalid.",
            )
            for column in ("name", "balance", "industry", "archived_at", "group_settings_id")
        ),
        (
            {"action": "bulk_update", "column": ["public_notes"]},
            "column",
            "The column must be a string.",
        ),
        *(
            (
                {"action": "bulk_update", "column": column, "new_value": "A"},
                "new_value",
                "The new value must be an integer.",
            )
            for column in ("industry_id", "size_id", "country_id")
        ),
        *(
            (
                {"action": "bulk_update", "column": column, "new_value": "9999"},
                "new_value",
                "The selected new value is invalid.",
            )
            for column in ("industry_id", "size_id", "country_id")
        ),
        (
            {"action": "bulk_update", "column": "public_notes", "new_value": ["a"]},
            "new_value",
            "The new value must be a string.",
        ),
    ],
)
def test_a_bad_request_is_refused_and_changes_nothing(clients, refuse_bulk, sent, path, text):
    ids = [client["id"] for client in clients]

    assert refuse_bulk(**{"action": "archive", "ids": ids} | sent) == {path: [text]}


@pytest.mark.parametrize("unknown", ["never there", "a stranger's", "purged"])
def test_one_unknown_id_refuses_all(clients, refuse_bulk, south, ninja, north, unknown):
    if unknown == "never there":
        odd = "Wjneg56bwZ"
    elif unknown == "a stranger's":
        odd = ninja(south).post(LIST, {}).json()["data"]["id"]
    else:
        odd = clients.pop()["id"]
        headers = {"X-API-PASSWORD": "correct horse 9"}
        purged = ninja(north).post(f"{LIST}/{odd}/purge", headers=headers)
        assert purged.status_code == 200

    errors = refuse_bulk(action="delete", ids=[clients[0]["id"], odd, clients[1]["id"]])

    assert errors == {"ids": ["The selected ids is invalid."]}


def test_all_that_is_wrong_is_told_together(refuse_bulk):
    errors = refuse_bulk(action="bulk_update", ids="x", column="name")

    assert set(errors) == {"ids", "column"}


def test_a_strangers_or_a_deleted_group_cannot_be_assigned(clients, refuse_bulk, north, south):
    with acting_for(south.agency_id):
        theirs = create_group(south.agency, name="Theirs")
    with acting_for(north.agency_id):
        old = create_group(north.agency, name="Old")
        delete_groups(ClientGroup.objects.all(), at=datetime(2026, 1, 1, tzinfo=UTC))

    for group in (theirs, old):
        errors = refuse_bulk(
            action="assign_group",
            ids=[clients[0]["id"]],
            group_settings_id=encode(group.pk),
        )
        assert list(errors) == ["group_settings_id"]


def test_who_only_reads_changes_nothing(clients, north, ninja):
    api = ninja(north, scopes=["clients:read"])

    answer = api.post(BULK, {"action": "delete", "ids": [clients[0]["id"]]})

    assert (answer.status_code, answer.json()) == (
        401,
        {"message": "This action is unauthorized."},
    )
    assert api.get(LIST).json()["data"] == clients


def make_many(owner, number):
    """Returns the ids of that many new clients, as the wire shows them."""
    with acting_for(owner.agency_id, member_id=owner.pk):
        category = default_category(owner.agency)
        made = Client.objects.bulk_create(
            Client(
                agency=owner.agency,
                category=category,
                number=f"M-{random_text(12)}",
                public_hash=random_text(40),
            )
            for _ in range(number)
        )
        return [encode(client.pk) for client in made]


@pytest.fixture
def count_queries(north, ninja):
    """Sends an action on clients, sees that all of them were meant, and counts its queries."""
    api = ninja(north)
    # A key notes its first use.
    api.get(LIST)

    def count_queries(action, ids):
        with CaptureQueriesContext(connection) as queries:
            answer = api.post(BULK, action | {"ids": ids})
        assert answer.json()["meta"]["pagination"]["total"] == len(ids)
        return len(queries)

    return count_queries


def test_ten_thousand_clients_cost_as_many_queries_as_two(north, count_queries):
    two, many = make_many(north, 2), make_many(north, 10_000)

    assert count_queries({"action": "archive"}, many) == count_queries({"action": "archive"}, two)

    with acting_for(north.agency_id):
        assert not Client.objects.filter(archived_at=None).exists()


def test_no_action_costs_a_query_a_client(north, count_queries):
    with acting_for(north.agency_id):
        group = encode(create_group(north.agency, name="Big").pk)
    two, many = make_many(north, 2), make_many(north, 100)

    for action in (
        {"action": "assign_group", "group_settings_id": group},
        {"action": "bulk_update", "column": "industry_id", "new_value": "1"},
        {"action": "bulk_update", "column": "country_id", "new_value": "840"},
        {"action": "delete"},
        {"action": "restore"},
    ):
        # The manners of every request; ids that are unknown, a group; the lock, the change; count,
        # clients, contacts, documents.
        assert count_queries(action, many) == count_queries(action, two) <= 22
