import pytest

from agencies.scope import acting_for
from api.native.ids import encode
from clients.models import Client, Project
from clients.projects import create_project
from contacts.changing import add_contact
from contacts.enrolling import Person, enroll

JANE = {"name": "Jane Doe", "email": "jane@globexcorp.com"}
DETAILS = {
    "number": "C-77",
    "id_number": "HRB 1",
    "vat_number": "DE1",
    "classification": "business",
    "industry": "Retail",
    "size": "1-3",
    "website": "https://globex.example",
    "phone": "2",
    "description": "For everybody.",
    "currency": "USD",
    "language": "de",
    "shipping_address": {
        "line1": "1 Side St",
        "city": "Bonn",
        "state": "",
        "postal_code": "53111",
        "country": "DE",
    },
    "payment_terms_days": 30,
    "tax_exempt": True,
}


@pytest.fixture
def filed(api):
    """Ids of a category and of a group; and fields of the agency's own: one is required."""
    category = api.post("/v1/categories", {"name": "Shops"}).json()["id"]
    group = api.post("/v1/groups", {"name": "Big"}).json()["id"]
    for field in (
        {"name": "po", "label": "PO", "type": "number", "required": True},
        {"name": "since", "label": "Since", "type": "date"},
    ):
        api.post("/v1/custom_fields", field)
    return category, group


@pytest.fixture
def jane(api, filed, north):
    category, group = filed
    sent = JANE | {
        "tags": ["VIP", "retail", "vip"],
        "category_id": category,
        "group_id": group,
        "custom_fields": {"po": 12, "since": "2026-01-31"},
        "details": DETAILS | {"assigned_to_id": encode("user", north.pk)},
    }
    response = api.post("/v1/clients", sent)
    assert response.status_code == 201, response.json()
    return response.json()


EVERYTHING = "contacts,projects,tags,category,group,custom_fields,details"


def test_what_is_sent_beyond_the_fourteen_keys_is_shown_when_it_is_asked_for(
    api, north, jane, filed
):
    path = f"/v1/clients/{jane['id']}"
    site = api.post("/v1/projects", {"name": "Site", "client_id": jane["id"]}).json()
    (contact,) = api.get("/v1/contacts").json()["data"]

    whole = api.get(f"{path}?expand={EVERYTHING}").json()

    category, group = filed
    assert len(jane) == 14
    assert whole == api.get(path).json() | {
        "contacts": [contact],
        "projects": [site],
        "tags": ["VIP", "retail"],
        "category": {"id": category, "name": "Shops"},
        "group": {"id": group, "name": "Big"},
        "custom_fields": {"po": "12", "since": "2026-01-31"},
        "details": DETAILS
        | {
            "assigned_to_id": encode("user", north.pk),
            "paid_to_date": 0,
            "credit_balance": 0,
            "payment_balance": 0,
            "archived_at": None,
            "suspended_at": None,
        },
    }


def test_a_client_made_with_little_expands_to_little(api, acme_id):
    whole = api.get(f"/v1/clients/{acme_id}?expand=projects,tags,group,custom_fields").json()

    assert [whole[name] for name in ("projects", "tags", "group", "custom_fields")] == [
        [],
        [],
        None,
        {},
    ]


def test_a_list_expands_each_of_its_rows(api, jane, acme_id):
    rows = api.get("/v1/clients?sort=name&expand=tags,contacts").json()["data"]

    assert [(row["tags"], len(row["contacts"])) for row in rows] == [
        ([], 1),
        (["VIP", "retail"], 1),
    ]
    assert rows[0]["contacts"][0]["email"] == rows[0]["email"]


def test_the_tag_of_an_answer_covers_what_was_expanded(api, acme_id):
    path = f"/v1/clients/{acme_id}?expand=projects"
    tag = api.get(path)["ETag"]
    assert tag != api.get(f"/v1/clients/{acme_id}")["ETag"]
    api.post("/v1/projects", {"name": "Site", "client_id": acme_id})

    assert api.patch(path, {"name": "New"}, headers={"If-Match": tag}).status_code == 412
    tag = api.get(path)["ETag"]
    changed = api.patch(path, {"name": "New"}, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["projects"][0]["name"]) == (200, "Site")
    assert changed["ETag"] == api.get(path)["ETag"]


@pytest.mark.parametrize("expand", ["", "invoices", "tags,", "tags,colour", "Tags", "x" * 3000])
def test_what_cannot_be_expanded_is_named(api, acme_id, expand):
    for path in ("/v1/clients", f"/v1/clients/{acme_id}"):
        response = api.get(f"{path}?expand={expand}")
        assert (response.status_code, response.json()["error"]["param"]) == (400, "expand")


def test_projects_are_expanded_for_whom_they_are_to_be_read(bearer, north, acme_id):
    api = bearer(north, scopes=["clients:read"])

    assert api.get(f"/v1/clients/{acme_id}?expand=contacts").status_code == 200
    assert api.get(f"/v1/clients/{acme_id}?expand=projects").status_code == 403
    assert api.get("/v1/clients?expand=contacts,projects").status_code == 403


def test_no_more_than_a_hundred_are_expanded_the_newest_first(api, north, acme, acme_id):
    with acting_for(north.agency_id):
        Project.objects.bulk_create(
            Project(agency=north.agency, client=acme, name=str(n), currency="EUR")
            for n in range(101)
        )

    projects = api.get(f"/v1/clients/{acme_id}?expand=projects").json()["projects"]

    assert [project["name"] for project in projects] == [str(n) for n in range(100, 0, -1)]


@pytest.mark.parametrize("number", [1, 20, 100])
def test_an_expansion_costs_one_query_whatever_the_length(
    api, north, number, django_assert_num_queries
):
    with acting_for(north.agency_id):
        for n in range(number):
            person = Person(email=f"{n}@x.example")
            client = enroll(north.agency, by=north, name=str(n), people=[person], tags=["vip"])
            add_contact(client, first_name="Second")
            create_project(client, name="Site")
    api.get("/v1/clients")

    # The list's own 13; one for each name, and the agency's own fields.
    with django_assert_num_queries(13 + 7 + 1):
        rows = api.get(f"/v1/clients?limit=100&expand={EVERYTHING}").json()["data"]

    assert len(rows) == number
    assert all(len(row["contacts"]) == 2 and len(row["projects"]) == 1 for row in rows)


def expanded(api, jane):
    return api.get(f"/v1/clients/{jane['id']}?expand={EVERYTHING}").json()


def test_only_the_details_sent_change(api, jane):
    before = expanded(api, jane)
    path = f"/v1/clients/{jane['id']}?expand={EVERYTHING}"

    after = api.patch(
        path, {"details": {"website": None, "size": "4-10", "paid_to_date": 9}}
    ).json()

    details = before["details"] | {"website": None, "size": "4-10"}
    assert after == before | {"details": details, "updated_at": after["updated_at"]}


def test_custom_values_are_merged_and_null_takes_one_away(api, jane):
    path = f"/v1/clients/{jane['id']}?expand=custom_fields"

    assert api.patch(path, {"custom_fields": {"since": None}}).json()["custom_fields"] == {
        "po": "12",
        "since": None,
    }
    assert api.patch(path, {"custom_fields": {"po": "1.50"}}).json()["custom_fields"] == {
        "po": "1.50",
        "since": None,
    }
    assert api.patch(path, {"name": "New"}).json()["custom_fields"]["po"] == "1.50"


def test_category_and_group_are_taken_away_by_null(api, jane):
    path = f"/v1/clients/{jane['id']}?expand=category,group"

    after = api.patch(path, {"category_id": None, "group_id": None}).json()

    assert (after["category"]["name"], after["group"]) == ("Default", None)


def test_a_required_field_is_asked_for_with_the_others_alone(api, filed):
    # Nextoria Hub's clients know of no such fields.
    assert api.post("/v1/clients", JANE).status_code == 201

    refused = api.post(
        "/v1/clients", JANE | {"email": "b@x.example", "custom_fields": {"since": None}}
    )

    assert (refused.status_code, refused.json()["error"]["param"]) == (422, "custom_fields.po")


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"tags": "vip"}, "tags"),
        ({"tags": [""]}, "tags.0"),
        ({"tags": [7]}, "tags.0"),
        ({"tags": ["x" * 101]}, "tags.0"),
        ({"tags": [str(n) for n in range(101)]}, "tags"),
        ({"tags": None}, "tags"),
        ({"category_id": "category_aaaaaaaa"}, "category_id"),
        ({"category_id": 7}, "category_id"),
        ({"group_id": "group_" + "a" * 3000}, "group_id"),
        ({"custom_fields": []}, "custom_fields"),
        ({"custom_fields": {"po": "x"}}, "custom_fields.po"),
        ({"custom_fields": {"po": None}}, "custom_fields.po"),
        ({"custom_fields": {"po": {"a": []}}}, "custom_fields.po"),
        ({"custom_fields": {"po": 1e308}}, "custom_fields.po"),
        ({"custom_fields": {"po": 1, "since": "31.1.2026"}}, "custom_fields.since"),
        ({"custom_fields": {"po": 1, "colour": "red"}}, "custom_fields.colour"),
        ({"details": []}, "details"),
        ({"details": None}, "details"),
        ({"details": {"number": ""}}, "details.number"),
        ({"details": {"number": None}}, "details.number"),
        ({"details": {"website": 7}}, "details.website"),
        ({"details": {"currency": "XYZ"}}, "details.currency"),
        ({"details": {"language": "xx-yy-zz"}}, "details.language"),
        ({"details": {"payment_terms_days": 3651}}, "details.payment_terms_days"),
        ({"details": {"payment_terms_days": "7"}}, "details.payment_terms_days"),
        ({"details": {"tax_exempt": "yes"}}, "details.tax_exempt"),
        ({"details": {"shipping_address": {"line1": "x"}}}, "details.shipping_address.city"),
        ({"details": {"assigned_to_id": "user_aaaaaaaa"}}, "details.assigned_to_id"),
    ],
)
def test_a_bad_value_is_named_and_nothing_changes(api, north, jane, change, param):
    before = expanded(api, jane)

    changed = api.patch(f"/v1/clients/{jane['id']}", {"name": "New"} | change)
    made = api.post("/v1/clients", {"name": "B", "email": "b@x.example"} | change)

    for answer in (changed, made):
        assert (answer.status_code, answer.json()["error"]["param"]) == (422, param)
    assert expanded(api, jane) == before
    with acting_for(north.agency_id):
        assert Client.objects.count() == 1


def test_another_clients_number_is_refused(api, north, acme, jane):
    with acting_for(north.agency_id):
        Client.objects.filter(pk=acme.pk).update(number="A-1", id_number="HRB 2")
    path = f"/v1/clients/{jane['id']}"

    for name, value in (("number", "A-1"), ("id_number", "HRB 2")):
        answer = api.patch(path, {"details": {name: value}})
        assert (answer.status_code, answer.json()["error"]["param"]) == (409, f"details.{name}")


def test_what_is_a_strangers_is_as_unknown(api, south, bearer, jane):
    stranger = bearer(south)
    theirs = {
        "category_id": stranger.post("/v1/categories", {"name": "X"}).json()["id"],
        "group_id": stranger.post("/v1/groups", {"name": "X"}).json()["id"],
    }
    absent = {"category_id": encode("category", 10**9), "group_id": encode("group", 10**9)}
    for name in theirs:
        answers = [
            api.patch(f"/v1/clients/{jane['id']}", {name: ids[name]}) for ids in (theirs, absent)
        ]
        assert {answer.status_code for answer in answers} == {422}
        assert answers[0].content == answers[1].content
    member = {"details": {"assigned_to_id": encode("user", south.pk)}}
    assert api.patch(f"/v1/clients/{jane['id']}", member).status_code == 422


def test_tags_are_set_as_a_whole(api, jane):
    path = f"/v1/clients/{jane['id']}/tags?expand=tags"

    assert api.post(path, {"tags": ["new", "VIP"]}).json()["tags"] == ["new", "VIP"]
    assert api.post(path, {"tags": []}).json()["tags"] == []
    assert api.patch(f"/v1/clients/{jane['id']}?expand=tags", {"tags": ["x"]}).json()["tags"] == [
        "x"
    ]


@pytest.mark.parametrize("body", [{}, {"tags": None}, {"tags": "x"}, {"tags": [""]}])
def test_tags_have_to_be_a_list_of_texts(api, jane, body):
    answer = api.post(f"/v1/clients/{jane['id']}/tags", body)

    assert answer.status_code == 422
    assert answer.json()["error"]["param"].startswith("tags")
    assert expanded(api, jane)["tags"] == ["VIP", "retail"]


def test_only_those_who_may_set_tags(api, reader, south, bearer, jane, nobodies):
    tags = {"tags": ["stolen"]}
    answers = [api.post(f"/v1/clients/{id}/tags", tags) for id in nobodies("client")]
    answers.append(bearer(south).post(f"/v1/clients/{jane['id']}/tags", tags))

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    path = f"/v1/clients/{jane['id']}/tags"
    assert reader.post(path, tags).status_code == 403
    assert api.post(path, tags, headers={"If-Match": '"old"'}).status_code == 412
    assert expanded(api, jane)["tags"] == ["VIP", "retail"]
