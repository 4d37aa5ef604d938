"""Events and webhooks in the document of `/v1`."""

from api.body_shapes import body_of
from api.native import webhook_views
from api.native.event_views import LATEST, EventFilter
from api.native.schema_operations import changed, deleted, listed, read
from api.native.schema_queries import LIMIT, parameter
from api.native.schema_records import MOMENT, id_of
from api.schema import Operation
from api.shapes import FLAG, TEXT, WHOLE, Shape, closed, list_of, one_of, or_null, query, ref

_ID: Shape = {"type": "string", "pattern": "^[a-z]+_[0-9A-Za-z]+$"}
_WEBHOOK: dict[str, Shape] = {
    "id": id_of("hook"),
    "url": TEXT,
    "description": or_null(TEXT),
    "types": list_of(TEXT),
    "status": one_of(webhook_views.ENABLED, webhook_views.DISABLED),
    "disabled_reason": or_null(one_of("by_hand", "failing", "gone")),
    **dict.fromkeys(("disabled_at", "failing_since", "old_secret_expires_at"), or_null(MOMENT)),
    "created_at": MOMENT,
    "updated_at": MOMENT,
}
_SECRET: Shape = {
    "type": "string",
    "pattern": "^whsec_",
    "description": "Shown in this answer and in no other.",
}
_DELIVERY: dict[str, Shape] = {
    "id": id_of("delivery"),
    "webhook_id": id_of("hook"),
    "event_id": _ID | {"description": "What the receiver gets as `webhook-id`."},
    "type": TEXT,
    "status": one_of("pending", "delivered", "failed"),
    "attempt_count": WHOLE,
    "next_attempt_at": or_null(MOMENT),
    "finished_at": or_null(MOMENT),
    "created_at": MOMENT,
}
EVENT_SHAPES: dict[str, Shape] = {
    "Event": closed(
        {
            "id": id_of("evt"),
            "type": TEXT,
            "created_at": MOMENT,
            "data": closed(
                {"object": TEXT, "id": _ID},
                optional={
                    "client_id": id_of("client"),
                    "merged_into": id_of("client"),
                    "changes": list_of(TEXT),
                },
            ),
            "source": closed({"via": TEXT, "member_id": or_null(id_of("user"))}),
        }
    ),
    "Webhook": closed(_WEBHOOK),
    "NewWebhook": closed(_WEBHOOK | {"secret": _SECRET}),
    "ListedWebhookDelivery": closed(_DELIVERY),
    "WebhookDelivery": closed(
        _DELIVERY
        | {
            "attempts": list_of(
                closed(
                    {
                        "number": WHOLE,
                        "started_at": MOMENT,
                        "duration_ms": or_null(WHOLE),
                        "status_code": or_null(WHOLE),
                        "error": or_null(TEXT),
                        "reply": TEXT,
                    }
                )
            )
        }
    ),
    "WebhookInput": body_of(webhook_views.WebhookInput),
    "WebhookChanges": body_of(webhook_views.WebhookChange, partial=True),
}

_EVENTS = closed(
    {
        "data": list_of(ref("Event")),
        "meta": closed({"limit": WHOLE, "has_more": FLAG, "next_cursor": TEXT}),
    }
)
_ADDRESS = {"url": "https://93.184.216.34/hook", "types": ["client.*", "contact.created"]}

EVENT_OPERATIONS: dict[str, Operation] = {
    "GET /events": Operation(
        "List events",
        _EVENTS,
        description="What changed, oldest first, in the order of the commits. A key is told of "
        "what it may read. There is always a `next_cursor`: ask again with it later.",
        query=[
            *(parameter(name, one) for name, one in EventFilter.base_filters.items()),
            LIMIT,
            query(
                "cursor",
                f"`meta.next_cursor` of the page before; `{LATEST}` for what is to come.",
                example=LATEST,
            ),
        ],
        refuses=[410],
    ),
    "GET /events/{id}": Operation(
        "Get an event",
        ref("Event"),
        description="The second scope is the one that its record needs.",
        scopes=["events:read", "clients:read"],
    ),
    "GET /webhooks": listed("List webhooks", "Webhook", webhook_views.WebhookViewSet),
    "POST /webhooks": Operation(
        "Create a webhook",
        ref("NewWebhook"),
        status=201,
        told=["ETag", "Location"],
        description="Its address gets the events of these types from now on, signed as the "
        "Standard Webhooks specification says.",
        body=ref("WebhookInput"),
        examples={"For clients": _ADDRESS},
        # And whatever else reads what it is told of.
        scopes=["webhooks:write", "clients:read"],
    ),
    "GET /webhooks/{id}": read("Get a webhook", "Webhook", webhook_views.WebhookViewSet),
    "PATCH /webhooks/{id}": changed(
        "Update a webhook",
        "Webhook",
        description="Enabled again, it goes on where it stopped.",
        body=ref("WebhookChanges"),
        examples={"Enabled again": {"status": "enabled"}},
    ),
    "DELETE /webhooks/{id}": deleted("Delete a webhook", "hook", "With its log."),
    "POST /webhooks/{id}/ping": changed(
        "Ping a webhook",
        "",
        status=202,
        answer=ref("ListedWebhookDelivery"),
        description="Sends a `webhook.ping`, which tells of nothing.",
    ),
    "POST /webhooks/{id}/rotate_secret": changed(
        "Rotate a webhook's secret",
        "NewWebhook",
        description="For a day the old one signs as well.",
    ),
    "GET /webhook_deliveries": listed(
        "List webhook deliveries", "ListedWebhookDelivery", webhook_views.DeliveryViewSet
    ),
    "GET /webhook_deliveries/{id}": read(
        "Get a webhook delivery", "WebhookDelivery", webhook_views.DeliveryViewSet
    ),
    "POST /webhook_deliveries/{id}/resend": changed(
        "Resend a webhook delivery", "WebhookDelivery", description="One more attempt, at once."
    ),
}

EVENT_PATHS = (
    ("events/{id}", "event", "evt", 10**9),
    ("webhooks/{id}", "webhook", "hook", 3),
    ("webhook_deliveries/{id}", "delivery", "delivery", 8),
)
