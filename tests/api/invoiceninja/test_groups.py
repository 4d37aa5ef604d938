"""`/group_settings`."""

from datetime import UTC, datetime

import pytest

from agencies.scope import acting_for
from api.invoiceninja.ids import decode, encode
from clients.models import ClientGroup

LIST = "/api/v1/group_settings"
CLIENTS = "/api/v1/clients"
NO_RECORD = {"message": "No query results for model [App\\Models\\GroupSetting]."}
THEN = datetime(2026, 2, 28, tzinfo=UTC)


@pytest.fixture
def make(north, ninja):
    def make(**sent):
        response = ninja(north).post(LIST, {"name": "Big"} | sent)
        assert response.status_code == 200, response.content
        return response.json()["data"]

    return make


def errors(response):
    assert response.status_code == 422
    assert response.json()["message"] == "The given data was invalid."
    return response.json()["errors"]


def names(response):
    assert response.status_code == 200, response.content
    return [group["name"] for group in response.json()["data"]]


def test_a_group_is_made_read_and_listed_alike(north, ninja, make):
    group = make(settings={"currency_id": 2, "payment_terms": "30", "entity": "Other"})
    api = ninja(north)

    assert group == {
        "id": group["id"],
        "name": "Big",
        "settings": {"currency_id": 2, "payment_terms": "30"},
        "created_at": group["created_at"],
        "updated_at": group["updated_at"],
        "archived_at": 0,
        "is_deleted": False,
        "documents": [],
    }
    assert datetime.now(UTC).timestamp() - 60 < group["created_at"] <= group["updated_at"]
    assert api.get(f"{LIST}/{group['id']}").json() == {"data": group}
    listed = api.get(LIST).json()
    assert listed["data"] == [group]
    assert listed["meta"]["pagination"]["total"] == 1


@pytest.mark.parametrize("sent", [{}, {"name": ""}, {"name": None}, {"name": "  "}])
def test_a_group_needs_a_name(north, ninja, sent):
    response = ninja(north).post(LIST, sent)

    assert errors(response) == {"name": ["The name field is required."]}


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"name": ["a"]}, {"name": ["The name must be a string."]}),
        (
            {"name": "x" * 256},
            {"name": ["The name must not be greater than 255 characters."]},
        ),
        ({"settings": "x"}, {"settings": ["The settings must be an array."]}),
        ({"settings": {"currency_id": "x"}}, {"settings": ["currency_id is not a valid integer"]}),
        *(
            (
                {"settings": {"client_number_counter": counter}},
                {"settings": ["client_number_counter is not a valid integer"]},
            )
            for counter in ("x", -1, 1.5, True, 10**19, "9" * 9000)
        ),
    ],
)
def test_a_group_that_cannot_be_is_refused_when_made_and_when_edited(
    north, ninja, make, sent, said
):
    group = make()
    api = ninja(north)

    assert errors(api.post(LIST, {"name": "Other"} | sent)) == said
    assert errors(api.put(f"{LIST}/{group['id']}", sent)) == said


@pytest.mark.parametrize("verb", ["put", "patch"])
def test_an_edit_changes_what_it_names(north, ninja, make, verb):
    address = f"{LIST}/{make(settings={'payment_terms': '30', 'currency_id': '2'})['id']}"
    edit = getattr(ninja(north), verb)

    renamed = edit(address, {"name": "Huge"}).json()["data"]
    merged = edit(address, {"settings": {"payment_terms": "14"}}).json()["data"]

    assert (renamed["name"], renamed["settings"]["payment_terms"]) == ("Huge", "30")
    assert merged["settings"] == {"payment_terms": "14", "currency_id": "2"}
    assert merged["name"] == "Huge"
    assert ninja(north).get(address).json()["data"] == merged
    assert errors(edit(address, {"name": ""})) == {"name": ["The name field is required."]}


def test_a_form_that_says_put_edits_too(north, ninja, make):
    address = f"{LIST}/{make()['id']}"

    response = ninja(north).browser.post(address, {"_method": "PUT", "name": "Huge"})

    assert response.json()["data"]["name"] == "Huge"


def test_deleting_a_group_keeps_its_clients_and_lends_them_nothing(north, ninja, make, create):
    group = make(settings={"currency_id": "2"})
    client = create(name="Acme", group_settings_id=group["id"])
    api = ninja(north)

    deleted = api.delete(f"{LIST}/{group['id']}").json()["data"]
    again = api.delete(f"{LIST}/{group['id']}").json()["data"]

    assert (deleted["is_deleted"], deleted["archived_at"] > 0) == (True, True)
    assert again == deleted
    kept = api.get(f"{CLIENTS}/{client['id']}").json()["data"]
    assert kept["group_settings_id"] == group["id"]
    assert (client["settings"]["currency_id"], kept["settings"]["currency_id"]) == ("2", "3")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (encode(10**9), NO_RECORD["message"]),
        ("D2J234DFA", NO_RECORD["message"]),
        ("123", "Record with value 123 not found"),
    ],
)
@pytest.mark.parametrize("verb", ["get", "put", "delete"])
def test_a_group_that_is_not_there_is_a_400(north, ninja, verb, path, message):
    response = getattr(ninja(north), verb)(f"{LIST}/{path}")

    assert (response.status_code, response.json()) == (400, {"message": message})


@pytest.mark.parametrize("verb", ["get", "put", "delete"])
def test_a_strangers_group_reads_as_absent(north, south, ninja, make, verb):
    group = make()

    response = getattr(ninja(south), verb)(f"{LIST}/{group['id']}")

    assert (response.status_code, response.json()) == (400, NO_RECORD)
    assert ninja(north).get(f"{LIST}/{group['id']}").json()["data"] == group


def test_bulk_archives_deletes_and_restores(north, ninja, make):
    one, two, other = make(name="one"), make(name="two"), make(name="other")
    api = ninja(north)

    def bulk(action):
        sent = {"action": action, "ids": [one["id"], two["id"], one["id"]]}
        rows = api.post(f"{LIST}/bulk", sent).json()["data"]
        assert [row["name"] for row in rows] == ["one", "two"]
        return {(row["archived_at"] > 0, row["is_deleted"]) for row in rows}

    assert bulk("archive") == {(True, False)}
    assert bulk("delete") == {(True, True)}
    assert bulk("archive") == {(True, True)}
    assert bulk("restore") == {(False, False)}
    assert api.get(f"{LIST}/{other['id']}").json()["data"] == other


def test_staff_archive_groups_and_delete_none(north, join, ninja, make):
    group, staff = make(name="Big"), ninja(join(north, "staff"))

    answers = {
        action: staff.post(f"{LIST}/bulk", {"action": action, "ids": [group["id"]]})
        for action in ("delete", "archive")
    }

    assert answers["delete"].status_code == 401
    assert answers["delete"].json()["message"] == "This action is unauthorized."
    (kept,) = answers["archive"].json()["data"]
    assert (kept["is_deleted"], kept["archived_at"] > 0) == (False, True)


def test_bulk_answers_a_page(north, ninja, make):
    ids = [make(name=str(n))["id"] for n in range(3)]

    sent = {"action": "archive", "ids": ids, "per_page": "2"}
    answer = ninja(north).post(f"{LIST}/bulk", sent).json()

    assert [group["name"] for group in answer["data"]] == ["0", "1"]
    assert answer["meta"]["pagination"]["total"] == 3
    with acting_for(north.agency_id):
        assert ClientGroup.objects.filter(archived_at__isnull=False).count() == 3


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"action": None}, {"action": ["The action field is required."]}),
        ({"action": "purge"}, {"action": ["The selected action is invalid."]}),
        ({"ids": None}, {"ids": ["The ids field is required."]}),
        ({"ids": []}, {"ids": ["The ids field is required."]}),
        ({"ids": "VolejRejNm"}, {"ids": ["The ids must be an array."]}),
        ({"ids": 5}, {"ids": ["The ids must be an array."]}),
        ({"ids": ["{id}", "nonsense"]}, {"ids": ["The selected ids is invalid."]}),
        ({"ids": ["{id}", 1]}, {"ids": ["The selected ids is invalid."]}),
        ({"ids": ["{id}", None]}, {"ids": ["The selected ids is invalid."]}),
        ({"ids": ["{id}", {}]}, {"ids": ["The selected ids is invalid."]}),
        ({"ids": ["{id}", encode(10**9)]}, {"ids": ["The selected ids is invalid."]}),
        ({"ids": ["{id}", "{theirs}"]}, {"ids": ["The selected ids is invalid."]}),
    ],
)
def test_bulk_does_all_or_nothing(north, south, ninja, make, sent, said):
    group = make()
    theirs = ninja(south).post(LIST, {"name": "Theirs"}).json()["data"]
    ids = {"{id}": group["id"], "{theirs}": theirs["id"]}
    body = {"action": "delete", "ids": [group["id"]]} | sent
    if isinstance(body["ids"], list):
        body["ids"] = [ids.get(one, one) if isinstance(one, str) else one for one in body["ids"]]

    response = ninja(north).post(f"{LIST}/bulk", body)

    assert errors(response) == said
    assert ninja(north).get(f"{LIST}/{group['id']}").json()["data"] == group


@pytest.mark.parametrize("ids", ["ids[]={id}", "ids[0]={id}", "ids[7]={id}"])
def test_bulk_reads_forms(north, ninja, make, ids):
    body = "action=archive&" + ids.format(id=make()["id"])

    response = ninja(north).post(
        f"{LIST}/bulk", body, content_type="application/x-www-form-urlencoded"
    )

    assert names(response) == ["Big"]


def test_groups_are_filtered_and_sorted(north, ninja, make):
    for name in ("beta", "Álpha", "gamma"):
        group = make(name=name)
    with acting_for(north.agency_id):
        ClientGroup.objects.filter(pk=decode(group["id"])).update(archived_at=THEN, created_at=THEN)
    api = ninja(north)

    assert names(api.get(LIST)) == ["beta", "Álpha", "gamma"]
    assert names(api.get(f"{LIST}?status=active")) == ["beta", "Álpha"]
    assert names(api.get(f"{LIST}?name=alp*")) == names(api.get(f"{LIST}?filter=LPH")) == ["Álpha"]
    assert names(api.get(f"{LIST}?sort=name|desc")) == ["gamma", "beta", "Álpha"]
    assert names(api.get(f"{LIST}?created_at=1772300000")) == ["beta", "Álpha"]
    assert names(api.get(f"{LIST}?sort=settings|desc&per_page=1&page=2")) == ["Álpha"]


def test_relations_of_groups(north, ninja, make):
    group = make()
    api = ninja(north)

    assert api.get(f"{LIST}?include=documents").json()["data"] == [group]
    assert api.get(f"{LIST}?include=foo").json() == {
        "message": "Relation `foo` is not a valid include."
    }
    assert api.get(f"{LIST}?index=none").json() == [group]


def test_groups_cost_the_same_few_queries_whatever_their_number(
    north, ninja, django_assert_num_queries
):
    with acting_for(north.agency_id):
        ClientGroup.objects.bulk_create(
            ClientGroup(agency=north.agency, name=str(n)) for n in range(200)
        )
    api = ninja(north)
    api.get(LIST)

    for size in (1, 20, 200):
        with django_assert_num_queries(13):
            response = api.get(f"{LIST}?per_page={size}")
        assert len(response.json()["data"]) == size


def test_a_group_may_count_its_own_clients(north, ninja, make, create):
    group = make(settings={"client_number_counter": "50", "payment_terms": "30"})

    numbers = [create(group_settings_id=group["id"])["number"], create()["number"]]

    address = f"{LIST}/{group['id']}"
    api = ninja(north)
    assert group["settings"] == {"payment_terms": "30", "client_number_counter": 50}
    assert numbers == ["0050", "0001"]
    assert api.get(address).json()["data"]["settings"]["client_number_counter"] == 51
    api.put(address, {"name": "Huge"})
    api.put(address, {"settings": {"client_number_counter": 70}})
    assert create(group_settings_id=group["id"])["number"] == "0070"
