"""Another agency's rows answer like rows that never were."""

import pytest
from django.contrib import admin
from django.contrib.messages import get_messages

from agencies.models import ApiKey, Membership
from agencies.scope import acting_for
from clients.models import Client, Project
from tests.admin.conftest import LISTED, OURS, filled_in, listing, page


def answer(browser, url):
    response = browser.get(url)
    *_, told = ["", *(str(message) for message in get_messages(response.wsgi_request))]
    return response.status_code, response.headers.get("Location"), told


@pytest.mark.parametrize("label", OURS)
def test_own_rows_have_a_page_and_a_history(staff, north, rows, label):
    row = rows(north)[label]
    browser = staff(north)

    assert browser.get(page(row)).status_code == 200
    assert browser.get(page(row, "history")).status_code == 200


@pytest.mark.parametrize("label", OURS)
def test_a_strangers_row_answers_as_a_missing_one(staff, north, south, rows, label):
    rows(north)
    foreign = rows(south)[label]
    missing = type(foreign)(pk=999_999)
    browser = staff(north)

    for kind in ("change", "history", "delete"):
        status, where, told = answer(browser, page(foreign, kind))
        as_missing = answer(browser, page(missing, kind))

        assert status in (302, 403)
        assert (status, where, told.replace(str(foreign.pk), "999999")) == as_missing


@pytest.mark.parametrize("label", LISTED)
def test_lists_show_own_rows_alone(staff, north, south, rows, label):
    own, foreign = rows(north)[label], rows(south)[label]

    shown = staff(north).get(listing(label)).context["cl"].result_list

    assert own in shown
    assert foreign not in shown


def test_the_agencys_page_is_the_own_agencys(staff, north, south):
    response = staff(north).get(listing("agencies.Agency"))

    assert response["Location"] == page(north.agency)


@pytest.mark.parametrize(
    ("field", "label"),
    [
        ("category", "clients.Category"),
        ("group", "clients.ClientGroup"),
        ("tagged", "clients.Tag"),
        ("assigned_to", "agencies.Membership"),
    ],
)
def test_a_client_cannot_be_given_a_strangers_row(staff, north, south, rows, field, label):
    client = rows(north)["clients.Client"]
    foreign = rows(south)[label]
    browser = staff(north)
    sent = filled_in(browser.get(page(client)))

    response = browser.post(page(client), {**sent, field: foreign.pk})

    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors


@pytest.mark.parametrize(
    ("field", "label"), [("client", "clients.Client"), ("lead", "agencies.Membership")]
)
def test_a_project_cannot_be_given_a_strangers_row(staff, north, south, rows, field, label):
    project = rows(north)["clients.Project"]
    foreign = rows(south)[label]
    browser = staff(north)
    sent = filled_in(browser.get(page(project)))

    response = browser.post(page(project), {**sent, field: foreign.pk})

    assert field in response.context["adminform"].form.errors
    with acting_for(north.agency_id):
        assert getattr(Project.objects.get(), f"{field}_id") != foreign.pk


@pytest.mark.parametrize(
    ("model", "field"),
    [
        ("clients.client", "category"),
        ("clients.client", "tags"),
        ("clients.client", "assigned_to"),
        ("clients.project", "client"),
    ],
)
def test_type_ahead_offers_own_rows_alone(staff, north, south, rows, model, field):
    rows(north, tag="Ours")
    rows(south, tag="Theirs")
    app_label, model_name = model.split(".")
    asked = {"app_label": app_label, "model_name": model_name, "field_name": field}

    offered = staff(north).get("/admin/autocomplete/", asked).json()["results"]

    assert len(offered) == 1
    assert "South" not in str(offered)
    assert "Theirs" not in str(offered)


def test_a_strangers_key_cannot_be_revoked(staff, north, south, rows):
    rows(north)
    foreign = rows(south)["agencies.ApiKey"]
    sent = {"action": "revoke", "_selected_action": [foreign.pk]}

    staff(north).post(listing("agencies.ApiKey"), sent)

    with acting_for(south.agency_id):
        assert ApiKey.objects.get().revoked_at is None


def test_a_strangers_member_cannot_be_removed(staff, north, south, join):
    foreign = join(south, "staff")

    staff(north).post(page(foreign, "delete"), {"post": "yes"})

    assert Membership.objects.filter(pk=foreign.pk).exists()


def test_search_finds_own_clients_alone(staff, north, south, new_client):
    new_client(north, name="Birch of the north")
    new_client(south, name="Birch of the south")

    shown = staff(north).get(listing("clients.Client"), {"q": "birch"}).context["cl"].result_list

    assert [client.name for client in shown] == ["Birch of the north"]


def test_what_other_packages_bring_into_the_admin_stays_shut(staff, north):
    labels = [model._meta.label for model in admin.site._registry]
    others = [label for label in labels if label not in OURS]
    browser = staff(north)

    assert others
    assert {browser.get(listing(label)).status_code for label in others} == {403}


def test_a_clients_agency_cannot_be_sent_along(staff, north, south, new_client):
    client = new_client(north)
    browser = staff(north)
    sent = filled_in(browser.get(page(client)))

    browser.post(page(client), {**sent, "agency": south.agency_id})

    with acting_for(north.agency_id):
        assert Client.objects.get(pk=client.pk).agency_id == north.agency_id
