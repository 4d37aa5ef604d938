import pytest
from django.utils import timezone

from agencies.scope import acting_for
from api.native.ids import encode
from clients.lifecycle import delete
from clients.models import Category, Client, ClientGroup
from clients.sorting import set_tags


def test_tags_count_the_clients_that_are_there(api, north, acme, enrolled):
    other = enrolled(north, "Other")
    with acting_for(north.agency_id):
        set_tags(acme, ["VIP", "retail"])
        set_tags(other, ["vip"])

    def counts():
        return {tag["title"]: tag["client_count"] for tag in api.get("/v1/tags").json()["data"]}

    assert counts() == {"retail": 1, "VIP": 2}
    with acting_for(north.agency_id):
        delete(Client.objects.filter(pk=other.pk), at=timezone.now())
    assert counts() == {"retail": 1, "VIP": 1}


@pytest.mark.parametrize(("path", "name"), [("tags", "title"), ("categories", "name")])
def test_two_of_one_name_are_refused_whatever_the_case(api, south, bearer, path, name):
    first = api.post(f"/v1/{path}", {name: "Größe"})
    second = api.post(f"/v1/{path}", {name: "Other"})

    for answer in (
        api.post(f"/v1/{path}", {name: "GRÖßE"}),
        api.patch(second["Location"], {name: " größe "}),
    ):
        assert (answer.status_code, answer.json()["error"]["param"]) == (409, name)
    assert api.patch(first["Location"], {name: "GRÖSSE"}).status_code == 200
    assert api.get(second["Location"]).json()[name] == "Other"
    assert bearer(south).post(f"/v1/{path}", {name: "Größe"}).status_code == 201


def test_a_deleted_tag_is_nobodys_any_more(api, north, acme):
    with acting_for(north.agency_id):
        set_tags(acme, ["vip"])
    (tag,) = api.get("/v1/tags").json()["data"]

    api.delete(f"/v1/tags/{tag['id']}")

    assert api.get("/v1/clients?tags=vip").json()["data"] == []
    with acting_for(north.agency_id):
        assert not acme.client_tags.exists()


def test_one_category_is_the_default_one(api, acme):
    (old,) = api.get("/v1/categories?default=true").json()["data"]
    made = api.post("/v1/categories", {"name": "Shops"})
    path = made["Location"]
    assert made.json()["default"] is False

    for _ in range(2):
        answer = api.post(f"{path}/make_default", {})
        assert (answer.status_code, answer.json()["default"]) == (200, True)

    assert [c["name"] for c in api.get("/v1/categories?default=true").json()["data"]] == ["Shops"]
    refused = api.delete(path)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "category_is_default")
    in_use = api.delete(f"/v1/categories/{old['id']}")
    assert (in_use.status_code, in_use.json()["error"]["code"]) == (409, "category_in_use")
    assert len(api.get("/v1/categories").json()["data"]) == 2


def test_a_category_of_a_deleted_client_is_in_use_too(api, north, acme):
    shops = api.post("/v1/categories", {"name": "Shops"}).json()
    with acting_for(north.agency_id):
        Client.objects.update(
            category=Category.objects.get(name="Shops"), deleted_at=timezone.now()
        )

    assert api.get(f"/v1/categories/{shops['id']}").json()["client_count"] == 0
    assert api.delete(f"/v1/categories/{shops['id']}").status_code == 409


def test_a_lost_update_does_not_change_the_default(api, acme):
    made = api.post("/v1/categories", {"name": "Shops"})
    api.patch(made["Location"], {"name": "New"})

    answer = api.post(f"{made['Location']}/make_default", {}, headers={"If-Match": made["ETag"]})

    assert answer.status_code == 412
    assert api.get(made["Location"]).json()["default"] is False


def test_a_group_is_archived_deleted_and_restored_and_keeps_its_settings(api, north, acme):
    made = api.post("/v1/groups", {"name": "Big"})
    path, one = made["Location"], made.json()
    with acting_for(north.agency_id):
        ClientGroup.objects.update(settings={"currency_id": "1"})
        Client.objects.update(group=ClientGroup.objects.get())

    archived = api.post(f"{path}/archive", {}).json()
    assert archived["archived_at"] is not None
    assert api.get("/v1/groups").json()["data"] == []
    assert api.get("/v1/groups?archived=true").json()["data"] == [archived]
    api.delete(path)
    assert api.post(f"{path}/archive", {}).status_code == 404
    assert api.get("/v1/groups?archived=true,false").json()["data"] == []
    restored = api.post(f"{path}/restore", {}).json()

    assert restored == one | {"client_count": 1, "updated_at": restored["updated_at"]}
    with acting_for(north.agency_id):
        assert ClientGroup.objects.get().settings == {"currency_id": "1"}


@pytest.mark.parametrize(
    ("path", "kind", "action"),
    [
        ("categories", "category", "make_default"),
        ("groups", "group", "archive"),
        ("groups", "group", "restore"),
        ("custom_fields", "field", "archive"),
        ("custom_fields", "field", "restore"),
        ("contacts", "contact", "make_primary"),
    ],
)
def test_no_action_reaches_what_is_not_there(api, reader, nobodies, path, kind, action):
    answers = [api.post(f"/v1/{path}/{id}/{action}", {}) for id in nobodies(kind)]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert reader.post(f"/v1/{path}/{encode(kind, 1)}/{action}", {}).status_code == 403
