"""`{"action": …, "ids": […]}`: what is done to many records, all of them or none."""

from collections.abc import Iterable, Mapping

from django.db.models import QuerySet
from rest_framework import serializers

from api.invoiceninja.fields import Word
from api.invoiceninja.ids import decode
from clients.arrays import any_of


class Ids(serializers.Field):
    """A list of hashed ids, read as primary keys; every one must be there."""

    default_error_messages = {
        "required": "The :attribute field is required.",
        "not_a_list": "The :attribute must be an array.",
        "unknown": "The selected :attribute is invalid.",
    }

    def __init__(self, queryset: QuerySet) -> None:
        self.queryset = queryset
        super().__init__()

    def run_validation(self, data=serializers.empty):
        if data in (None, [], {}):
            self.fail("required")
        return super().run_validation(data)

    def to_internal_value(self, data):
        if isinstance(data, Mapping):
            data = list(data.values())
        if not isinstance(data, list):
            self.fail("not_a_list")
        pks = {decode(value) if isinstance(value, str) else None for value in data}
        if None in pks or self.queryset.filter(any_of("pk", pks)).count() < len(pks):
            self.fail("unknown")
        return pks


class BulkInput(serializers.Serializer):
    def __init__(self, data, *, actions: Iterable[str], queryset: QuerySet) -> None:
        super().__init__(data=data)
        self.fields["action"] = Word(actions)
        self.fields["ids"] = Ids(queryset)
