from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from agencies.scope import acting_for
from api.native.ids import encode
from billing.merging import merge, undo
from clients.lifecycle import delete
from clients.models import Client
from clients.purging import purge

THEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def globex(north, enrolled):
    return enrolled(north, "Globex")


@pytest.fixture
def merged(north, acme, globex):
    """Globex is Acme now."""
    with acting_for(north.agency_id):
        return merge(acme, globex, by=north, at=timezone.now())


@pytest.fixture
def old(globex):
    return encode("client", globex.pk)


@pytest.mark.parametrize("more", ["", "/projects", "/invoices", "/projects?limit=1&q=%C3%A9%20x"])
def test_a_merged_id_leads_to_the_survivor(api, merged, acme_id, old, more):
    response = api.get(f"/v1/clients/{old}{more}")

    assert response.status_code == 308
    assert response["Location"] == f"/v1/clients/{acme_id}{more}"
    assert response.json()["error"]["code"] == "moved"
    assert api.get(response["Location"]).status_code == 200


def test_a_change_of_a_merged_client_reaches_the_survivor_and_no_condition_is_asked(
    api, merged, acme_id, old
):
    response = api.patch(
        f"/v1/clients/{old}", {"name": "New"}, headers={"If-Match": '"of the old one"'}
    )

    assert response.status_code == 308
    assert api.patch(response["Location"], {"name": "New"}).json()["id"] == acme_id


def test_a_chain_of_merges_leads_to_its_end(api, north, merged, acme, enrolled, old):
    last = enrolled(north, "Last")
    with acting_for(north.agency_id):
        merge(last, Client.objects.get(pk=acme.pk), by=north, at=timezone.now())

    response = api.get(f"/v1/clients/{old}")

    assert response["Location"] == f"/v1/clients/{encode('client', last.pk)}"


def test_a_merged_id_in_a_body_or_a_filter_means_the_survivor(api, merged, acme_id, old):
    project = api.post("/v1/projects", {"name": "Site", "client_id": old}).json()

    assert project["client"]["id"] == acme_id
    assert api.get(f"/v1/projects?client_id={old}").json()["data"] == [project]


def test_an_undone_merge_leads_nowhere(api, north, merged, old):
    with acting_for(north.agency_id):
        undo(merged, at=timezone.now())

    assert api.get(f"/v1/clients/{old}").json()["name"] == "Globex"


def test_a_deleted_survivor_answers_for_nobody(api, north, merged, old):
    with acting_for(north.agency_id):
        delete(Client.objects.all(), at=timezone.now())

    assert api.get(f"/v1/clients/{old}").status_code == 404


def test_a_stranger_learns_nothing_of_a_merge_or_a_purge(
    south, bearer, north, merged, old, acme, acme_id
):
    stranger = bearer(south)
    absent = stranger.get(f"/v1/clients/{encode('client', 10**9)}")

    merged_answer = stranger.get(f"/v1/clients/{old}")
    with acting_for(north.agency_id):
        purge(Client.objects.get(pk=acme.pk), by=north, at=timezone.now())
    purged_answer = stranger.get(f"/v1/clients/{acme_id}")

    assert {merged_answer.status_code, purged_answer.status_code} == {404}
    assert merged_answer.content == purged_answer.content == absent.content


def test_a_key_that_only_reads_is_not_sent_on_to_write(reader, merged, old):
    assert reader.patch(f"/v1/clients/{old}", {"name": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("later", "status"), [(timedelta(days=364), 410), (timedelta(days=366), 404)]
)
def test_a_purged_client_is_gone_for_a_year_and_then_unknown(
    api, north, acme, acme_id, later, status
):
    with acting_for(north.agency_id):
        purge(acme, by=north, at=THEN)

    with time_machine.travel(THEN + later):
        answers = [
            api.get(f"/v1/clients/{acme_id}"),
            api.patch(f"/v1/clients/{acme_id}", {"name": "x"}),
            api.get(f"/v1/clients/{acme_id}/projects"),
        ]

    assert {answer.status_code for answer in answers} == {status}
    assert {answer.json()["error"]["type"] for answer in answers} == {"not_found_error"}


def test_whoever_is_sent_on_may_use_the_idempotency_key_again(api, merged, old, acme_id):
    for _ in range(2):
        response = api.post(f"/v1/clients/{old}/archive", {}, headers={"Idempotency-Key": "one"})
        assert (response.status_code, response["Location"]) == (
            308,
            f"/v1/clients/{acme_id}/archive",
        )

    assert api.post(response["Location"], {}, headers={"Idempotency-Key": "one"}).status_code == 200
