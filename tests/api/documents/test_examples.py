"""Every example in a document can be sent as it stands, and is answered as the document says."""

import pytest

from api.reference import NAMES

from .conftest import JSON, undone

every_dialect = pytest.mark.parametrize("name", NAMES)


@every_dialect
def test_every_body_is_accepted_as_it_stands(each, door, name):
    caller, complaints = door(name), []

    for operation in each(name):
        for body in operation.bodies:
            with undone():
                response = operation.send(caller, body=body)
            complaints += operation.complaints(response, operation.success)

    assert complaints == []


@every_dialect
def test_every_parameter_is_accepted_as_it_stands(each, door, name):
    caller, complaints = door(name), []

    for operation in each(name):
        for one in operation.parameters:
            if one["in"] == "query" and "examples" in one["schema"]:
                with undone():
                    query = f"?{one['name']}={one['schema']['examples'][0]}"
                    response = operation.send(caller, query)
                complaints += operation.complaints(response, operation.success)

    assert complaints == []


@every_dialect
def test_every_body_of_json_has_an_example(documents, name):
    without = [
        str(operation)
        for operation in documents[name].operations
        if JSON in operation.operation.get("requestBody", {}).get("content", {})
        and operation.bodies == [None]
    ]

    assert without == []


@every_dialect
def test_what_is_shown_of_an_answer_fits_its_shape(documents, name):
    told = documents[name]
    shapes = told.whole["components"]["schemas"].values()
    contents = [
        content
        for operation in told.operations
        for answer in operation.operation["responses"].values()
        for content in answer.get("content", {}).values()
    ]

    faults = [
        fault
        for shape, example in [
            *((shape, example) for shape in shapes for example in shape.get("examples", ())),
            *(
                (content["schema"], example["value"])
                for content in contents
                for example in content.get("examples", {}).values()
            ),
        ]
        for fault in told.faults(shape, example)
    ]

    assert faults == []
