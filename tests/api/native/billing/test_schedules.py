"""`/v1/statement_schedules`: planned by the API, mailed by the job."""

from datetime import UTC, datetime

import pytest
import time_machine

from agencies.scope import acting_for
from billing.models import KeptStatement
from billing.scheduling import send_due

from .conftest import answered, refused

PATH = "/v1/statement_schedules"


@pytest.fixture(autouse=True)
def in_february():
    with time_machine.travel("2026-02-10T12:00:00Z", tick=False):
        yield


@pytest.fixture
def tag_id(api):
    return answered(api.post("/v1/tags", {"title": "Monthly"}), 201)["id"]


@pytest.fixture
def planned(api, acme_id):
    def planned(**facts):
        return answered(api.post(PATH, {"client_id": acme_id} | facts), 201)

    return planned


def test_a_clients_statements_are_planned_for_the_next_first(api, acme_id):
    response = api.post(PATH, {"client_id": acme_id})

    made = answered(response, 201)
    assert made == {
        "id": made["id"],
        "client": {"id": acme_id, "name": "Acme"},
        "tag": None,
        "every": "month",
        "kind": "activity",
        "show_payments": True,
        "show_credits": True,
        "show_ageing": True,
        "language": None,
        "next_date": "2026-03-01",
        "paused_at": None,
        "created_at": "2026-02-10T12:00:00Z",
    }
    assert response["Location"] == f"{PATH}/{made['id']}"
    assert answered(api.get(response["Location"])) == made
    assert answered(api.get(PATH))["data"] == [made]


def test_those_of_a_tag_go_out_each_quarter(api, tag_id):
    sent = {"tag_id": tag_id, "every": "quarter", "kind": "open_items", "language": "de",
            "show_payments": False}  # fmt: skip

    made = answered(api.post(PATH, sent), 201)

    assert made["tag"] == {"id": tag_id, "name": "Monthly"}
    assert made["next_date"] == "2026-04-01"
    assert (made["kind"], made["language"], made["show_payments"]) == ("open_items", "de", False)


def test_what_is_planned_is_mailed(api, north, acme_id, planned, issued):
    planned(kind="open_items")
    issued(5000, issue_date="2026-02-03")

    assert send_due(at=datetime(2026, 3, 1, 12, tzinfo=UTC)) == 1

    with acting_for(north.agency_id):
        kept = KeptStatement.objects.get()
        assert (kept.kind, str(kept.start), str(kept.end)) == (
            "open_items", "2026-02-01", "2026-02-28",
        )  # fmt: skip
    assert answered(api.get(PATH))["data"][0]["next_date"] == "2026-04-01"


def test_another_rhythm_begins_with_its_own_next_first(api, planned):
    path = f"{PATH}/{planned()['id']}"

    assert answered(api.patch(path, {"every": "quarter"}))["next_date"] == "2026-04-01"
    assert answered(api.patch(path, {"next_date": "2026-10-01"}))["next_date"] == "2026-10-01"
    assert answered(api.patch(path, {"every": "month"}))["next_date"] == "2026-03-01"


def test_what_ended_during_a_pause_is_not_sent_later(api, planned, issued):
    path = f"{PATH}/{planned()['id']}"
    issued(5000, issue_date="2026-02-03")
    assert answered(api.patch(path, {"paused": True}))["paused_at"] == "2026-02-10T12:00:00Z"
    assert send_due(at=datetime(2026, 4, 1, 12, tzinfo=UTC)) == 0

    with time_machine.travel("2026-05-20T12:00:00Z", tick=False):
        resumed = answered(api.patch(path, {"paused": False}))

    assert (resumed["paused_at"], resumed["next_date"]) == (None, "2026-06-01")


@pytest.mark.parametrize(
    ("sent", "code", "param"),
    [
        ({"client_id": None}, "client_or_tag", "client_id"),
        ({"tag_id": "tag_nothing"}, "unknown", "tag_id"),
        ({"every": "week"}, "invalid_choice", "every"),
        ({"kind": "everything"}, "invalid_choice", "kind"),
        ({"language": "tlh"}, "invalid", "language"),
        ({"next_date": "2026-02-01"}, "bad_schedule_day", "next_date"),
        ({"next_date": "2026-03-02"}, "bad_schedule_day", "next_date"),
        ({"next_date": "2026-05-01", "every": "quarter"}, "bad_schedule_day", "next_date"),
        ({"next_date": "soon"}, "invalid", "next_date"),
        ({"show_ageing": 1}, "invalid", "show_ageing"),
    ],
)
def test_what_makes_no_sense_is_refused(api, acme_id, sent, code, param):
    assert refused(api.post(PATH, {"client_id": acme_id, **sent})) == (422, code, param)
    assert answered(api.get(PATH))["data"] == []


def test_it_is_for_a_client_or_for_a_tag_and_not_for_both(api, acme_id, tag_id):
    assert refused(api.post(PATH, {"client_id": acme_id, "tag_id": tag_id}))[1] == "client_or_tag"


def test_a_deleted_one_sends_nothing_and_what_was_sent_stays(api, north, planned, issued):
    path = f"{PATH}/{planned()['id']}"
    issued(5000, issue_date="2026-02-03")
    send_due(at=datetime(2026, 3, 1, 12, tzinfo=UTC))

    assert answered(api.delete(path))["deleted"] is True

    assert api.get(path).status_code == 404
    assert send_due(at=datetime(2026, 4, 1, 12, tzinfo=UTC)) == 0
    with acting_for(north.agency_id):
        assert KeptStatement.objects.get().schedule is None


def test_lists_are_asked_by_what_they_are_for(api, acme_id, tag_id, planned):
    ours = planned()
    theirs = answered(api.post(PATH, {"tag_id": tag_id, "every": "quarter"}), 201)
    answered(api.patch(f"{PATH}/{theirs['id']}", {"paused": True}))

    def found(query):
        return [one["id"] for one in answered(api.get(f"{PATH}?{query}"))["data"]]

    assert found(f"client_id={acme_id}") == found("paused=false") == [ours["id"]]
    assert found(f"tag_id={tag_id}") == found("every=quarter") == [theirs["id"]]
    assert found("next_date=gte:2026-04-01") == [theirs["id"]]
    assert found("sort=next_date") == [ours["id"], theirs["id"]]
    assert refused(api.get(f"{PATH}?colour=red"))[:2] == (400, "invalid_parameter")


def test_a_change_over_somebody_elses_is_refused(api, planned):
    path = f"{PATH}/{planned()['id']}"
    tag = api.get(path)["ETag"]
    answered(api.patch(path, {"kind": "open_items"}))

    assert api.patch(path, {"kind": "activity"}, headers={"If-Match": tag}).status_code == 412
    assert api.delete(path, headers={"If-Match": tag}).status_code == 412


def test_staff_plan_and_only_who_administers_deletes(north, join, key, doors, acme_id):
    door = doors(key(join(north, "staff")))["native"]
    made = answered(door.post(PATH, {"client_id": acme_id}), 201)

    assert door.patch(f"{PATH}/{made['id']}", {"paused": True}).status_code == 200
    assert door.delete(f"{PATH}/{made['id']}").status_code == 403


def test_a_repeated_request_plans_once(api, acme_id):
    headers = {"Idempotency-Key": "plan-1"}
    first = answered(api.post(PATH, {"client_id": acme_id}, headers=headers), 201)

    again = answered(api.post(PATH, {"client_id": acme_id}, headers=headers), 201)

    assert again == first
    assert len(answered(api.get(PATH))["data"]) == 1
