"""Webhooks in the admin: made, switched, tested, looked after."""

import re

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from agencies import webhooks
from agencies.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from agencies.roles import Role
from agencies.scope import acting_for
from tests.admin.conftest import listing, page

LIST = listing("agencies.WebhookEndpoint")
LOG = listing("agencies.WebhookDelivery")
ADD = LIST + "add/"


@pytest.fixture
def hook(north):
    with acting_for(north.agency_id):
        endpoint, _ = webhooks.create_endpoint(
            north.agency, url="https://93.184.216.34/hook", types=["client.*"], description="Shop"
        )
    return endpoint


def told(response):
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def fresh(row):
    with acting_for(row.agency_id):
        return type(row).objects.get(pk=row.pk)


def act(browser, where, action, *rows):
    return browser.post(where, {"action": action, "_selected_action": [row.pk for row in rows]})


def test_a_new_webhook_shows_its_secret_once(staff, north):
    browser = staff(north)
    sent = {"url": "https://93.184.216.34/hook", "types": ["client.*"], "description": "Shop"}

    response = browser.post(ADD, sent)

    assert response.status_code == 302
    secret = re.search(r"whsec_\S+", told(response))[0]
    with acting_for(north.agency_id):
        endpoint = WebhookEndpoint.objects.get()
        assert webhooks.secrets_of(endpoint, at=timezone.now()) == [secret]
        assert (endpoint.types, endpoint.created_by) == (["client.*"], north)
    assert secret in browser.get(page(endpoint)).content.decode()
    assert secret not in browser.get(page(endpoint)).content.decode()


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "http://93.184.216.34/", "nonsense", "https://10.0.0.1:8443/"]
)
def test_an_address_inside_is_refused_in_the_form(staff, north, url):
    response = staff(north).post(ADD, {"url": url, "types": ["*"]})

    assert response.status_code == 200
    assert "url" in response.context["adminform"].form.errors
    with acting_for(north.agency_id):
        assert not WebhookEndpoint.objects.exists()


def test_where_it_goes_and_what_it_is_told_can_be_changed(staff, north, hook):
    sent = {"url": "https://93.184.216.34/other", "types": ["contact.*", "tag.created"]}

    assert staff(north).post(page(hook), sent).status_code == 302

    assert fresh(hook).url == "https://93.184.216.34/other"
    assert fresh(hook).types == ["contact.*", "tag.created"]


def test_it_is_switched_off_and_on(staff, north, hook):
    browser = staff(north)

    act(browser, LIST, "switch_off", hook)
    assert fresh(hook).switched_off == "by_hand"
    assert "off" in told(act(browser, LIST, "ping", hook))
    act(browser, LIST, "switch_on", hook)
    assert fresh(hook).is_on


def test_a_test_is_sent_and_shown_in_the_log(staff, north, hook):
    browser = staff(north)

    act(browser, LIST, "ping", hook)

    with acting_for(north.agency_id):
        delivery = WebhookDelivery.objects.get()
        WebhookAttempt.objects.create(
            agency=north.agency,
            delivery=delivery,
            number=1,
            started_at=timezone.now(),
            finished_at=timezone.now(),
            status=500,
            excerpt="<script>alert(1)</script>",
        )
    shown = browser.get(page(delivery)).content.decode()
    assert "webhook.ping" in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert(1)" not in shown


def test_a_delivery_is_sent_again(staff, north, hook):
    with acting_for(north.agency_id):
        delivery = webhooks.ping(hook, at=timezone.now())
        WebhookDelivery.objects.update(
            state="failed", next_attempt_at=None, finished_at=timezone.now()
        )

    response = act(staff(north), LOG, "send_again", delivery)

    assert "on its way" in told(response)
    assert fresh(delivery).resend_at is not None


def test_a_new_secret_is_shown_once_and_the_old_one_signs_for_a_day(staff, north, hook):
    response = act(staff(north), LIST, "rotate_secret", hook)

    secret = re.search(r"whsec_\S+", told(response))[0]
    with acting_for(north.agency_id):
        assert webhooks.secrets_of(fresh(hook), at=timezone.now())[0] == secret
        assert len(webhooks.secrets_of(fresh(hook), at=timezone.now())) == 2


def test_a_webhook_is_deleted_with_its_log(staff, north, hook):
    with acting_for(north.agency_id):
        webhooks.ping(hook, at=timezone.now())

    assert staff(north).post(page(hook, "delete"), {"post": "yes"}).status_code == 302

    with acting_for(north.agency_id):
        assert not WebhookEndpoint.objects.exists()
        assert not WebhookDelivery.objects.exists()


@pytest.mark.parametrize(
    ("role", "status"), [(Role.MANAGER, 200), (Role.STAFF, 403), (Role.VIEWER, 403)]
)
def test_addresses_and_the_log_are_for_those_who_administer(staff, north, join, hook, role, status):
    browser = staff(join(north, role))

    assert browser.get(LIST).status_code == status
    assert browser.get(LOG).status_code == status
    assert browser.get(page(hook)).status_code == status


def test_what_staff_changed_is_in_the_history_without_any_secret(staff, north, hook):
    browser = staff(north)
    act(browser, LIST, "switch_off", hook)

    shown = browser.get(page(hook, "history")).content.decode()

    assert "by hand" in shown
    assert "secret" not in shown
