"""`/activities` and `include=activities` tell of money in the original's own types."""

import pytest


@pytest.fixture
def billed(call, north_client):
    """A client's invoice of 100, sent, paid in part and refunded; returns it with the payment."""
    client_id = call("get", "clients")[0]["id"]
    line = {"quantity": 1, "cost": 100}
    invoice = call(
        "post", "invoices?mark_sent=true", {"client_id": client_id, "line_items": [line]}
    )
    settled = [{"invoice_id": invoice["id"], "amount": 30}]
    payment = call("post", "payments", {"client_id": client_id, "amount": 30, "invoices": settled})
    call("post", "payments/refund", {"id": payment["id"], "amount": 30, "invoices": settled})
    return invoice, payment


def told(activities):
    return [activity["activity_type_id"] for activity in activities]


def test_what_was_billed_paid_and_paid_back_is_told_newest_first(call, billed):
    invoice, payment = billed

    activities = call("get", "activities")

    # Paid back, taken off, applied, received, sent; before that the client was made.
    assert told(activities) == ["40", "11", "11", "10", "53", "1"]
    refunded, _, applied, received, sent, _ = activities
    assert (sent["invoice_id"], sent["payment_id"]) == (invoice["id"], "")
    assert (applied["invoice_id"], applied["payment_id"]) == (invoice["id"], payment["id"])
    assert received["payment_id"] == refunded["payment_id"] == payment["id"]
    for one in activities[:5]:
        assert one["client_id"] == invoice["client_id"]
        assert (one["is_system"], one["user_id"]) == (False, invoice["user_id"])
    assert len({one["id"] for one in activities}) == 6


def test_pages_walk_through_all_of_them(call, billed):
    whole = call("get", "activities")

    pages = [call("get", f"activities?per_page=2&page={n}") for n in (1, 2, 3)]

    assert [one for page in pages for one in page] == whole


def test_a_client_shows_its_own_when_asked(call, billed):
    invoice, _ = billed

    client = call("get", f"clients/{invoice['client_id']}?include=activities")

    assert client["activities"] == call("get", "activities")


def test_documents_that_end_and_come_back_are_told(call, billed):
    invoice, _ = billed
    for action in ("cancel", "restore", "delete", "restore"):
        call("post", "invoices/bulk", {"action": action, "ids": [invoice["id"]]})

    assert told(call("get", "activities"))[:4] == ["25", "9", "5", "59"]


def test_a_stranger_is_told_nothing(call, billed, ninja, south):
    assert ninja(south).get("/api/v1/activities").json()["data"] == []
