"""Real answers, refusals above all, look as the documents say."""

import re

import pytest
import time_machine
from django.utils import timezone

from agencies.roles import SCOPES
from api.reference import NAMES

JSON = "application/json"
every_dialect = pytest.mark.parametrize("name", NAMES)


@every_dialect
def test_without_a_key_nothing_is_answered(each, doors, name):
    status = 403 if name == "invoiceninja" else 401
    complaints = []

    for operation in each(name):
        response = operation.send(doors("foyer_" + "x" * 43)[name])
        complaints += operation.complaints(response, status)

    assert complaints == []


@every_dialect
def test_the_scope_that_is_named_is_the_one_that_is_needed(each, door, name):
    status = 401 if name == "invoiceninja" else 403
    complaints = []

    for operation in each(name):
        for needed in operation.scopes:
            others = [scope for scope in SCOPES if scope != needed]
            complaints += operation.complaints(operation.send(door(name, scopes=others)), status)
        alone = door(name, scopes=list(operation.scopes))
        complaints += operation.complaints(operation.send(alone), operation.success)

    assert complaints == []


@every_dialect
def test_too_many_requests_are_told_when_to_come_back(each, door, name):
    complaints = []

    for operation in each(name):
        hasty = door(name, requests_per_minute=1)
        # Between the two no minute may end, however slow the machine.
        with time_machine.travel(timezone.now(), tick=False):
            operation.send(hasty)
            response = operation.send(hasty)
        complaints += operation.complaints(response, 429)
        assert int(response["Retry-After"]) > 0

    assert complaints == []


@every_dialect
@pytest.mark.parametrize("odd", ["0", "é" * 20, "9" * 30])
def test_ids_that_name_nothing(each, door, name, odd):
    caller, complaints = door(name), []

    for operation in each(name):
        address = re.sub(r"{\w+}", odd, operation.path)
        complaints += operation.complaints(operation.send(caller, address=address))

    assert complaints == []


@every_dialect
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{", JSON),
        (b"{}", JSON),
        (b"<a/>", "text/xml"),
        (b'{"name": 1, "email": [], "contacts": 5, "settings": 1, "tags": {}, "ids": 3}', JSON),
    ],
)
def test_bodies_that_make_no_sense(each, door, name, body, kind):
    caller, complaints = door(name), []

    for operation in each(name):
        if "requestBody" in operation.operation:
            response = operation.send(caller, body=body, content_type=kind)
            complaints += operation.complaints(response)

    assert complaints == []


@every_dialect
def test_bodies_that_are_too_large_or_of_no_known_length(each, door, name, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    unknown = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    caller, complaints = door(name), []

    for operation in each(name):
        if "requestBody" in operation.operation:
            large = operation.send(caller, body=b" " * 200, content_type=JSON)
            complaints += operation.complaints(large, 413)
            chunked = operation.send(caller, body=b"2\r\n{}", content_type=JSON, **unknown)
            complaints += operation.complaints(chunked, 411)

    assert complaints == []


@every_dialect
@pytest.mark.parametrize("query", ["?nonsense=1", "?page=-1&limit=x", "?a=%00"])
def test_parameters_that_make_no_sense(each, door, name, query):
    caller, complaints = door(name), []

    for operation in each(name):
        complaints += operation.complaints(operation.send(caller, query))

    assert complaints == []


@every_dialect
def test_a_request_that_is_sent_again(each, door, name):
    complaints = []

    for operation in each(name):
        if operation.method == "post":
            api, once = door(name), {"Idempotency-Key": "once"}
            for wanted, sent in (
                (operation.success, {"headers": once}),
                (operation.success, {"headers": once}),
                (409, {"headers": once, "body": {"other": True}}),
                (None, {"headers": {"Idempotency-Key": "k" * 256}}),
            ):
                complaints += operation.complaints(operation.send(api, **sent), wanted)

    assert complaints == []


@every_dialect
def test_an_answer_with_a_key_too_many_or_too_few_does_not_fit(each, documents, door, name):
    told = documents[name]
    operation = next(
        one for one in each(name) if str(one).startswith("GET") and one.path.endswith("id}")
    )
    answer = operation.send(door(name)).json()
    shape = operation.operation["responses"]["200"]["content"][JSON]["schema"]
    client = answer.get("data", answer)
    assert told.faults(shape, answer) == []

    for key in list(client):
        kept = client.pop(key)
        assert told.faults(shape, answer), f"{key} may be absent."
        client[key] = kept
    client["surprise"] = True

    assert told.faults(shape, answer)
