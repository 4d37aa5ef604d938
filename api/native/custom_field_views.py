"""`/v1/custom_fields`: what the agency itself asks of its clients."""

from django.db.models import F, Q
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import serializers

from api.native import errors, inputs
from api.native.fields import timestamp
from api.native.filters import Archived, If, Moment, Search, Since
from api.native.ids import encode
from api.native.manners import RecordViewSet
from api.native.sorting import Key, moment, text
from api.operators import ChoiceInFilter
from clients.custom_fields import archive_field, define_field, edit_field, restore_field
from clients.models import CustomField

_COLUMNS = (
    "pk", "name", "label", "kind", "choices", "is_required", "position", "archived_at",
    "created_at", "updated_at",
)  # fmt: skip
_FACTS = {
    "label": "label",
    "choices": "choices",
    "required": "is_required",
    "position": "position",
}


class FieldChange(serializers.Serializer):
    # Names of what DRF sets on its own fields; a serializer's declared ones are kept elsewhere.
    label = inputs.Name(255)  # type: ignore[assignment]
    choices = serializers.ListField(child=inputs.Name(255), max_length=200, required=False)
    required = inputs.Flag()  # type: ignore[assignment]
    position = inputs.Whole(0, 32_767)

    def facts(self) -> dict:
        sent = self.validated_data
        return {ours: sent[theirs] for theirs, ours in _FACTS.items() if theirs in sent}


class FieldInput(FieldChange):
    name = serializers.SlugField(max_length=60)
    type = serializers.ChoiceField(choices=CustomField.Kind.choices)


class FieldFilter(filters.FilterSet):
    q = Search("name", "label")
    type = ChoiceInFilter(choices=CustomField.Kind.choices, field_name="kind")
    required = If(Q(is_required=True))
    archived = Archived()
    created_at = Moment("created_at")
    updated_at = Moment("updated_at")
    updated_since = Since("updated_at")


class CustomFieldViewSet(RecordViewSet):
    subject = "clients"
    kind, noun = "field", "custom field"
    # DELETE archives.
    deleting_actions = frozenset()
    filters = FieldFilter
    sorts = {
        "position": Key(F("position"), int),
        "name": text("name"),
        "created_at": moment("created_at"),
        "updated_at": moment("updated_at"),
    }
    default_sort = "position"

    def records(self):
        return CustomField.objects.all()

    def rows(self, records, *more):
        return records.values(*_COLUMNS, *more)

    def present(self, row):
        return {
            "id": encode("field", row["pk"]),
            "name": row["name"],
            "label": row["label"],
            "type": row["kind"],
            "choices": row["choices"],
            "required": row["is_required"],
            "position": row["position"],
            "archived_at": timestamp(row["archived_at"]),
            "created_at": timestamp(row["created_at"]),
            "updated_at": timestamp(row["updated_at"]),
        }

    def create(self, request):
        errors.refuse_unknown(request.query_params)
        body = self.read(FieldInput)
        sent = body.validated_data
        field = define_field(self.agency, name=sent["name"], kind=sent["type"], **body.facts())
        return self.made(field.pk)

    def partial_update(self, request, id):
        body = self.read(FieldChange, partial=True)
        field = self.held(id)
        self.refuse_stale(field.pk)
        if body.facts():
            edit_field(field, **body.facts())
        return self.one(field.pk)

    def archive(self, request, id):
        return self._put(id, archive_field)

    def restore(self, request, id):
        return self._put(id, restore_field)

    def destroy(self, request, id):
        """Archives: what clients have in it is not lost."""
        return self._put(id, archive_field)

    def _put(self, id, change):
        field = self.held(id)
        self.refuse_stale(field.pk)
        change(field, at=timezone.now())
        return self.one(field.pk)
