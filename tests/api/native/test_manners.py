"""What every kind of record of `/v1` promises alike."""

import json
from dataclasses import dataclass, field
from urllib.parse import quote

import pytest
import time_machine

THEN = "2026-03-01T10:00:00Z"


@dataclass(frozen=True)
class Resource:
    path: str
    kind: str
    noun: str
    # What makes one; {n} is a number, {client} the id of a client.
    body: dict
    # A change, and the name of a text in it.
    change: dict
    text: str
    # Values that are refused, by the name of the key.
    bad: dict = field(default_factory=dict)
    longest: int = 255
    # Rows that every agency has from the beginning.
    default_rows: int = 0
    deletes: bool = True


RESOURCES = {
    "contacts": Resource(
        "/v1/contacts",
        "contact",
        "contact",
        {"client_id": "{client}", "first_name": "Ann {n}", "email": "ann{n}@other.example"},
        {"job_title": "CEO"},
        "first_name",
        {
            "email": ["x", 7, [], {}, "x" * 250 + "@x.example", 10**40, "a b@x.example"],
            "receives_mail": ["true", 1, None, []],
            "phone": [1, True, "1" * 101],
        },
        # The client's own.
        default_rows=1,
    ),
    "tags": Resource(
        "/v1/tags", "tag", "tag", {"title": "Tag {n}"}, {"title": "New"}, "title", longest=100
    ),
    "categories": Resource(
        "/v1/categories",
        "category",
        "category",
        {"name": "Category {n}"},
        {"name": "New"},
        "name",
        default_rows=1,
    ),
    "groups": Resource(
        "/v1/groups", "group", "group", {"name": "Group {n}"}, {"name": "New"}, "name"
    ),
    "custom_fields": Resource(
        "/v1/custom_fields",
        "field",
        "custom field",
        {"name": "field-{n}", "label": "Field {n}", "type": "text"},
        {"label": "New"},
        "label",
        {
            "required": ["true", 0, None],
            "position": [-1, 1.5, "1", True, 32_768, 10**40, None],
            "choices": ["a", ["a"], {"a": 1}, [1], [""], 7],
        },
        deletes=False,
    ),
    "projects": Resource(
        "/v1/projects",
        "proj",
        "project",
        {"client_id": "{client}", "name": "Project {n}"},
        {"description": "New"},
        "name",
        deletes=False,
    ),
}
every_resource = pytest.mark.parametrize("resource", RESOURCES.values(), ids=RESOURCES)


@pytest.fixture
def make(api, acme_id):
    """Makes the nth record of a kind; returns the answer."""

    def make(resource, n=1, door=api, **more):
        text = json.dumps(resource.body).replace("{n}", str(n)).replace("{client}", acme_id)
        return door.post(resource.path, json.loads(text) | more)

    return make


@every_resource
def test_what_is_made_says_where_it_lives_and_is_got_and_listed_there(api, make, resource):
    made = make(resource)

    assert made.status_code == 201
    one = made.json()
    assert one["id"].startswith(f"{resource.kind}_")
    assert made["Location"] == f"{resource.path}/{one['id']}"
    got = api.get(made["Location"])
    assert (got.json(), got["ETag"]) == (one, made["ETag"])
    assert one in api.get(resource.path).json()["data"]
    assert api.get(f"{resource.path}/").json() == api.get(resource.path).json()


@every_resource
def test_only_what_is_sent_changes_and_nothing_sent_changes_nothing(api, make, resource):
    with time_machine.travel(THEN, tick=False):
        made = make(resource)
    one, path = made.json(), made["Location"]

    assert api.patch(path, {}).json() == one
    assert api.patch(path, {"id": "x", "created_at": "x", "colour": []}).json() == one
    with time_machine.travel("2026-03-02T10:00:00Z", tick=False):
        changed = api.patch(path, resource.change)

    moved = {"updated_at": "2026-03-02T10:00:00Z"} if "updated_at" in one else {}
    assert changed.status_code == 200
    assert changed.json() == one | resource.change | moved
    assert api.get(path).json() == changed.json()


@every_resource
def test_a_lost_update_is_refused_and_a_known_state_not_sent(api, make, resource):
    made = make(resource)
    path, tag = made["Location"], made["ETag"]
    assert api.get(path, headers={"If-None-Match": tag}).status_code == 304
    api.patch(path, resource.change)

    assert api.patch(path, {}, headers={"If-Match": tag}).status_code == 412
    assert api.delete(path, headers={"If-Match": tag}).status_code == 412
    assert api.get(path, headers={"If-None-Match": tag}).status_code == 200
    assert api.get(path).json() | resource.change == api.get(path).json()


@every_resource
def test_what_is_deleted_is_gone_and_what_is_archived_stays_to_be_found(api, make, resource):
    made = make(resource)
    path, one = made["Location"], made.json()

    gone = api.delete(path)

    assert gone.status_code == 200
    assert one not in api.get(resource.path).json()["data"]
    if resource.deletes:
        assert gone.json() == {"id": one["id"], "deleted": True}
        assert api.get(path).status_code == 404
    else:
        assert gone.json() == api.get(path).json()
        assert gone.json()["archived_at"] is not None
        assert api.get(f"{resource.path}?archived=true").json()["data"] == [gone.json()]
        assert api.get(f"{resource.path}?archived=false").json()["data"] == []


@every_resource
def test_a_stranger_and_an_absent_one_answer_alike_and_nothing_changes(
    api, south, bearer, make, nobodies, resource
):
    made = make(resource)
    for call in (
        lambda door, path: door.get(path),
        lambda door, path: door.patch(path, resource.change),
        lambda door, path: door.patch(path, resource.change, headers={"If-Match": "*"}),
        lambda door, path: door.delete(path),
    ):
        answers = [call(api, f"{resource.path}/{id}") for id in nobodies(resource.kind)]
        answers.append(call(bearer(south), made["Location"]))

        assert {answer.status_code for answer in answers} == {404}
        assert {answer.json()["error"]["message"] for answer in answers} == {
            f"No {resource.noun} has this id."
        }
    assert api.get(made["Location"]).json() == made.json()


@every_resource
def test_a_stranger_lists_none_of_ours(south, bearer, make, resource):
    ours = make(resource).json()

    assert ours["id"] not in bearer(south).get(resource.path).text


@every_resource
def test_a_key_that_only_reads_changes_nothing(api, reader, make, resource):
    made = make(resource)

    answers = [
        make(resource, 2, door=reader),
        reader.patch(made["Location"], resource.change),
        reader.delete(made["Location"]),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert {answer.json()["error"]["type"] for answer in answers} == {"permission_error"}
    assert reader.get(made["Location"]).json() == made.json()
    assert len(reader.get(resource.path).json()["data"]) == 1 + resource.default_rows


@every_resource
def test_a_text_that_is_none_is_named(api, make, resource):
    made = make(resource)
    for value in (7, 1.5, True, [], {}, ["x"], "x" * (resource.longest + 1), 10**40):
        for answer in (
            make(resource, 2, **{resource.text: value}),
            api.patch(made["Location"], {resource.text: value}),
        ):
            assert answer.status_code == 422, value
            assert answer.json()["error"]["param"].startswith(resource.text)
            assert answer.json()["error"]["type"] == "validation_error"
    assert api.get(made["Location"]).json() == made.json()
    assert len(api.get(resource.path).json()["data"]) == 1 + resource.default_rows


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        pytest.param(resource, name, id=f"{path}-{name}")
        for path, resource in RESOURCES.items()
        for name in resource.bad
    ],
)
def test_a_bad_value_is_named_and_changes_nothing(api, make, resource, name):
    made = make(resource)

    for value in resource.bad[name]:
        for answer in (
            make(resource, 2, **{name: value}),
            api.patch(made["Location"], {name: value}),
        ):
            assert answer.status_code == 422, value
            assert answer.json()["error"]["param"].startswith(name)

    assert api.get(made["Location"]).json() == made.json()


@every_resource
@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"null", b'{"x": "a\\u0000b"}', b'{"x": "\\ud83d"}', b"[" * 50_000]
)
def test_a_body_that_is_no_storable_json_object_is_a_400(api, make, resource, body):
    path = make(resource)["Location"]

    for answer in (
        api.post(resource.path, body, content_type="application/json"),
        api.patch(path, body, content_type="application/json"),
    ):
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "parse_error"


@every_resource
def test_another_content_type_is_a_415(api, resource):
    answer = api.post(resource.path, b"name=x", content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 415


@every_resource
def test_text_is_kept_letter_by_letter(api, make, resource):
    text = "Ünïcode \u202e🎉 <b>'\"\\%_ e\u0301"
    path = make(resource, **{resource.text: text})["Location"]

    assert api.get(path).json()[resource.text] == text


@every_resource
@pytest.mark.parametrize(
    ("param", "value"),
    [
        ("colour", "red"),
        ("limit", "0"),
        ("limit", "9" * 40 + "x"),
        ("cursor", "x"),
        ("sort", "colour"),
        ("sort", ""),
        ("q", ""),
        ("q", "x" * 201),
        ("created_at", "soon"),
        ("created_at", "gt:"),
        ("expand", "everything"),
    ],
)
def test_a_bad_parameter_is_named(api, resource, param, value):
    answer = api.get(f"{resource.path}?{param}={quote(value)}")

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


@every_resource
def test_parameters_are_refused_where_there_are_none(api, make, resource):
    path = make(resource)["Location"]

    for answer in (
        api.get(f"{path}?limit=1"),
        api.patch(f"{path}?limit=1", resource.change),
        api.delete(f"{path}?limit=1"),
        make(Resource(f"{resource.path}?limit=1", "", "", resource.body, {}, ""), 2),
    ):
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "limit")


@every_resource
def test_every_order_is_walked_without_a_gap_or_a_repetition(api, make, walk, resource):
    made = {make(resource, n).json()["id"] for n in range(5)}
    sorts = api.get(f"{resource.path}?sort=x").json()["error"]["message"]
    names = sorts.removeprefix("Sort by one or more of ").partition(", each once")[0].split(", ")
    assert len(names) > 1

    for name in names:
        up = walk(api, f"{resource.path}?limit=2&sort={name}")
        down = walk(api, f"{resource.path}?limit=2&sort=-{name}")

        assert [row["id"] for row in up] == [row["id"] for row in down][::-1]
        assert len(up) == len({row["id"] for row in up}) == 5 + resource.default_rows
        assert made <= {row["id"] for row in up}


@every_resource
def test_what_has_these_words_or_this_age_is_found(api, make, resource):
    for n in range(3):
        make(resource, n)

    def found(query):
        page = api.get(f"{resource.path}?{query}").json()
        assert page["meta"]["total"] == len(page["data"])
        return page["meta"]["total"]

    assert found(f"q={quote(resource.body[resource.text].format(n=2).upper())}") == 1
    assert found("q=%25") == 0
    assert found("created_at=gte:2026-01-01") == 3 + resource.default_rows
    assert found("created_at=lt:2026-01-01") == 0


@every_resource
@pytest.mark.parametrize("number", [1, 20, 100])
def test_a_list_costs_the_same_few_queries_whatever_its_length(
    api, make, resource, number, django_assert_num_queries
):
    for n in range(number):
        make(resource, n)
    api.get(resource.path)

    # The key's agency; the scope, its key and its end; the counter; the scope, count, rows, end.
    with django_assert_num_queries(13):
        page = api.get(f"{resource.path}?limit=100").json()

    assert page["meta"]["total"] == number + resource.default_rows
