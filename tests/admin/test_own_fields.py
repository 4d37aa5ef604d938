"""The agency's own fields: defined once, then typed into on every client's page."""

import pytest

from agencies.roles import Role
from agencies.scope import acting_for
from clients.models import Client, CustomField
from tests.admin.conftest import filled_in, page

ADD = "/admin/clients/client/add/"


@pytest.fixture
def define(north):
    def define(name, **facts):
        with acting_for(north.agency_id):
            CustomField.objects.create(agency=north.agency, name=name, label=name, **facts)

    return define


@pytest.fixture
def every_kind(define):
    define("note")
    define("seats", kind="number")
    define("since", kind="date")
    define("nda", kind="checkbox")
    define("level", kind="choice", choices=["gold", "tin"])


TYPED = {
    "own_note": "late", "own_seats": "12.50", "own_since": "2026-02-28", "own_nda": "on",
    "own_level": "gold",
}  # fmt: skip
STORED = {"note": "late", "seats": "12.50", "since": "2026-02-28", "nda": True, "level": "gold"}


@pytest.fixture
def edit(staff, north):
    """Opens a client's page, types, and sends it back."""

    def edit(client, **typed):
        browser = staff(north)
        sent = filled_in(browser.get(page(client)))
        return browser.post(page(client), {**sent, **typed})

    return edit


def values(owner):
    with acting_for(owner.agency_id):
        return Client.objects.values_list("custom_fields", flat=True).get()


def errors(response):
    return response.context["adminform"].form.errors


def test_a_client_is_edited_in_every_kind_of_field(every_kind, edit, new_client, north):
    response = edit(new_client(north), **TYPED)

    assert response.status_code == 302
    assert values(north) == STORED


def test_the_page_shows_what_is_stored(every_kind, staff, new_client, north):
    client = new_client(north, custom_fields=STORED)

    sent = filled_in(staff(north).get(page(client)))

    assert {name: sent[name] for name in TYPED} == {**TYPED, "own_nda": True}


def test_what_is_not_touched_stays_and_what_is_emptied_goes(every_kind, edit, new_client, north):
    client = new_client(north, custom_fields={**STORED, "forgotten": "kept"})

    edit(client, own_seats="", city="Husum")

    assert values(north) == {
        name: value for name, value in {**STORED, "forgotten": "kept"}.items() if name != "seats"
    }


def test_a_change_elsewhere_writes_no_values(every_kind, edit, new_client, north):
    edit(new_client(north), city="Husum")

    assert values(north) == {}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"own_seats": "many"}, "Enter a number."),
        ({"own_since": "soon"}, "Enter a valid date."),
        ({"own_note": "x" * 10_001}, "This text is too long."),
    ],
)
def test_a_bad_value_is_told_at_its_field(every_kind, edit, new_client, north, typed, sentence):
    response = edit(new_client(north), **typed)

    assert errors(response) == {next(iter(typed)): [sentence]}
    assert values(north) == {}


def test_a_required_field_has_to_be_filled_in(define, edit, staff, new_client, north):
    define("level", is_required=True)

    changed = edit(new_client(north), city="Husum")
    added = staff(north).post(ADD, {"name": "Beech"})

    for response in (changed, added):
        assert errors(response) == {"own_level": ["This field is required."]}


def test_a_new_client_gets_its_values(every_kind, staff, north):
    response = staff(north).post(ADD, {"name": "Beech", **TYPED})

    assert response.status_code == 302
    assert values(north) == STORED


def test_who_only_looks_sees_the_values(every_kind, staff, new_client, join, north):
    client = new_client(north, custom_fields=STORED)

    shown = staff(join(north, Role.VIEWER)).get(page(client)).text

    assert "nda: Yes" in shown
    assert "level: gold" in shown


def test_another_agencys_fields_are_not_asked_for(define, staff, south, new_client):
    define("level", is_required=True)
    client = new_client(south)

    assert "own_level" not in staff(south).get(page(client)).text
