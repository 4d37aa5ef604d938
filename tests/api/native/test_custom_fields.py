import pytest

PO = {
    "name": "po-number",
    "label": "Purchase order",
    "type": "choice",
    "choices": ["a", "b"],
    "required": True,
    "position": 2,
}


@pytest.fixture
def made(api):
    return api.post("/v1/custom_fields", PO)


def test_a_field_is_shown_as_it_was_defined(made):
    field = made.json()

    assert field == PO | {
        "id": field["id"],
        "archived_at": None,
        "created_at": field["created_at"],
        "updated_at": field["updated_at"],
    }


def test_little_needs_to_be_said(api):
    field = api.post("/v1/custom_fields", {"name": "x", "label": "X", "type": "date"}).json()

    assert (field["choices"], field["required"], field["position"]) == ([], False, 0)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"name": ""}, "name"),
        ({"name": "two words"}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": None}, "name"),
        ({"name": ["x"]}, "name"),
        ({"type": "colour"}, "type"),
        ({"type": ["text"]}, "type"),
        ({"type": 10**40}, "type"),
        ({"choices": []}, "choices"),
        ({"choices": ["a", "a"]}, "choices"),
        ({"choices": ["x" * 256]}, "choices.0"),
        ({"choices": [str(n) for n in range(201)]}, "choices"),
        ({"type": "text"}, "choices"),
    ],
)
def test_a_bad_definition_is_named_and_nothing_is_made(api, change, param):
    answer = api.post("/v1/custom_fields", PO | change)

    assert (answer.status_code, answer.json()["error"]["param"]) == (422, param)
    assert api.get("/v1/custom_fields").json()["data"] == []


def test_two_of_one_name_are_refused_even_where_one_is_archived(api, made):
    api.delete(made["Location"])

    answer = api.post("/v1/custom_fields", PO | {"name": "PO-number"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "field_taken")


def test_name_and_type_stay(api, made):
    changed = api.patch(made["Location"], {"name": "other", "type": "text", "label": "New"}).json()

    assert (changed["name"], changed["type"], changed["label"]) == ("po-number", "choice", "New")


@pytest.mark.parametrize("choices", [[], ["a", "a"]])
def test_choices_have_to_be_some_and_different(api, made, choices):
    answer = api.patch(made["Location"], {"choices": choices})

    assert (answer.status_code, answer.json()["error"]["param"]) == (422, "choices")
    assert api.get(made["Location"]).json() == made.json()


def test_a_text_gets_no_choices_later(api):
    path = api.post("/v1/custom_fields", {"name": "x", "label": "X", "type": "text"})["Location"]

    assert api.patch(path, {"choices": ["a"]}).status_code == 422


def test_an_archived_field_comes_back(api, made):
    path = made["Location"]

    assert api.post(f"{path}/archive", {}).json()["archived_at"] is not None
    assert api.get("/v1/custom_fields").json()["data"] == []
    assert api.post(f"{path}/restore", {}).json()["archived_at"] is None
    assert len(api.get("/v1/custom_fields").json()["data"]) == 1


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["x", "po-number"]),
        ("type=choice", ["po-number"]),
        ("type=text,date", ["x"]),
        ("required=true", ["po-number"]),
        ("q=purchase", ["po-number"]),
        ("sort=-position", ["po-number", "x"]),
    ],
)
def test_what_is_asked_is_found(api, made, query, names):
    api.post("/v1/custom_fields", {"name": "x", "label": "X", "type": "date"})

    found = api.get(f"/v1/custom_fields?{query}").json()["data"]

    assert [field["name"] for field in found] == names
