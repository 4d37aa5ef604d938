"""Statements in the document of `/v1`."""

from collections.abc import Sequence

from drf_spectacular.utils import OpenApiParameter

from api.native import schedule_views, statement_views
from api.native.ids import encode
from api.native.schema_operations import (
    DEPARTED,
    changed,
    deleted,
    listed,
    made,
    page_of,
    read,
)
from api.native.schema_queries import asked_of
from api.native.schema_records import DAY, MOMENT, id_of, named
from api.schema import Operation
from api.shapes import FLAG, TEXT, WHOLE, Shape, closed, list_of, one_of, or_null, query, ref
from billing.models import LedgerEntry, StatementSchedule
from billing.statement_shapes import Bucket, MovementKind, StatementKind
from billing.statements import Status


def _whole(*names: str) -> dict[str, Shape]:
    return dict.fromkeys(names, WHOLE)


_SHARES = list_of(closed({"invoice_number": TEXT, "date": DAY, "amount": WHOLE}))
_MOVEMENT = closed(
    {
        "date": DAY,
        "type": one_of(*(kind.value for kind in MovementKind)),
        "invoice_number": TEXT,
        "source_number": or_null(TEXT),
        **_whole("amount", "balance"),
    }
)
_ITEM = closed(
    {
        "number": TEXT,
        "issue_date": DAY,
        "due_date": or_null(DAY),
        **_whole("total", "balance", "days_overdue"),
        "bucket": one_of(*(bucket.value for bucket in Bucket)),
    }
)
_RECEIPT = closed(
    {
        "number": TEXT,
        "date": DAY,
        "method": TEXT,
        "reference": or_null(TEXT),
        **_whole("amount", "refunded", "unapplied"),
        "settled": _SHARES,
    }
)
_CREDIT = closed(
    {
        "number": TEXT,
        "date": DAY,
        "invoice_number": or_null(TEXT),
        **_whole("total", "balance"),
        "settled": _SHARES,
    }
)
_SECTION = closed(
    {
        "currency": TEXT,
        **_whole(
            "opening_balance", "charged", "settled", "closing_balance", "unapplied",
            "credit_balance",
        ),
        "movements": list_of(_MOVEMENT),
        "open_items": list_of(_ITEM),
        "payments": or_null(list_of(_RECEIPT)),
        "credits": or_null(list_of(_CREDIT)),
        "ageing": or_null(
            closed({"date": DAY, **_whole(*(bucket.value for bucket in Bucket), "total")})
        ),
    }
)  # fmt: skip
_SHOWN = dict.fromkeys(("show_payments", "show_credits", "show_ageing"), FLAG)
_LISTED: dict[str, Shape] = {
    "id": id_of("stmt"),
    "client": named("client"),
    "kind": one_of(*(kind.value for kind in StatementKind)),
    "start_date": DAY,
    "end_date": DAY,
    "status": one_of(*(status.value for status in Status)),
    "currency": or_null(TEXT),
    "language": or_null(TEXT),
    **_SHOWN,
    "digest": TEXT,
    "mailed_at": or_null(MOMENT),
    "created_at": MOMENT,
}
STATEMENT_SHAPES: dict[str, Shape] = {
    "ListedStatement": closed(_LISTED),
    "Statement": closed(_LISTED | {"sections": list_of(_SECTION)}),
    "StatementSchedule": closed(
        {
            "id": id_of("sched"),
            "client": or_null(named("client")),
            "tag": or_null(named("tag")),
            "every": one_of(*StatementSchedule.Every.values),
            "kind": one_of(*(kind.value for kind in StatementKind)),
            **_SHOWN,
            "language": or_null(TEXT),
            "next_date": DAY,
            "paused_at": or_null(MOMENT),
            "created_at": MOMENT,
        }
    ),
    "StatementChanges": closed(
        {
            "same_figures": FLAG,
            "back_dated": list_of(
                closed(
                    {
                        "type": one_of(*(kind.value for kind in LedgerEntry.Kind)),
                        "date": DAY,
                        "recorded_at": MOMENT,
                        "currency": TEXT,
                        "amount": WHOLE,
                    }
                )
            ),
        }
    ),
}


def _file(
    summary: str,
    media_type: str,
    refuses: Sequence[int] = (),
    asked: Sequence[OpenApiParameter] = (),
) -> Operation:
    return Operation(
        summary,
        {"type": "string", "format": "binary"},
        refuses=refuses,
        gives=media_type,
        query=list(asked),
        description="Always as an attachment, with the figures of the statement.",
    )


_ARCHIVE = query(
    "archive",
    "For keeping: PDF/A-3 in place of PDF/UA.",
    one_of("true", "false"),
    example="true",
)

STATEMENT_OPERATIONS: dict[str, Operation] = {
    "GET /clients/{id}/statements": Operation(
        "List a client's statements",
        page_of("ListedStatement"),
        query=asked_of(statement_views.ClientStatementViewSet),
        refuses=DEPARTED,
    ),
    "POST /clients/{id}/statements": Operation(
        "Make a statement",
        ref("Statement"),
        status=201,
        told=["ETag", "Location"],
        refuses=DEPARTED,
        description="Of this year to date where no days are given. It is kept: read again it has "
        "the same figures, whatever was recorded since.",
        body=ref("StatementInput"),
        examples={
            "A quarter": {
                "kind": "activity",
                "start_date": "2026-01-01",
                "end_date": "2026-03-31",
                "language": "de",
            },
            "What is open": {"kind": "open_items"},
        },
    ),
    "GET /statements": listed(
        "List statements", "ListedStatement", statement_views.StatementViewSet
    ),
    "GET /statements/{id}": read("Get a statement", "Statement", statement_views.StatementViewSet),
    "GET /statements/{id}.pdf": _file(
        "Print a statement", "application/pdf", [422, 503], [_ARCHIVE]
    ),
    "GET /statements/{id}.csv": _file("Get a statement as CSV", "text/csv"),
    "GET /statements/{id}.xlsx": _file(
        "Get a statement as a spreadsheet",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    "GET /statements/{id}.html": _file("Get a statement as a page", "text/html"),
    "POST /statements/{id}/send": changed(
        "Mail a statement",
        "Statement",
        [503],
        description="As PDF, to the people of the client who get documents by mail.",
    ),
    "GET /statements/{id}/changes": Operation(
        "Tell what was dated back into a statement", ref("StatementChanges")
    ),
    "GET /statement_schedules": listed(
        "List statement schedules", "StatementSchedule", schedule_views.ScheduleViewSet
    ),
    "POST /statement_schedules": made(
        "Plan statements",
        "StatementSchedule",
        "ScheduleInput",
        {
            "All with a tag, each quarter": {
                "tag_id": encode("tag", 5),
                "every": "quarter",
                "kind": "open_items",
            },
            "A client, each month": {"client_id": encode("client", 12), "language": "de"},
        },
        description="Name a client or a tag. On the first day of each month or quarter the one "
        "before it is mailed to the people who get documents, once, and not where nothing is open.",
    ),
    "GET /statement_schedules/{id}": read(
        "Get a statement schedule", "StatementSchedule", schedule_views.ScheduleViewSet
    ),
    "PATCH /statement_schedules/{id}": changed(
        "Update a statement schedule",
        "StatementSchedule",
        description="Periods that ended while it was paused are not sent later.",
        body=ref("ScheduleChanges"),
        examples={"Stop for a while": {"paused": True}},
    ),
    "DELETE /statement_schedules/{id}": deleted(
        "Delete a statement schedule", "sched", "What was sent stays; nothing more is."
    ),
}
STATEMENT_PATHS = (
    ("statements/{id}", "statement", "stmt", 3),
    ("statement_schedules/{id}", "statement schedule", "sched", 8),
)
