"""Sends what each document allows, and what it does not: nothing fails, nothing is undocumented.

FOYER_FUZZ_EXAMPLES=500 sends more to each operation, and something else each time.
"""

import os

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from agencies.scope import acting_for
from api.invoiceninja import ids as ninja_ids
from api.native import ids as native_ids
from api.reference import NAMES
from config.wsgi import application
from contacts.enrolling import Person, enroll

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
MORE = os.environ.get("FOYER_FUZZ_EXAMPLES")
bounded = settings(
    max_examples=int(MORE or 12),
    derandomize=not MORE,
    database=None,
    deadline=None,
    # A failing request is shown as it is: making it smaller would take minutes.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


HEADERS = {
    "native": lambda secret: {"Authorization": f"Bearer {secret}"},
    "growcrm": lambda secret: {"Authorization": f"Bearer {secret}"},
    "invoiceninja": lambda secret: {"X-API-TOKEN": secret},
}
KNOWN = {
    "native": lambda pk: native_ids.encode("client", pk),
    "growcrm": str,
    "invoiceninja": ninja_ids.encode,
}


@pytest.fixture(autouse=True)
def one_connection():
    """The requests are made inside of the test's transaction, as Django's own client does."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.fixture
def client_pk(north, media):
    with acting_for(north.agency_id):
        people = [Person(email="a@acme.example")]
        return enroll(north.agency, by=north, name="Acme", people=people).pk


def send(operation, mode, headers, known):
    """Half of the ids in paths are those of a client that is there."""

    @bounded
    @given(case=operation.as_strategy(generation_mode=mode), lead=st.booleans())
    def each(case, lead):
        if lead and "clients/{" in operation.path:
            first = operation.path.partition("{")[2].partition("}")[0]
            case.path_parameters[first] = known
        response = case.call(headers=headers)
        case.validate_response(response, checks=CHECKS, headers=headers)

    each()


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("name", NAMES)
def test_no_request_fails_or_is_answered_in_an_undocumented_way(north, key, client_pk, name, mode):
    document = schemathesis.openapi.from_wsgi(f"/docs/api/{name}.json", application)
    headers = HEADERS[name](key(north, requests_per_minute=10**6))
    operations = [result.ok() for result in document.get_all_operations()]

    for operation in operations:
        send(operation, mode, headers, KNOWN[name](client_pk))

    assert operations
