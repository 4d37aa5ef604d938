"""What is sent to webhooks, and what their owners are told when one is switched off."""

import json

from django.conf import settings
from django.urls import reverse

from agencies.delivering import Message, Wording
from agencies.models import Agency, Membership, WebhookDelivery, WebhookEndpoint
from agencies.roles import Role
from api.native import events
from api.native.fields import timestamp
from api.native.ids import encode
from contacts.letters import notice
from contacts.mailing import queue_message


def message_of(delivery: WebhookDelivery) -> Message:
    """The event as `/v1/events` shows it, with a `timestamp` as Standard Webhooks has it."""
    if delivery.event is None:
        return _ping(delivery)
    shown = events.present(delivery.event)
    body = {
        "type": shown["type"],
        "timestamp": shown["created_at"],
        "id": shown["id"],
        "data": shown["data"],
        "source": shown["source"],
    }
    return _message(body)


def tell_owners(endpoint: WebhookEndpoint) -> None:
    """Queue a mail to each owner of the agency: nothing is sent there any more, and why."""
    agency = Agency.objects.get(pk=endpoint.agency_id)
    letter = notice(
        agency=agency,
        subject=f"A webhook of {agency} was switched off",
        heading="A webhook was switched off",
        paragraphs=[
            f"The webhook “{endpoint}” was switched off: {endpoint.get_switched_off_display()}.",
            f"It was sent to {endpoint.address}.",
            "Changes are kept for it. Once its receiver works again, switch it on, and it goes on "
            "where it stopped.",
        ],
        label="Look at its log",
        address=settings.FOYER_URL
        + reverse("admin:agencies_webhookendpoint_change", args=[endpoint.pk]),
        reason=f"You get this because you are an owner of {agency} in Foyer.",
    )
    owners = Membership.objects.filter(agency=agency, role=Role.OWNER).select_related("user")
    for owner in owners:
        queue_message(
            to=owner, kind="webhook", subject=letter.subject, text=letter.text, html=letter.html
        )


WORDING = Wording(message=message_of, switched_off=tell_owners)


def id_of(*, event: int | None, delivery: int) -> str:
    """What receivers know a message by, of an event or of the delivery of a ping."""
    return encode("ping", delivery) if event is None else encode("evt", event)


def _ping(delivery: WebhookDelivery) -> Message:
    body = {
        "type": delivery.type,
        "timestamp": timestamp(delivery.created_at),
        "id": id_of(event=None, delivery=delivery.pk),
        "data": {"object": "webhook", "id": encode("hook", delivery.endpoint_id)},
        "source": None,
    }
    return _message(body)


def _message(body: dict) -> Message:
    return Message(body["id"], json.dumps(body, separators=(",", ":")).encode())
