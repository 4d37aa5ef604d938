"""Walks the URL map: every API route, with every kind of key, on own, foreign and absent rows.

A route without an expectation here fails. So does an expectation without a route.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from anymail.signals import EventType, RejectReason
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import override_settings
from django.urls import URLPattern, get_resolver
from django.utils import timezone
from django.utils.timezone import localdate

from agencies.founding import create_agency
from agencies.keys import create_api_key, revoke
from agencies.models import Event, Membership
from agencies.roles import SCOPES, Role, allows
from agencies.scope import acting_for
from agencies.webhooks import create_endpoint, ping
from api import reference
from api.invoiceninja import ids as ninja_ids
from api.native import ids as native_ids
from api.openapi import document
from billing.batching import ask_for_batch
from billing.drafting import Item, draft_credit, draft_invoice
from billing.issuing import issue, issue_credit
from billing.payments import record_payment
from billing.planning import plan
from billing.refunding import refund
from billing.statement_shapes import StatementKind
from billing.statements import Wanted
from billing.stating import make
from clients.custom_fields import define_field
from clients.documents import settling, store
from clients.grouping import create_group
from clients.models import Client
from clients.projects import create_project
from contacts.enrolling import Person, enroll
from contacts.mailing import queue_message
from contacts.merging import merge
from contacts.models import Message
from contacts.progress import advance
from contacts.removing import remove
from contacts.tracking import Report, hear
from portal.inviting import invite

DIALECTS = ("native", "growcrm", "invoiceninja")
# Who knocks without a usable key, who may not write, and how a row that is not there answers.
NO_KEY = {"native": 401, "growcrm": 401, "invoiceninja": 403}
NO_SCOPE = {"native": 403, "growcrm": 403, "invoiceninja": 401}
NO_ROW = {"native": 404, "growcrm": 404, "invoiceninja": 400}
WRONG_METHOD = {"native": 405, "growcrm": 405, "invoiceninja": 404}
# How the native API's ids of each kind of row begin.
PREFIXES = {
    "batch": "batch",
    "category": "category",
    "client": "client",
    "contact": "contact",
    "credit": "credit",
    "delivery": "delivery",
    "document": "doc",
    "event": "evt",
    "field": "field",
    "group": "group",
    "invite": "invite",
    "invoice": "inv",
    "merge": "merge",
    "message": "msg",
    "payment": "pay",
    "project": "proj",
    "refund": "refund",
    "schedule": "sched",
    "statement": "stmt",
    "tag": "tag",
    "webhook": "hook",
}
ENCODE = {
    "native": lambda pk, kind="client": native_ids.encode(PREFIXES[kind], pk),
    "growcrm": lambda pk, kind="client": str(pk),
    "invoiceninja": lambda pk, kind="client": (
        str(UUID(int=pk)) if kind == "batch" else ninja_ids.encode(pk)
    ),
}
OWNERS_PASSWORD = "correct horse 9"
PASSWORD = {"X-API-PASSWORD": OWNERS_PASSWORD}
PERSON = {"name": "Ann Other", "email": "ann@other.example"}


@dataclass(frozen=True)
class Route:
    """What a route promises: its path, and per method the scope and the answer to its owner."""

    path: str
    reads: dict = field(default_factory=dict)
    writes: dict = field(default_factory=dict)
    body: dict = field(default_factory=dict)
    headers: dict = field(default_factory=dict)
    # The first half of the scopes it needs, and what it answers its owner in.
    subject: str = "clients"
    media_type: str = "application/json"
    # Which of an agency's rows {id} names and a list shows.
    kind: str = "client"
    # The key of a list's rows that names such a row; None where the answer shows no rows.
    row_id: str | None = "id"
    # Reads that need the scope of writing.
    for_writers: bool = False
    # Answers 404 to anybody, key or not.
    nothing: bool = False


ROUTES = {
    "native:clients": Route("/v1/clients", {"get": 200}, {"post": 201}, PERSON),
    "native:client": Route("/v1/clients/{id}", {"get": 200}, {"patch": 200}, {"name": "New"}),
    "native:archive-client": Route("/v1/clients/{id}/archive", writes={"post": 200}),
    "native:restore-client": Route("/v1/clients/{id}/restore", writes={"post": 200}),
    "native:suspend-client": Route("/v1/clients/{id}/suspend", writes={"post": 200}),
    "native:resume-client": Route("/v1/clients/{id}/resume", writes={"post": 200}),
    "native:delete-client": Route("/v1/clients/{id}/delete", writes={"post": 200}),
    "native:tag-client": Route(
        "/v1/clients/{id}/tags", writes={"post": 200}, body={"tags": ["vip"]}
    ),
    "native:invite-client": Route("/v1/clients/{id}/invite", writes={"post": 200}),
    "native:client-projects": Route("/v1/clients/{id}/projects", {"get": 200}, subject="projects"),
    "native:client-invoices": Route("/v1/clients/{id}/invoices", {"get": 200}, subject="invoices"),
    **{
        f"native:{kind}-pdf": Route(
            f"/v1/{kind}s/{{id}}.pdf",
            {"get": 200},
            subject="invoices",
            kind=kind,
            row_id=None,
            media_type="application/pdf",
        )
        for kind in ("invoice", "credit")
    },
    **{
        f"native:send-{kind}": Route(
            f"/v1/{kind}s/{{id}}/send", writes={"post": 200}, subject="invoices", kind=kind
        )
        for kind in ("invoice", "credit")
    },
    "native:client-statements": Route(
        "/v1/clients/{id}/statements",
        {"get": 200},
        {"post": 201},
        {"kind": "open_items"},
        subject="invoices",
        row_id=None,
    ),
    "native:statements": Route(
        "/v1/statements", {"get": 200}, subject="invoices", kind="statement"
    ),
    "native:statement": Route(
        "/v1/statements/{id}", {"get": 200}, subject="invoices", kind="statement", row_id=None
    ),
    **{
        f"native:statement-{name}": Route(
            f"/v1/statements/{{id}}.{name}",
            {"get": 200},
            subject="invoices",
            kind="statement",
            row_id=None,
            media_type=media_type,
        )
        for name, media_type in (
            ("pdf", "application/pdf"),
            ("csv", "text/csv; charset=utf-8"),
            ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ("html", "text/html; charset=utf-8"),
        )
    },
    "native:send-statement": Route(
        "/v1/statements/{id}/send", writes={"post": 200}, subject="invoices", kind="statement"
    ),
    "native:statement-changes": Route(
        "/v1/statements/{id}/changes",
        {"get": 200},
        subject="invoices",
        kind="statement",
        row_id=None,
    ),
    "native:statement-schedules": Route(
        "/v1/statement_schedules",
        {"get": 200},
        {"post": 201},
        {"client_id": "{client}", "every": "quarter"},
        subject="invoices",
        kind="schedule",
    ),
    "native:statement-schedule": Route(
        "/v1/statement_schedules/{id}",
        {"get": 200},
        {"patch": 200, "delete": 200},
        {"kind": "open_items"},
        subject="invoices",
        kind="schedule",
    ),
    "native:billing-settings": Route(
        "/v1/billing_settings",
        {"get": 200},
        {"patch": 200},
        {"invoice_footer": "Thank you."},
        subject="invoices",
        row_id=None,
    ),
    "native:client-balances": Route("/v1/clients/{id}/balances", {"get": 200}, subject="invoices"),
    "native:client-ledger": Route("/v1/clients/{id}/ledger", {"get": 200}, subject="invoices"),
    "native:contacts": Route(
        "/v1/contacts",
        {"get": 200},
        {"post": 201},
        {"first_name": "Ann", "client_id": "{client}"},
        kind="contact",
    ),
    # A client is never without its primary contact.
    "native:contact": Route(
        "/v1/contacts/{id}",
        {"get": 200},
        {"patch": 200, "delete": 409},
        {"first_name": "Ann"},
        kind="contact",
    ),
    "native:make-primary": Route(
        "/v1/contacts/{id}/make_primary", writes={"post": 200}, kind="contact"
    ),
    "native:tags": Route("/v1/tags", {"get": 200}, {"post": 201}, {"title": "Retail"}, kind="tag"),
    "native:tag": Route(
        "/v1/tags/{id}",
        {"get": 200},
        {"patch": 200, "delete": 200},
        {"title": "Retail"},
        kind="tag",
    ),
    "native:categories": Route(
        "/v1/categories", {"get": 200}, {"post": 201}, {"name": "Shops"}, kind="category"
    ),
    # The default one stays.
    "native:category": Route(
        "/v1/categories/{id}",
        {"get": 200},
        {"patch": 200, "delete": 409},
        {"name": "Shops"},
        kind="category",
    ),
    "native:make-default": Route(
        "/v1/categories/{id}/make_default", writes={"post": 200}, kind="category"
    ),
    "native:groups": Route(
        "/v1/groups", {"get": 200}, {"post": 201}, {"name": "Big"}, kind="group"
    ),
    "native:group": Route(
        "/v1/groups/{id}",
        {"get": 200},
        {"patch": 200, "delete": 200},
        {"name": "Big"},
        kind="group",
    ),
    "native:archive-group": Route("/v1/groups/{id}/archive", writes={"post": 200}, kind="group"),
    "native:restore-group": Route("/v1/groups/{id}/restore", writes={"post": 200}, kind="group"),
    "native:custom-fields": Route(
        "/v1/custom_fields",
        {"get": 200},
        {"post": 201},
        {"name": "size", "label": "Size", "type": "text"},
        kind="field",
    ),
    "native:custom-field": Route(
        "/v1/custom_fields/{id}",
        {"get": 200},
        {"patch": 200, "delete": 200},
        {"label": "Size"},
        kind="field",
    ),
    "native:archive-field": Route(
        "/v1/custom_fields/{id}/archive", writes={"post": 200}, kind="field"
    ),
    "native:restore-field": Route(
        "/v1/custom_fields/{id}/restore", writes={"post": 200}, kind="field"
    ),
    # Without a file.
    "native:documents": Route(
        "/v1/documents", {"get": 200}, {"post": 422}, kind="document", subject="files"
    ),
    "native:document": Route(
        "/v1/documents/{id}",
        {"get": 200},
        {"patch": 200, "delete": 200},
        {"name": "New.txt"},
        kind="document",
        subject="files",
    ),
    "native:download-document": Route(
        "/v1/documents/{id}/download",
        {"get": 200},
        kind="document",
        subject="files",
        row_id=None,
        media_type="application/pdf",
    ),
    "native:share-document": Route(
        "/v1/documents/{id}/share", writes={"post": 200}, kind="document", subject="files"
    ),
    "native:unshare-document": Route(
        "/v1/documents/{id}/unshare", writes={"post": 200}, kind="document", subject="files"
    ),
    # A client is not merged into itself.
    "native:preview-merge": Route(
        "/v1/clients/{id}/merge_preview", writes={"post": 422}, body={"client_id": "{client}"}
    ),
    "native:merge-clients": Route(
        "/v1/clients/{id}/merge", writes={"post": 422}, body={"client_id": "{client}"}
    ),
    "native:merges": Route("/v1/merges", {"get": 200}, kind="merge"),
    "native:merge": Route("/v1/merges/{id}", {"get": 200}, kind="merge"),
    "native:undo-merge": Route("/v1/merges/{id}/undo", writes={"post": 200}, kind="merge"),
    "native:search": Route("/v1/search?q=acme", {"get": 200}, row_id=None),
    # Told to any key.
    "native:me": Route("/v1/me", {"get": 200}, row_id=None, subject=""),
    "native:invites": Route("/v1/invites", {"get": 200}, kind="invite"),
    "native:invite": Route("/v1/invites/{id}", {"get": 200}, kind="invite"),
    "native:revoke-invite": Route("/v1/invites/{id}/revoke", writes={"post": 200}, kind="invite"),
    "native:resend-invite": Route("/v1/invites/{id}/resend", writes={"post": 201}, kind="invite"),
    "native:projects": Route(
        "/v1/projects",
        {"get": 200},
        {"post": 201},
        {"name": "Shop", "client_id": "{client}"},
        kind="project",
        subject="projects",
    ),
    "native:project": Route(
        "/v1/projects/{id}",
        {"get": 200},
        {"patch": 200, "delete": 200},
        {"name": "New"},
        kind="project",
        subject="projects",
    ),
    "native:archive-project": Route(
        "/v1/projects/{id}/archive", writes={"post": 200}, kind="project", subject="projects"
    ),
    "native:restore-project": Route(
        "/v1/projects/{id}/restore", writes={"post": 200}, kind="project", subject="projects"
    ),
    "native:invoices": Route(
        "/v1/invoices",
        {"get": 200},
        {"post": 201},
        {"client_id": "{client}"},
        kind="invoice",
        subject="invoices",
    ),
    "native:invoice": Route(
        "/v1/invoices/{id}",
        {"get": 200},
        {"patch": 200, "delete": 200},
        {"internal_notes": "Late."},
        kind="invoice",
        subject="invoices",
    ),
    # It was issued before, and is not cancelled.
    "native:issue-invoice": Route(
        "/v1/invoices/{id}/issue", writes={"post": 409}, kind="invoice", subject="invoices"
    ),
    "native:reopen-invoice": Route(
        "/v1/invoices/{id}/reopen", writes={"post": 409}, kind="invoice", subject="invoices"
    ),
    **{
        f"native:{action}-invoice": Route(
            f"/v1/invoices/{{id}}/{action}",
            writes={"post": 200},
            kind="invoice",
            subject="invoices",
        )
        for action in ("cancel", "reverse", "archive", "restore")
    },
    "native:credit-invoice": Route(
        "/v1/invoices/{id}/credit", writes={"post": 201}, kind="invoice", subject="invoices"
    ),
    "native:payments": Route(
        "/v1/payments",
        {"get": 200},
        {"post": 201},
        {"client_id": "{client}", "amount": 100},
        kind="payment",
        subject="invoices",
    ),
    "native:credits": Route(
        "/v1/credits",
        {"get": 200},
        {"post": 201},
        {"client_id": "{client}"},
        kind="credit",
        subject="invoices",
    ),
    # It was issued before.
    "native:issue-credit": Route(
        "/v1/credits/{id}/issue", writes={"post": 409}, kind="credit", subject="invoices"
    ),
    **{
        f"native:{kind}": Route(
            f"/v1/{kind}s/{{id}}",
            {"get": 200},
            {"patch": 200, "delete": 200},
            {"internal_notes": "Late."},
            kind=kind,
            subject="invoices",
        )
        for kind in ("payment", "credit")
    },
    # Nothing of either is applied, so there is nothing to take off.
    **{
        f"native:{action}-{kind}": Route(
            f"/v1/{kind}s/{{id}}/{action}",
            writes={"post": answer},
            body=body,
            kind=kind,
            subject="invoices",
        )
        for kind in ("payment", "credit")
        for action, answer, body in (
            ("apply", 200, {"invoices": [{"invoice_id": "{invoice}"}]}),
            ("unapply", 409, {"invoice_id": "{invoice}"}),
            ("refund", 201, {"amount": 100}),
            ("archive", 200, {}),
            ("restore", 200, {}),
        )
    },
    "native:refunds": Route("/v1/refunds", {"get": 200}, kind="refund", subject="invoices"),
    "native:refund": Route("/v1/refunds/{id}", {"get": 200}, kind="refund", subject="invoices"),
    "native:undo-refund": Route(
        "/v1/refunds/{id}/undo", writes={"post": 200}, kind="refund", subject="invoices"
    ),
    # Its rows appear with the commit, which these tests never reach.
    "native:events": Route("/v1/events", {"get": 200}, subject="events", row_id=None),
    "native:event": Route("/v1/events/{id}", {"get": 200}, kind="event", subject="events"),
    "native:webhooks": Route(
        "/v1/webhooks",
        {"get": 200},
        {"post": 201},
        {"url": "https://93.184.216.34/", "types": ["*"]},
        kind="webhook",
        subject="webhooks",
    ),
    "native:webhook": Route(
        "/v1/webhooks/{id}",
        {"get": 200},
        {"patch": 200, "delete": 200},
        {"description": "Shop"},
        kind="webhook",
        subject="webhooks",
    ),
    "native:ping-webhook": Route(
        "/v1/webhooks/{id}/ping", writes={"post": 202}, kind="webhook", subject="webhooks"
    ),
    "native:rotate-secret": Route(
        "/v1/webhooks/{id}/rotate_secret", writes={"post": 200}, kind="webhook", subject="webhooks"
    ),
    "native:webhook-deliveries": Route(
        "/v1/webhook_deliveries", {"get": 200}, kind="delivery", subject="webhooks"
    ),
    "native:webhook-delivery": Route(
        "/v1/webhook_deliveries/{id}", {"get": 200}, kind="delivery", subject="webhooks"
    ),
    "native:resend-delivery": Route(
        "/v1/webhook_deliveries/{id}/resend",
        writes={"post": 200},
        kind="delivery",
        subject="webhooks",
    ),
    "native:unknown": Route("/v1/nowhere", nothing=True),
    "growcrm:clients": Route(
        "/api/clients",
        {"get": 200},
        {"post": 201},
        {"first_name": "Ann", "last_name": "Other", "email": "ann@other.example"},
    ),
    "growcrm:client": Route(
        "/api/clients/{id}",
        {"get": 200},
        {"patch": 200, "delete": 200},
        {"client_company_name": "Other"},
    ),
    "growcrm:client-tags": Route(
        "/api/clients/{id}/tags", writes={"put": 200}, body={"tags": ["big"]}
    ),
    "growcrm:client-status": Route(
        "/api/clients/{id}/status", writes={"put": 200}, body={"status": "suspended"}
    ),
    # Without an owner there is nobody to choose.
    "growcrm:client-owner": Route("/api/clients/{id}/owner", writes={"put": 422}),
    "growcrm:unknown": Route("/api/nowhere", nothing=True),
    "invoiceninja:clients": Route("/api/v1/clients", {"get": 200}, {"post": 200}, PERSON),
    "invoiceninja:client": Route(
        "/api/v1/clients/{id}",
        {"get": 200},
        {"put": 200, "patch": 200, "delete": 200},
        {"name": "Acme & Co"},
    ),
    "invoiceninja:blank-client": Route(
        "/api/v1/clients/create", {"get": 200}, row_id=None, for_writers=True
    ),
    **{
        f"invoiceninja:blank-{kind}": Route(
            f"/api/v1/{kind}s/create",
            {"get": 200},
            subject="invoices",
            row_id=None,
            for_writers=True,
        )
        for kind in ("invoice", "payment", "credit")
    },
    "invoiceninja:bulk-clients": Route(
        "/api/v1/clients/bulk", writes={"post": 200}, body={"action": "delete", "ids": ["{id}"]}
    ),
    "invoiceninja:edit-client": Route("/api/v1/clients/{id}/edit", {"get": 200}, for_writers=True),
    "invoiceninja:purge-client": Route(
        "/api/v1/clients/{id}/purge", writes={"post": 200}, headers=PASSWORD
    ),
    # A client is not merged into itself.
    "invoiceninja:merge-clients": Route(
        "/api/v1/clients/{id}/{id}/merge", writes={"post": 400}, headers=PASSWORD
    ),
    "invoiceninja:upload": Route("/api/v1/clients/{id}/upload", writes={"put": 200, "post": 200}),
    "invoiceninja:update-tax-data": Route(
        "/api/v1/clients/{id}/updateTaxData", writes={"post": 200}
    ),
    # Reads, although it is a POST.
    "invoiceninja:client-documents": Route(
        "/api/v1/clients/{id}/documents", {"post": 200}, subject="files"
    ),
    "invoiceninja:documents": Route(
        "/api/v1/documents", {"get": 200}, kind="document", subject="files"
    ),
    "invoiceninja:document": Route(
        "/api/v1/documents/{id}", {"get": 200}, {"delete": 200}, kind="document", subject="files"
    ),
    "invoiceninja:download": Route(
        "/api/v1/documents/{id}/download",
        {"get": 200},
        kind="document",
        subject="files",
        media_type="application/pdf",
    ),
    "invoiceninja:groups": Route(
        "/api/v1/group_settings", {"get": 200}, {"post": 200}, {"name": "Big"}, kind="group"
    ),
    "invoiceninja:group": Route(
        "/api/v1/group_settings/{id}",
        {"get": 200},
        {"put": 200, "patch": 200, "delete": 200},
        {"name": "Big"},
        kind="group",
    ),
    # Without ids there is nothing to do.
    "invoiceninja:bulk-groups": Route("/api/v1/group_settings/bulk", writes={"post": 422}),
    "invoiceninja:activities": Route("/api/v1/activities", {"get": 200}, row_id="client_id"),
    "invoiceninja:notes": Route(
        "/api/v1/activities/notes",
        writes={"post": 200},
        body={"entity": "clients", "entity_id": "{id}", "notes": "Called."},
    ),
    "invoiceninja:invoices": Route(
        "/api/v1/invoices",
        {"get": 200},
        {"post": 200},
        {"client_id": "{client}"},
        kind="invoice",
        subject="invoices",
    ),
    "invoiceninja:invoice": Route(
        "/api/v1/invoices/{id}",
        {"get": 200},
        {"put": 200, "patch": 200, "delete": 200},
        {"private_notes": "Ask Ann."},
        kind="invoice",
        subject="invoices",
    ),
    "invoiceninja:bulk-invoices": Route(
        "/api/v1/invoices/bulk",
        writes={"post": 200},
        body={"action": "delete", "ids": ["{id}"]},
        kind="invoice",
        subject="invoices",
    ),
    "invoiceninja:payments": Route(
        "/api/v1/payments",
        {"get": 200},
        {"post": 200},
        {"client_id": "{client}", "amount": 5},
        kind="payment",
        subject="invoices",
    ),
    "invoiceninja:payment": Route(
        "/api/v1/payments/{id}",
        {"get": 200},
        {"put": 200, "patch": 200, "delete": 200},
        {"private_notes": "Ask Ann."},
        kind="payment",
        subject="invoices",
    ),
    "invoiceninja:bulk-payments": Route(
        "/api/v1/payments/bulk",
        writes={"post": 200},
        body={"action": "delete", "ids": ["{id}"]},
        kind="payment",
        subject="invoices",
    ),
    "invoiceninja:refund": Route(
        "/api/v1/payments/refund",
        writes={"post": 200},
        body={"id": "{id}", "amount": 1},
        kind="payment",
        subject="invoices",
    ),
    "invoiceninja:statement": Route(
        "/api/v1/client_statement",
        writes={"post": 200},
        body={"client_id": "{id}", "start_date": "2026-01-01", "end_date": "2026-12-31"},
        subject="invoices",
        media_type="application/pdf",
    ),
    "invoiceninja:credits": Route(
        "/api/v1/credits",
        {"get": 200},
        {"post": 200},
        {"client_id": "{client}"},
        kind="credit",
        subject="invoices",
    ),
    "invoiceninja:credit": Route(
        "/api/v1/credits/{id}",
        {"get": 200},
        {"put": 200, "patch": 200, "delete": 200},
        {"private_notes": "Ask Ann."},
        kind="credit",
        subject="invoices",
    ),
    "invoiceninja:bulk-credits": Route(
        "/api/v1/credits/bulk",
        writes={"post": 200},
        body={"action": "delete", "ids": ["{id}"]},
        kind="credit",
        subject="invoices",
    ),
    # Reads, although it is a POST.
    "invoiceninja:preview": Route(
        "/api/v1/templates/preview/{id}",
        {"post": 200},
        kind="batch",
        subject="invoices",
        row_id=None,
        media_type="application/pdf",
    ),
    # The same one to everybody.
    "invoiceninja:designs": Route("/api/v1/designs", {"get": 200}, subject="invoices", row_id=None),
    "invoiceninja:design": Route(
        "/api/v1/designs/VolejRejNm", {"get": 200}, subject="invoices", row_id=None
    ),
    # A message that came back, by what its provider calls it.
    "invoiceninja:reactivate-email": Route(
        "/api/v1/reactivate_email/mail-{id}", writes={"post": 200}, kind="message"
    ),
    "invoiceninja:statics": Route("/api/v1/statics", {"get": 200}, row_id=None),
    "invoiceninja:ping": Route("/api/v1/ping", {"get": 200}, row_id=None),
    "invoiceninja:unknown": Route("/api/v1/nowhere", nothing=True),
}
METHODS = ("get", "post", "put", "patch", "delete")


def api_patterns():
    """Every route below a dialect's namespace, with the dialect's name."""
    for resolver in get_resolver().url_patterns:
        if getattr(resolver, "namespace", None) in DIALECTS:
            for pattern in resolver.url_patterns:
                assert isinstance(pattern, URLPattern), pattern
                yield resolver.namespace, pattern


def api_routes():
    """Full name of every route below a dialect's namespace, with the methods its view answers."""
    found = {}
    for name, pattern in api_patterns():
        actions = getattr(pattern.callback, "actions", None) or {}
        found[f"{name}:{pattern.name}"] = set(actions) - {"head"}
    return found


def test_every_route_has_an_expectation_and_the_other_way_round():
    expected = {name: set(r.reads) | set(r.writes) for name, r in ROUTES.items()}

    assert api_routes() == expected


def test_every_route_is_declared_in_its_dialects_document_and_nothing_else_is():
    """Add an Operation to OPERATIONS in the dialect's schema.py; CONTRIBUTING.md tells how."""
    routed = set()
    for name, pattern in api_patterns():
        path = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", str(pattern.pattern)).strip("^$?/")
        path = path.replace("\\.", ".")
        actions = set(getattr(pattern.callback, "actions", None) or {}) - {"head"}
        routed |= {(name, f"{action.upper()} /{path}") for action in actions}

    dialects = reference.dialects().items()
    declared = {(name, route) for name, dialect in dialects for route in dialect.operations}
    documented = {
        (name, f"{method.upper()} {path.removeprefix(dialect.base)}")
        for name, dialect in dialects
        for path, item in document(dialect)["paths"].items()
        for method in item
    }

    assert sorted(routed - declared) == [], "They are in no schema.py."
    assert sorted(declared - routed) == [], "They are in a schema.py, and there is no such route."
    assert documented == routed


def cases(methods):
    return [
        pytest.param(name, method, id=f"{name}-{method}")
        for name, route in ROUTES.items()
        for method in methods(route)
    ]


every_method = pytest.mark.parametrize(
    ("name", "method"), cases(lambda route: [*route.reads, *route.writes])
)


def statement_of(client, owner):
    on = timezone.localdate()
    return make(client, Wanted(StatementKind.ACTIVITY, start=on, end=on), by=owner)


def batch_of(client, owner):
    """Its key is its primary key, written as a UUID; a job would have made the PDF."""
    batch = ask_for_batch([client], by=owner, at=timezone.now())
    batch.key, batch.pdf = UUID(int=batch.pk), b"%PDF-1.7"
    batch.save()
    return batch.pk


def webhook_of(owner):
    """One that goes nowhere, and what was to be sent it."""
    endpoint, _ = create_endpoint(owner.agency, url="https://93.184.216.34/", types=["client.*"])
    return {"webhook": endpoint.pk, "delivery": ping(endpoint, at=timezone.now()).pk}


def message_back_from(contact):
    """One that its provider calls mail- and the id that Invoice Ninja's dialect would show.

    It went to a former address: to the one they have now everybody still gets mail.
    """
    message, at = queue_message(to=contact, kind="note", subject="Hi", text="Hi."), timezone.now()
    message.address = "former@acme.example"
    message.save(update_fields=["address"])
    name = f"mail-{ninja_ids.encode(message.pk)}"
    advance(message, Message.Status.ACCEPTED, provider_id=name, at=at)
    hear(Report((name,), EventType.BOUNCED, RejectReason.BOUNCED, "", at))
    return message


def money_of(client, owner):
    """An invoice that is owed; a payment and a credit on account, of one a part refunded."""
    at = timezone.now()
    facts = {"by": owner, "at": at, "lines": [Item(quantity=Decimal(1), price=Decimal(9))]}
    credit = issue_credit(draft_credit(client, **facts), on=at.date(), at=at)
    payment = record_payment(client, amount=Decimal(9), on=at.date(), by=owner, at=at)
    made = refund(payment, amount=Decimal(1), on=at.date(), by=owner, at=at)
    invoice = issue(draft_invoice(client, **facts), on=at.date(), at=at)
    return {
        "invoice": invoice.pk,
        "payment": payment.pk,
        "credit": credit.pk,
        "refund": made.pk,
    }


def committed_event(client):
    """One that has taken its place in the log, as if the transaction were over."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return Event.objects.get(type="client.created", subject_id=client.pk)


@dataclass(frozen=True)
class World:
    """Rows of ours, of a stranger's, and such as never were: primary keys by kind."""

    ours: dict
    theirs: dict
    absent: dict

    def filled(self, name, text, rows=None):
        """{id} is the route's own kind of row, {client} and so on are ours."""
        kind, encode = ROUTES[name].kind, ENCODE[name.split(":")[0]]
        text = text.replace("{id}", encode((rows or self.ours)[kind], kind))
        for other, pk in self.ours.items():
            text = text.replace(f"{{{other}}}", encode(pk, other))
        return text

    def body(self, name):
        return json.loads(self.filled(name, json.dumps(ROUTES[name].body)))


def rows_of(owner):
    with settling(), acting_for(owner.agency_id):
        people = [Person(email="a@acme.example")]
        client = enroll(owner.agency, by=owner, name="Acme", people=people, tags=["vip"])
        return {
            # The client's own, which is the default one.
            "category": client.category_id,
            "client": client.pk,
            "contact": client.contacts.get().pk,
            "field": define_field(owner.agency, name="po", kind="text").pk,
            "group": create_group(owner.agency, name="Group").pk,
            "invite": invite(client, by=owner, at=timezone.now()).pk,
            "merge": merge(
                client,
                enroll(owner.agency, by=owner, name="Former"),
                by=owner,
                at=timezone.now(),
            ).pk,
            "project": create_project(client, name="Site").pk,
            "tag": client.tags.get().pk,
            "document": store(client, SimpleUploadedFile("a.pdf", b"%PDF-1.7"), by=owner).pk,
            "event": committed_event(client).pk,
            "statement": statement_of(client, owner).pk,
            "batch": batch_of(client, owner),
            "message": message_back_from(client.contacts.get(is_primary=True)).pk,
            "schedule": plan(owner.agency, on=localdate(), at=timezone.now(), client=client).pk,
            **webhook_of(owner),
            **money_of(client, owner),
        }


@pytest.fixture(scope="module")
def one_world(django_db_setup, django_db_blocker, tmp_path_factory):
    """Two agencies with a row of everything, made once; each test has a savepoint of its own."""
    media = tmp_path_factory.mktemp("media")
    with (
        django_db_blocker.unblock(),
        override_settings(MEDIA_ROOT=media),
        transaction.atomic(),
    ):
        north, south = (
            create_agency(
                name, slug=name.lower(), owner_email=f"owner@{name.lower()}.example",
                owner_password=OWNERS_PASSWORD, country="DE",
            )
            for name in ("North", "South")
        )  # fmt: skip
        rows = World(rows_of(north), rows_of(south), dict.fromkeys(PREFIXES, 10**9))
        yield north, south, rows
        transaction.set_rollback(True)


@pytest.fixture
def north(one_world, db):
    return Membership.objects.select_related("agency", "user").get(pk=one_world[0].pk)


@pytest.fixture
def south(one_world, db):
    return Membership.objects.select_related("agency", "user").get(pk=one_world[1].pk)


@pytest.fixture
def world(one_world, db):
    return one_world[2]


def call(world, doors, secret, name, method, rows=None):
    door = doors(secret)[name.split(":")[0]]
    route = ROUTES[name]
    body = world.body(name) if method in route.writes else None
    path = world.filled(name, route.path, rows)
    response = getattr(door, method)(path, body, headers=route.headers)
    if response.streaming:
        assert b"".join(response.streaming_content) or method == "head"
    return response


def state_of(owner):
    """What a write through any route would change: every row of the agency's own apps."""
    own = [apps.get_app_config(name) for name in ("clients", "contacts", "billing", "portal")]
    models = [
        model
        for app in own
        for model in app.get_models()
        if any(field.name == "agency" for field in model._meta.fields)
    ]
    with acting_for(owner.agency_id):
        return {model: list(model.objects.order_by("pk").values_list()) for model in models}


@every_method
def test_the_owner_gets_the_answer(world, north, doors, key, name, method):
    response = call(world, doors, key(north), name, method)

    route = ROUTES[name]
    assert response.status_code == (route.reads | route.writes)[method]
    assert response["Content-Type"] == route.media_type


def scopes_without(subject):
    return [scope for scope in SCOPES if not scope.startswith(f"{subject}:")]


def bad_secrets(north):
    """A secret that never was, one that was revoked, one that has expired, none at all."""
    now = timezone.now()
    revoked, revoked_secret = create_api_key(north, name="revoked")
    _, expired_secret = create_api_key(north, name="expired", expires_at=now - timedelta(seconds=1))
    with acting_for(north.agency_id):
        revoke(revoked, at=now)
    return ["", "foyer_" + "x" * 43, revoked_secret, expired_secret, "Ünsinn"]


@every_method
def test_without_a_usable_key_nobody_comes_in(world, north, doors, name, method):
    before = state_of(north)

    answers = [
        call(world, doors, secret, name, method, rows)
        for secret in bad_secrets(north)
        for rows in (world.ours, world.theirs, world.absent)
    ]

    dialect = name.split(":")[0]
    assert {answer.status_code for answer in answers} == {NO_KEY[dialect]}
    assert len({answer.content for answer in answers}) == 1
    assert (state_of(north), answers[0]["Content-Type"]) == (before, "application/json")


# What makes an end of something; by these the admin and all dialects go alike.
DELETING = {
    ("native:delete-client", "post"),
    ("native:contact", "delete"),
    ("native:tag", "delete"),
    ("native:category", "delete"),
    ("native:group", "delete"),
    ("native:document", "delete"),
    ("native:invoice", "delete"),
    ("native:payment", "delete"),
    ("native:credit", "delete"),
    ("native:statement-schedule", "delete"),
    # Ends nothing, and is for the same people.
    ("native:billing-settings", "patch"),
    ("native:merge-clients", "post"),
    ("native:undo-merge", "post"),
    ("growcrm:client", "delete"),
    ("invoiceninja:client", "delete"),
    ("invoiceninja:bulk-clients", "post"),
    ("invoiceninja:purge-client", "post"),
    ("invoiceninja:merge-clients", "post"),
    # Ends nothing, and is for the same people.
    ("invoiceninja:update-tax-data", "post"),
    ("invoiceninja:document", "delete"),
    ("invoiceninja:group", "delete"),
    ("invoiceninja:invoice", "delete"),
    ("invoiceninja:bulk-invoices", "post"),
    ("invoiceninja:credit", "delete"),
    ("invoiceninja:bulk-credits", "post"),
    ("invoiceninja:payment", "delete"),
    ("invoiceninja:bulk-payments", "post"),
}


@pytest.mark.parametrize(("name", "method"), cases(lambda route: route.writes))
def test_a_role_may_by_its_key_what_it_may_in_the_admin(
    world, north, join, doors, key, name, method
):
    action = "delete" if (name, method) in DELETING else "change"
    permission = f"clients.{action}_client"
    if ROUTES[name].subject == "webhooks":
        permission = "agencies.change_webhookendpoint"
    refusal, answer = NO_SCOPE[name.split(":")[0]], ROUTES[name].writes[method]
    # From the least to the first that may.
    for role in (Role.VIEWER, Role.STAFF, Role.MANAGER):
        member = join(north, role, f"{role}@north.example")
        secret, before = key(member), state_of(north)

        response = call(world, doors, secret, name, method)

        if allows(role, permission):
            assert response.status_code == answer
            return
        assert (response.status_code, state_of(north)) == (refusal, before)
    pytest.fail("Nobody below the owner may do this.")


@pytest.mark.parametrize(
    ("name", "method"), cases(lambda r: [*r.writes, *(r.reads if r.for_writers else ())])
)
def test_a_read_only_key_writes_nothing(world, north, doors, key, name, method):
    own = ROUTES[name].subject
    secret = key(north, scopes=[f"{own}:read", *scopes_without(own)])

    before = state_of(north)

    response = call(world, doors, secret, name, method)

    assert response.status_code == NO_SCOPE[name.split(":")[0]]
    assert state_of(north) == before


@pytest.mark.parametrize(
    ("name", "method"), cases(lambda r: [*r.reads, *r.writes] if r.subject else [])
)
def test_a_key_for_other_things_opens_nothing(world, north, doors, key, name, method):
    secret = key(north, scopes=scopes_without(ROUTES[name].subject))

    before = state_of(north)

    response = call(world, doors, secret, name, method)

    assert response.status_code == NO_SCOPE[name.split(":")[0]]
    assert state_of(north) == before


@pytest.mark.parametrize(
    ("name", "method"),
    cases(lambda route: [*route.reads, *route.writes] if "{id}" in route.path else []),
)
def test_a_strangers_row_and_a_missing_row_answer_alike(world, north, doors, key, name, method):
    secret, dialect = key(north), name.split(":")[0]
    answers = [
        call(world, doors, secret, name, method, rows) for rows in (world.theirs, world.absent)
    ]

    assert {answer.status_code for answer in answers} == {NO_ROW[dialect]}
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize(
    "name",
    [n for n, r in ROUTES.items() if r.reads and r.row_id and "{id}" not in r.path],
)
def test_another_agencys_key_shows_another_agencys_rows(world, south, doors, key, name):
    answer = call(world, doors, key(south), name, "get").json()

    shown = {str(row[ROUTES[name].row_id]) for row in answer["data"]}
    assert shown == {world.filled(name, "{id}", world.theirs)}


@pytest.mark.parametrize(
    ("name", "method"),
    cases(lambda r: [m for m in METHODS if not r.nothing and m not in r.reads | r.writes]),
)
def test_a_method_that_is_not_offered_is_refused(world, north, doors, key, name, method):
    response = call(world, doors, key(north), name, method)

    assert response.status_code == WRONG_METHOD[name.split(":")[0]]
    assert response["Content-Type"] == "application/json"


@pytest.mark.parametrize("name", [name for name, route in ROUTES.items() if route.nothing])
@pytest.mark.parametrize("method", METHODS)
def test_an_unknown_path_is_a_json_404_to_anybody(world, north, doors, key, name, method):
    for secret in ("", key(north)):
        response = call(world, doors, secret, name, method)

        assert response.status_code == 404
        assert response["Content-Type"] == "application/json"


@every_method
@pytest.mark.parametrize("verb", ["head", "options"])
def test_head_and_options_never_fail(world, north, doors, key, name, method, verb):
    response = call(world, doors, key(north), name, verb)

    assert response.status_code < 500


# Kinds of rows that are no client's and stay when one goes; an event is what tells that it went.
AGENCYS_OWN = {"category", "delivery", "event", "field", "group", "tag", "webhook"}


@pytest.mark.parametrize(
    ("name", "method"),
    [
        pytest.param(name, method, id=f"{name}-{method}")
        for name, route in ROUTES.items()
        if route.kind not in AGENCYS_OWN and "{id}" in route.path + str(route.body)
        for method in [*route.reads, *route.writes]
    ],
)
def test_a_removed_client_is_answered_as_one_that_never_was(world, north, doors, key, name, method):
    with acting_for(north.agency_id):
        remove(Client.objects.get(pk=world.ours["client"]), by=north, at=timezone.now())
    never = World(world.absent, world.theirs, world.absent)

    answers = [call(rows, doors, key(north), name, method) for rows in (world, never)]

    # Invoice Ninja asks for the right to a client's statement before anything else.
    refusals = (401,) if name == "invoiceninja:statement" else (400, 404, 422)
    assert answers[0].status_code in refusals
    assert answers[0].status_code == answers[1].status_code
    assert answers[0].content == answers[1].content
