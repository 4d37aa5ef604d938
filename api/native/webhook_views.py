"""`/v1/webhooks`: who is told of changes by requests; `/v1/webhook_deliveries`: how that goes."""

from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.response import Response

from agencies import destinations, webhooks
from agencies.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from api.native import errors, inputs
from api.native.event_views import Types
from api.native.events import readable_with
from api.native.fields import timestamp
from api.native.filters import Moment, Same, Search
from api.native.ids import encode
from api.native.manners import RecordViewSet
from api.native.sorting import moment
from api.native.webhook_messages import id_of
from api.operators import ChoiceInFilter

ENABLED, DISABLED = "enabled", "disabled"
_COLUMNS = (
    "pk", "url", "description", "types", "switched_off", "switched_off_at", "failing_since",
    "former_secret_until", "created_at", "updated_at",
)  # fmt: skip
_DELIVERY_COLUMNS = (
    "pk", "endpoint", "event", "type", "state", "attempt_count", "next_attempt_at", "finished_at",
    "created_at",
)  # fmt: skip
# At most so many of one delivery are shown, the newest.
_MOST_ATTEMPTS = 100


class WebhookChange(serializers.Serializer):
    url = inputs.Name(destinations.LONGEST, required=False)
    types = serializers.ListField(
        child=inputs.Name(60), min_length=1, max_length=200, required=False
    )
    description = inputs.Text(255)
    status = serializers.ChoiceField(choices=[ENABLED, DISABLED], required=False)

    def facts(self) -> dict:
        sent = self.validated_data
        facts = {name: sent[name] for name in ("url", "types") if name in sent}
        if "description" in sent:
            facts["description"] = sent["description"] or ""
        return facts


class WebhookInput(serializers.Serializer):
    url = inputs.Name(destinations.LONGEST)
    types = serializers.ListField(child=inputs.Name(60), min_length=1, max_length=200)
    description = inputs.Text(255)


class StatusFilter(ChoiceInFilter):
    def __init__(self):
        super().__init__(choices=[(ENABLED, ENABLED), (DISABLED, DISABLED)])

    def filter(self, qs, value):
        if value is None or set(value) == {ENABLED, DISABLED}:
            return qs
        off = qs.exclude(switched_off="")
        return off if value[0] == DISABLED else qs.filter(switched_off="")


class WebhookFilter(filters.FilterSet):
    q = Search("url", "description")
    status = StatusFilter()
    created_at = Moment("created_at")
    updated_at = Moment("updated_at")


class WebhookViewSet(RecordViewSet):
    subject = "webhooks"
    kind, noun = "hook", "webhook"
    filters = WebhookFilter
    sorts = {"created_at": moment("created_at"), "updated_at": moment("updated_at")}

    def records(self):
        return WebhookEndpoint.objects.all()

    def rows(self, records, *more):
        return records.values(*_COLUMNS, *more)

    def present(self, row):
        return {
            "id": encode("hook", row["pk"]),
            "url": row["url"],
            "description": row["description"] or None,
            "types": row["types"],
            "status": DISABLED if row["switched_off"] else ENABLED,
            "disabled_reason": row["switched_off"] or None,
            "disabled_at": timestamp(row["switched_off_at"]),
            "failing_since": timestamp(row["failing_since"]),
            "old_secret_expires_at": timestamp(row["former_secret_until"]),
            "created_at": timestamp(row["created_at"]),
            "updated_at": timestamp(row["updated_at"]),
        }

    def create(self, request):
        errors.refuse_unknown(request.query_params)
        sent = self.read(WebhookInput).validated_data
        self._refuse_unreadable(sent["types"])
        endpoint, secret = webhooks.create_endpoint(
            self.agency,
            url=sent["url"],
            types=sent["types"],
            description=sent.get("description") or "",
            by=request.auth.member,
        )
        return _with_secret(self.made(endpoint.pk), secret)

    def partial_update(self, request, id):
        body = self.read(WebhookChange, partial=True)
        endpoint = self.held(id)
        self.refuse_stale(endpoint.pk)
        facts = body.facts()
        if {"url", "types"} & set(facts):
            # Another address is told what it is told of, too.
            self._refuse_unreadable(facts.get("types", endpoint.types))
        if facts:
            webhooks.edit_endpoint(endpoint, **facts)
        status = body.validated_data.get("status")
        if status == ENABLED:
            webhooks.switch_on(endpoint, at=timezone.now())
        elif status == DISABLED:
            webhooks.switch_off(endpoint, at=timezone.now())
        return self.one(endpoint.pk)

    def destroy(self, request, id):
        endpoint = self.held(id)
        self.refuse_stale(endpoint.pk)
        endpoint.delete()
        return Response({"id": id, "deleted": True})

    def rotate_secret(self, request, id):
        endpoint = self.held(id)
        self.refuse_stale(endpoint.pk)
        secret = webhooks.rotate_secret(endpoint, at=timezone.now())
        return _with_secret(self.one(endpoint.pk), secret)

    def _refuse_unreadable(self, types):
        """Nobody is told through a webhook what the key that made it may not read."""
        unreadable = [name for name in types if not readable_with(self.request.auth.key, name)]
        if unreadable:
            raise PermissionDenied(f"This key may not read what {unreadable[0][:60]} tells of.")


class WebhookPingViewSet(WebhookViewSet):
    def ping(self, request, id):
        endpoint = self.held(id)
        self.refuse_stale(endpoint.pk)
        delivery = webhooks.ping(endpoint, at=timezone.now())
        row = WebhookDelivery.objects.values(*_DELIVERY_COLUMNS).get(pk=delivery.pk)
        return Response(present_delivery(row), 202)


class DeliveryFilter(filters.FilterSet):
    """`?webhook_id=hook_…&status=failed&types=client.*`"""

    webhook_id = Same("hook", "endpoint")
    status = ChoiceInFilter(choices=WebhookDelivery.State.choices, field_name="state")
    types = Types(webhooks.PING)
    created_at = Moment("created_at")


class DeliveryViewSet(RecordViewSet):
    subject = "webhooks"
    kind, noun = "delivery", "webhook delivery"
    filters = DeliveryFilter
    sorts = {"created_at": moment("created_at")}

    def records(self):
        return WebhookDelivery.objects.all()

    def rows(self, records, *more):
        return records.values(*_DELIVERY_COLUMNS, *more)

    def held(self, id):
        # Its client is named for the order of deliveries alone, and may be gone.
        return self.found(id, hold=True)

    def present_in_list(self, row):
        return present_delivery(row)

    def present(self, row):
        made = WebhookAttempt.objects.filter(delivery=row["pk"]).order_by("-number")
        attempts = [_present_attempt(attempt) for attempt in made[:_MOST_ATTEMPTS]]
        return present_delivery(row) | {"attempts": attempts}

    def resend(self, request, id):
        delivery = self.held(id)
        self.refuse_stale(delivery.pk)
        webhooks.send_again(delivery, at=timezone.now())
        return self.one(delivery.pk)


def present_delivery(row: dict) -> dict:
    return {
        "id": encode("delivery", row["pk"]),
        "webhook_id": encode("hook", row["endpoint"]),
        # As the receiver gets it in the header `webhook-id`.
        "event_id": id_of(event=row["event"], delivery=row["pk"]),
        "type": row["type"],
        "status": row["state"],
        "attempt_count": row["attempt_count"],
        "next_attempt_at": timestamp(row["next_attempt_at"]),
        "finished_at": timestamp(row["finished_at"]),
        "created_at": timestamp(row["created_at"]),
    }


def _present_attempt(attempt: WebhookAttempt) -> dict:
    return {
        "number": attempt.number,
        "started_at": timestamp(attempt.started_at),
        "duration_ms": attempt.milliseconds,
        "status_code": attempt.status,
        "error": attempt.failure or None,
        "reply": attempt.excerpt,
    }


def _with_secret(response, secret):
    """Shown in this answer and in no other."""
    response.data = response.data | {"secret": secret}
    return response
