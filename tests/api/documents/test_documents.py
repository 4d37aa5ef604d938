"""The documents are OpenAPI, complete, and served to anybody."""

import json

import pytest
import yaml
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator

from agencies.models import Agency
from agencies.roles import SCOPES
from agencies.scope import acting_for
from api.reference import NAMES

every_dialect = pytest.mark.parametrize("name", NAMES)


@every_dialect
def test_a_document_is_valid_openapi(documents, name):
    validate_schema(documents[name].whole)


@every_dialect
def test_every_shape_in_a_document_is_valid_json_schema(documents, name):
    for shape in documents[name].whole["components"]["schemas"].values():
        Draft202012Validator.check_schema(shape)


@every_dialect
def test_every_reference_leads_somewhere_and_every_shape_is_used(documents, name):
    whole = documents[name].whole
    text = json.dumps(whole)

    named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}

    assert named == set(whole["components"]["schemas"])


@every_dialect
def test_operations_have_names_of_their_own(documents, name):
    names = [one.operation["operationId"] for one in documents[name].operations]

    assert len(names) == len(set(names))


@every_dialect
def test_every_operation_says_which_scopes_it_needs(documents, name):
    for one in documents[name].operations:
        assert bool(one.scopes) is not one.any_key, one
        assert one.scopes <= set(SCOPES), one


@every_dialect
@pytest.mark.parametrize(("ending", "read"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_a_document_is_served_to_anybody_and_may_be_kept(db, client, documents, name, ending, read):
    response = client.get(f"/docs/api/{name}.{ending}")

    assert response.status_code == 200
    assert response["Content-Type"] == f"application/{ending}"
    assert response["Cache-Control"] == "max-age=3600, public"
    assert read(response.content) == documents[name].whole


@pytest.mark.parametrize("path", ["nothing", "nothing.json", "native.xml", "native/"])
def test_there_is_nothing_else(db, client, path):
    assert client.get(f"/docs/api/{path}").status_code == 404


@pytest.mark.parametrize("path", ["", *NAMES])
def test_the_pages_are_as_strict_as_all_others(db, client, path):
    response = client.get(f"/docs/api/{path}")

    assert response.status_code == 200
    assert "unsafe" not in response["Content-Security-Policy"]
    assert "default-src 'self'" in response["Content-Security-Policy"]
    assert b"<script>" not in response.content
    assert b"//cdn" not in response.content


def test_an_agencys_own_host_shows_no_documents(north, client, settings):
    settings.ALLOWED_HOSTS = ["portal.north.example"]
    with acting_for(north.agency_id):
        Agency.objects.update(portal_host="portal.north.example")

    response = client.get("/docs/api/", headers={"host": "portal.north.example"})

    assert response.status_code == 404
