"""Events on their way to a real receiver. Everything here is committed."""

import base64
import hashlib
import hmac
import json
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError
from structlog.testing import capture_logs

from agencies import delivering, webhooks
from agencies.delivering import PAUSES
from agencies.events import forget_old
from agencies.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from agencies.posting import Reply
from agencies.scope import acting_for
from agencies.sealing import seal
from agencies.tasks import wake_webhooks
from api import tasks
from api.native.ids import encode
from api.native.webhook_messages import WORDING
from clients.models import Client
from clients.purging import purge
from contacts.enrolling import Person, enroll
from contacts.models import Message

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def make(north):
    def make(name):
        with acting_for(north.agency_id, door="v1", member_id=north.pk):
            return enroll(
                north.agency, by=north, name=name, people=[Person(email=f"{name}@x.example")]
            )

    return make


@pytest.fixture
def hook(north, receiver):
    """Makes an endpoint of North at the receiver; returns it with its secret."""

    def hook(*types, url=None):
        with acting_for(north.agency_id):
            return webhooks.create_endpoint(
                north.agency, url=url or receiver.url, types=types or ["client.*"], by=north
            )

    return hook


@pytest.fixture
def send(run_jobs, north):
    """Runs the jobs until none is due."""

    def send():
        while run_jobs():
            pass

    return send


@pytest.fixture
def later(north):
    """Lets time pass for what is to be sent: moments move back."""

    def later(**passed):
        seconds = timedelta(**passed).total_seconds()
        columns = {
            "agencies_webhookendpoint": [
                "quiet_until", "failing_since", "last_success_at", "leased_until"
            ],
            "agencies_webhookdelivery": ["next_attempt_at", "counted_from", "created_at"],
        }  # fmt: skip
        with acting_for(north.agency_id), connection.cursor() as cursor:
            for table, names in columns.items():
                sets = ", ".join(f"{name} = {name} - interval '{seconds} s'" for name in names)
                cursor.execute(f"UPDATE {table} SET {sets}")
            cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL")
        delivering.wake_all(at=timezone.now())

    return later


def change(client, **facts):
    with acting_for(client.agency_id):
        Client.objects.filter(pk=client.pk).update(**facts)


def deliveries(owner, **facts):
    with acting_for(owner.agency_id):
        return list(WebhookDelivery.objects.filter(**facts).order_by("pk"))


def fresh(endpoint):
    with acting_for(endpoint.agency_id):
        return WebhookEndpoint.objects.get(pk=endpoint.pk)


def attempts(owner):
    with acting_for(owner.agency_id):
        return list(WebhookAttempt.objects.order_by("pk"))


def types_of(receiver):
    return [json.loads(request.body)["type"] for request in receiver.requests]


def test_a_change_arrives_signed_as_the_events_show_it(make, hook, send, receiver, north, bearer):
    _, secret = hook("client.created")
    client = make("acme")

    send()

    (request,) = receiver.requests
    message = Webhook(secret).verify(request.body, request.headers)
    events = bearer(north).get("/v1/events?types=client.created").json()["data"]
    (event,) = (e for e in events if e["data"]["id"] == encode("client", client.pk))
    assert message == {
        "type": "client.created",
        "timestamp": event["created_at"],
        "id": event["id"],
        "data": event["data"],
        "source": event["source"],
    }
    assert request.headers["webhook-id"] == event["id"]
    assert request.headers["content-type"] == "application/json"


def test_the_signature_is_the_published_one_without_any_library(make, hook, send, receiver):
    _, secret = hook("client.created")
    make("acme")

    send()

    (request,) = receiver.requests
    head = request.headers
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + request.body
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert head["webhook-signature"] == f"v1,{digest}"
    assert abs(int(head["webhook-timestamp"]) - time.time()) < 60


def test_nothing_of_a_client_leaves_but_its_id(make, hook, send, receiver):
    hook("*")
    make("plant-in-a-name")

    send()

    assert len(receiver.requests) >= 2
    assert not any(b"plant" in request.body for request in receiver.requests)


def test_what_was_not_asked_for_and_what_was_before_is_not_sent(make, hook, send, receiver):
    make("before")
    hook("contact.*", "client.archived")
    client = make("acme")
    change(client, name="Other")
    change(client, archived_at=timezone.now())

    send()

    assert types_of(receiver) == ["contact.created", "client.archived"]


def test_raw_sql_wakes_the_sender_too(make, hook, send, receiver, north):
    make("acme")
    hook("client.updated")

    with acting_for(north.agency_id), connection.cursor() as cursor:
        cursor.execute("UPDATE clients_client SET industry = 'steel'")
    send()

    assert types_of(receiver) == ["client.updated"]


def test_what_is_rolled_back_is_not_sent(make, hook, send, receiver, north):
    client = make("acme")
    hook()

    with acting_for(north.agency_id):
        Client.objects.filter(pk=client.pk).update(name="Never")
        transaction.set_rollback(True)
    send()

    assert receiver.requests == []


def test_each_endpoint_gets_its_own_with_its_own_secret(make, hook, send, receiver):
    _, one = hook("client.created")
    _, two = hook("client.created")
    make("acme")

    send()

    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    for request in (first, second):
        fitting = 0
        for secret in (one, two):
            try:
                Webhook(secret).verify(request.body, request.headers)
                fitting += 1
            except WebhookVerificationError:
                continue
        assert fitting == 1


def test_an_old_secret_signs_beside_the_new_one_for_a_day(make, hook, send, receiver, north):
    endpoint, old = hook("client.created")
    with acting_for(north.agency_id):
        new = webhooks.rotate_secret(endpoint, at=timezone.now())
    make("acme")
    send()
    with acting_for(north.agency_id):
        WebhookEndpoint.objects.update(former_secret_until=timezone.now())
    make("globex")
    send()

    during, after = receiver.requests
    assert len(during.headers["webhook-signature"].split()) == 2
    Webhook(old).verify(during.body, during.headers)
    Webhook(new).verify(during.body, during.headers)
    Webhook(new).verify(after.body, after.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(after.body, after.headers)


def test_every_attempt_is_logged_with_what_came_back(make, hook, send, receiver, later, north):
    hook("client.created")
    receiver.status = 500
    make("acme")
    send()
    receiver.status = 202
    later(seconds=10)
    send()

    (delivery,) = deliveries(north)
    first, second = attempts(north)
    assert (delivery.state, delivery.attempt_count) == ("delivered", 2)
    assert (first.number, first.status, first.excerpt) == (1, 500, "no, thank you")
    assert (second.number, second.status, second.excerpt) == (2, 202, "thank you")
    assert first.finished_at >= first.started_at
    assert first.milliseconds is not None
    one, two = receiver.requests
    assert one.headers["webhook-id"] == two.headers["webhook-id"]
    assert one.body == two.body


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 429, 500, 503])
def test_anything_but_a_2xx_is_a_failure_and_tried_again(
    make, hook, send, receiver, later, north, status
):
    hook("client.created")
    receiver.status = status
    make("acme")
    send()

    assert deliveries(north)[0].state == "pending"
    receiver.status = 204
    later(seconds=10)
    send()
    assert deliveries(north)[0].state == "delivered"


def test_pauses_grow_to_three_days_in_all():
    total = sum(PAUSES, timedelta())

    assert list(PAUSES) == sorted(PAUSES)
    assert timedelta(days=2, hours=22) < total <= timedelta(days=3)


def test_after_three_days_of_failing_it_is_switched_off_and_the_owner_gets_a_mail(
    make, hook, send, receiver, later, north, outbox
):
    endpoint, _ = hook("client.created")
    receiver.status = 500
    client = make("acme")
    send()
    for pause in PAUSES:
        assert fresh(endpoint).is_on
        later(seconds=pause.total_seconds() + 1)
        send()

    (delivery,) = deliveries(north)
    assert (delivery.state, delivery.attempt_count) == ("failed", len(PAUSES) + 1)
    assert fresh(endpoint).switched_off == "failing"
    with acting_for(north.agency_id):
        message = Message.objects.get(kind="webhook")
    assert message.address == north.user.email
    assert "was switched off" in message.subject
    (mail,) = outbox.iterdir()
    assert f"/admin/agencies/webhookendpoint/{endpoint.pk}/change/" in mail.read_text()

    change(client, name="Later")
    make("globex")
    send()
    assert len(receiver.requests) == len(PAUSES) + 1


def test_what_is_given_up_stops_nothing_where_others_arrived(
    make, hook, send, receiver, later, north
):
    endpoint, _ = hook("client.created")
    first = make("poison")
    poison = encode("client", first.pk).encode()
    receiver.answer = lambda request: 500 if poison in request.body else 200
    send()
    make("acme")
    send()
    for pause in PAUSES:
        later(seconds=pause.total_seconds() + 1)
        make("more")
        send()

    states = [delivery.state for delivery in deliveries(north)]
    assert states[0] == "failed"
    assert set(states[1:]) == {"delivered"}
    assert fresh(endpoint).is_on


def test_what_waits_behind_it_has_three_days_of_its_own_and_not_three_more(
    make, hook, send, receiver, later, north
):
    endpoint, _ = hook("client.*")
    client = make("poison")
    change(client, name="waits")
    poison = encode("client", client.pk).encode()
    receiver.answer = lambda request: 500 if poison in request.body else 200
    send()
    for pause in PAUSES:
        later(seconds=pause.total_seconds() + 1)
        make("more")
        send()
    assert [d.state for d in deliveries(north, client_id=client.pk)] == ["failed", "pending"]

    later(hours=1)
    send()

    _, second = deliveries(north, client_id=client.pk)
    assert (second.state, fresh(endpoint).switched_off) == ("failed", "")


def test_one_client_that_is_refused_keeps_nobody_else_waiting(
    make, hook, send, receiver, north, monkeypatch
):
    monkeypatch.setattr(delivering, "_MOST_UNTRIED", 2)
    hook("client.*")
    refused = make("refused")
    bad = encode("client", refused.pk).encode()
    receiver.answer = lambda request: 500 if bad in request.body else 200
    for n in range(5):
        change(refused, name=f"refused {n}")
    make("first")
    send()

    other = make("other")
    send()

    assert [d.state for d in deliveries(north, client_id=other.pk)] == ["delivered"]
    assert {d.state for d in deliveries(north, client_id=refused.pk)} == {"pending"}


def test_what_is_forgotten_before_it_could_be_sent_holds_nobody_up(
    make, hook, send, receiver, north
):
    endpoint, _ = hook("client.created")
    receiver.status = 500
    make("forgotten")
    send()
    with acting_for(north.agency_id):
        webhooks.switch_off(fresh(endpoint), at=timezone.now())
    forget_old(before=timezone.now())
    make("kept")
    receiver.status = 200

    with acting_for(north.agency_id):
        webhooks.switch_on(fresh(endpoint), at=timezone.now())
    send()

    assert [delivery.state for delivery in deliveries(north)] == ["delivered"]


def test_what_the_log_has_forgotten_is_not_sent_again(make, hook, send, receiver, north):
    hook("client.created")
    make("acme")
    send()
    forget_old(before=timezone.now())

    (delivery,) = deliveries(north)
    with acting_for(north.agency_id), pytest.raises(webhooks.EventForgotten):
        webhooks.send_again(delivery, at=timezone.now())


def test_a_receiver_that_is_gone_is_switched_off_at_once(make, hook, send, receiver, north, outbox):
    endpoint, _ = hook("client.created")
    receiver.status = 410
    make("acme")

    send()

    assert fresh(endpoint).switched_off == "gone"
    assert len(list(outbox.iterdir())) == 1


def test_switched_on_again_it_goes_on_where_it_stopped(make, hook, send, receiver, later, north):
    endpoint, _ = hook("client.created")
    receiver.status = 500
    make("pending")
    send()
    with acting_for(north.agency_id):
        webhooks.switch_off(fresh(endpoint), at=timezone.now())
    make("meanwhile")
    later(hours=1)
    send()
    assert len(receiver.requests) == 1

    receiver.status, receiver.requests[:] = 200, []
    with acting_for(north.agency_id):
        webhooks.switch_on(fresh(endpoint), at=timezone.now())
    send()

    assert {delivery.state for delivery in deliveries(north)} == {"delivered"}
    assert len(receiver.requests) == 2


def test_what_happened_to_one_client_arrives_in_its_order(make, hook, send, receiver, later, north):
    """Its people and work included; while others go on."""
    hook("*")
    stuck, other = make("stuck"), None
    send()
    receiver.requests.clear()
    bad = encode("client", stuck.pk).encode()
    receiver.answer = lambda request: 500 if bad in request.body else 200
    for n in range(3):
        change(stuck, name=f"stuck {n}")
    with acting_for(north.agency_id):
        stuck.contacts.update(email="new@x.example")
    other = make("other")
    send()

    tried = [r for r in receiver.requests if bad in r.body]
    assert len({r.headers["webhook-id"] for r in tried}) == 1
    assert any(encode("client", other.pk).encode() in r.body for r in receiver.requests)

    receiver.answer = None
    receiver.requests.clear()
    later(minutes=10)
    send()

    arrived = [json.loads(r.body) for r in receiver.requests if bad in r.body]
    pending = [encode("evt", d.event_id) for d in deliveries(north, client_id=stuck.pk)]
    assert [message["id"] for message in arrived] == pending[-len(arrived) :]
    assert [m["type"] for m in arrived] == [
        *["client.updated"] * 4,
        "contact.updated",
    ]


def test_many_are_sent_side_by_side_and_one_client_after_the_other(
    make, hook, send, receiver, north
):
    hook("client.*")
    clients = [make(str(n)) for n in range(6)]
    for client in clients:
        change(client, name="again")
    running, doubled, lock = set(), [], threading.Lock()

    def answer(request):
        pk = json.loads(request.body)["data"]["id"]
        with lock:
            if pk in running:
                doubled.append(pk)
            running.add(pk)
        time.sleep(0.05)
        with lock:
            running.discard(pk)
        return 200

    receiver.answer = answer
    send()

    assert doubled == []
    assert receiver.most_at_once > 1
    assert len(receiver.requests) == 12
    for client in clients:
        own = encode("client", client.pk)
        assert [
            json.loads(r.body)["type"]
            for r in receiver.requests
            if json.loads(r.body)["data"]["id"] == own
        ] == ["client.created", "client.updated"]


def test_two_workers_never_send_the_same(make, hook, receiver, north):
    endpoint, _ = hook("client.*")
    for n in range(12):
        make(str(n))
    receiver.answer = lambda request: time.sleep(0.02) or 200

    def work():
        try:
            delivering.serve(north.agency_id, endpoint.pk, wording=WORDING)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    ids = [request.headers["webhook-id"] for request in receiver.requests]
    assert len(ids) == len(set(ids)) == 12
    told = {(delivery.state, delivery.attempt_count) for delivery in deliveries(north)}
    assert told == {("delivered", 1)}


def test_a_worker_killed_in_the_middle_leaves_nothing_behind(
    make, hook, receiver, later, send, north, worker
):
    """Its attempt is logged as what it is, and another worker sends the same again."""
    hook("client.created")
    receiver.hold = threading.Event()
    make("acme")
    doomed = worker(WEBHOOK_ALLOWED_NETWORKS="127.0.0.0/8")
    receiver.wait_for(1)
    doomed.kill()
    doomed.wait()
    receiver.hold.set()
    send()
    assert len(receiver.requests) == 1

    later(minutes=2)
    send()

    one, two = receiver.requests
    assert one.headers["webhook-id"] == two.headers["webhook-id"]
    first, second = attempts(north)
    assert (first.failure, first.status, second.status) == ("interrupted", None, 200)
    assert deliveries(north)[0].state == "delivered"


def test_one_more_attempt_is_made_though_its_worker_was_killed(
    make, hook, receiver, later, send, north, worker
):
    hook("client.created")
    make("acme")
    send()
    receiver.hold = threading.Event()
    with acting_for(north.agency_id):
        webhooks.send_again(deliveries(north)[0], at=timezone.now())
    doomed = worker(WEBHOOK_ALLOWED_NETWORKS="127.0.0.0/8")
    receiver.wait_for(2)
    doomed.kill()
    doomed.wait()
    receiver.hold.set()

    later(minutes=2)
    send()

    assert len(receiver.requests) == 3
    assert [attempt.failure for attempt in attempts(north)] == ["", "interrupted", ""]
    assert deliveries(north)[0].resend_at is None


def test_an_address_that_leads_inside_by_now_is_not_sent_to(
    make, hook, send, receiver, north, settings
):
    hook("client.created")
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    make("acme")

    send()

    assert receiver.requests == []
    (attempt,) = attempts(north)
    assert (attempt.failure, attempt.status) == ("address", None)


def test_a_name_that_led_outside_when_it_was_saved_is_asked_again(make, receiver, north):
    with acting_for(north.agency_id):
        endpoint, _ = webhooks.create_endpoint(
            north.agency,
            url="https://shop.example/",
            types=["client.created"],
            ask=lambda host: ["93.184.216.34"],
        )
    make("acme")

    delivering.serve(
        north.agency_id, endpoint.pk, wording=WORDING, ask=lambda host: ["169.254.169.254"]
    )

    assert attempts(north)[0].failure == "address"


def test_neither_the_secret_nor_the_address_is_in_the_log(make, hook, send, receiver, north):
    _, secret = hook("client.created", url=f"{receiver.url}?token=hidden")
    make("acme")

    with capture_logs() as lines:
        send()

    (line,) = (line for line in lines if line["event"] == "webhook")
    assert (line["arrived"], line["failed"]) == (1, 0)
    assert not any(word in repr(lines) for word in (secret, "hidden", "127.0.0.1"))


def test_a_redirect_inside_is_not_followed(make, hook, send, receiver, north):
    hook("client.created")
    receiver.status = 302
    make("acme")

    send()

    assert len(receiver.requests) == 1
    assert attempts(north)[0].status == 302


def test_what_was_delivered_can_be_sent_again(make, hook, send, receiver, north):
    hook("client.created")
    make("acme")
    send()
    (delivery,) = deliveries(north)
    with acting_for(north.agency_id):
        webhooks.send_again(delivery, at=timezone.now())
    send()

    one, two = receiver.requests
    assert one.headers["webhook-id"] == two.headers["webhook-id"]
    (delivery,) = deliveries(north)
    assert (delivery.state, delivery.attempt_count, delivery.resend_at) == ("delivered", 2, None)


def test_one_more_attempt_that_fails_changes_nothing(make, hook, send, receiver, north):
    hook("client.created")
    make("acme")
    send()
    receiver.status = 500
    with acting_for(north.agency_id):
        webhooks.send_again(deliveries(north)[0], at=timezone.now())
    send()

    (delivery,) = deliveries(north)
    assert (delivery.state, delivery.attempt_count) == ("delivered", 2)


def test_a_failing_endpoint_is_left_in_peace_and_tried_with_two(
    make, hook, send, receiver, later, north
):
    endpoint, _ = hook("client.created")
    receiver.status = 500
    for n in range(20):
        make(str(n))
    send()
    assert len(receiver.requests) == delivering.AT_ONCE
    delivering.wake_all(at=timezone.now())
    send()
    assert len(receiver.requests) == delivering.AT_ONCE

    later(seconds=10)
    send()

    assert len(receiver.requests) == delivering.AT_ONCE + 2
    assert fresh(endpoint).failures == 2


def test_a_busy_receiver_is_left_alone_as_long_as_it_asks(north):
    for text, seconds in (("120", 120), ("0", 0), ("soon", 0), ("999999999", 86400), ("", 0)):
        assert delivering._wish(Reply(503, "", text)) == timedelta(seconds=seconds)
    assert delivering._wish(Reply(500, "", "120")) == timedelta()


def test_a_secret_that_cannot_be_read_is_a_failure_that_says_so(
    make, hook, send, receiver, north, settings
):
    hook("client.created")
    with acting_for(north.agency_id):
        settings.SECRET_KEY, kept = "another" * 10, settings.SECRET_KEY
        WebhookEndpoint.objects.update(secret=seal(b"whsec_x"))
        settings.SECRET_KEY = kept
    make("acme")

    send()

    assert receiver.requests == []
    (attempt,) = attempts(north)
    assert attempt.failure == "secret"
    assert "Rotate it" in attempt.excerpt


def test_a_large_change_is_taken_over_in_pieces_and_sent_whole(
    make, hook, send, receiver, north, monkeypatch
):
    monkeypatch.setattr(delivering, "_READ_AT_ONCE", 3)
    monkeypatch.setattr(delivering, "_MOST_UNTRIED", 4)
    clients = [make(str(n)) for n in range(9)]
    hook("client.updated")
    with acting_for(north.agency_id):
        Client.objects.update(industry="steel")

    send()

    told = [json.loads(request.body)["data"]["id"] for request in receiver.requests]
    assert sorted(told) == sorted(encode("client", client.pk) for client in clients)


def test_what_a_receiver_said_of_a_purged_client_is_forgotten(make, hook, send, receiver, north):
    hook("client.created")
    client, other = make("acme"), make("other")
    send()

    with acting_for(north.agency_id):
        purge(client, by=north, at=timezone.now())

    with acting_for(north.agency_id):
        texts = dict(WebhookAttempt.objects.values_list("delivery__client_id", "excerpt"))
    assert texts == {client.pk: "", other.pk: "thank you"}


def test_finished_deliveries_are_forgotten_after_a_while(make, hook, send, receiver, north):
    hook("client.created")
    make("acme")
    send()
    receiver.status = 500
    make("pending")
    send()
    now = timezone.now()

    assert webhooks.forget_old(before=now - timedelta(days=1)) == 0
    assert webhooks.forget_old(before=now + timedelta(days=1)) == 1

    assert [delivery.state for delivery in deliveries(north)] == ["pending"]


def test_one_agencys_changes_are_told_nobody_elses_endpoint(make, hook, send, receiver, south):
    hook("*")
    with acting_for(south.agency_id):
        enroll(south.agency, by=south, name="Theirs", people=[Person(email="t@x.example")])

    send()

    assert receiver.requests == []


def test_whom_no_change_wakes_is_found_every_minute(make, hook, send, receiver, north, later):
    """A delivery whose time has come, and one whose job was lost with its worker."""
    hook("client.created")
    receiver.status = 500
    make("acme")
    send()
    receiver.status = 200
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    later(minutes=10)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    make("lost")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")

    wake_webhooks(timestamp=int(time.time()) + 1)
    send()

    assert {delivery.state for delivery in deliveries(north)} == {"delivered"}


def test_an_endpoint_with_nothing_to_do_is_not_woken(make, hook, send, receiver, north):
    hook("client.created")
    make("acme")
    send()

    delivering.wake_all(at=timezone.now())

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
        assert cursor.fetchone() == (0,)


def test_webhooks_take_no_more_than_their_places_in_a_worker(make, hook, send, receiver, north):
    """Who finds none comes again in a second; nothing waits in a place that mails could have."""
    endpoint, _ = hook("client.created")
    make("acme")
    taken = 0
    while tasks._PLACES.acquire(blocking=False):
        taken += 1
    try:
        tasks.send_webhooks(agency_id=north.agency_id, endpoint_id=endpoint.pk)
    finally:
        tasks._PLACES.release(taken)

    assert (taken, receiver.requests) == (3, [])
    with connection.cursor() as cursor:
        cursor.execute("SELECT scheduled_at IS NOT NULL FROM procrastinate_jobs ORDER BY id DESC")
        assert cursor.fetchone() == (True,)
