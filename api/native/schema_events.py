"""Events in the document of `/v1`."""

from api.native.event_views import LATEST, EventFilter
from api.native.schema_queries import LIMIT, parameter
from api.native.schema_records import MOMENT, id_of
from api.schema import Operation
from api.shapes import FLAG, TEXT, WHOLE, Shape, closed, list_of, or_null, query, ref

_ID: Shape = {"type": "string", "pattern": "^[a-z]+_[0-9A-Za-z]+$"}
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
}

_EVENTS = closed(
    {
        "data": list_of(ref("Event")),
        "meta": closed({"limit": WHOLE, "has_more": FLAG, "next_cursor": TEXT}),
    }
)

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
}

EVENT_PATHS = (("events", "event", "evt", 10**9),)
