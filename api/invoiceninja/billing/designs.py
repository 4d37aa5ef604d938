"""What a `template_id` can name: the one design there is, that of a statement."""

from rest_framework import serializers

from api.invoiceninja import errors
from api.invoiceninja.ids import decode, encode
from api.invoiceninja.manners import NinjaViewSet
from api.invoiceninja.pagination import page_of

STATEMENT = 1


class DesignId(serializers.Field):
    default_error_messages = {
        "required": "The :attribute field is required.",
        "null": "The :attribute field is required.",
        "unknown": "The selected :attribute is invalid.",
    }

    def to_internal_value(self, data):
        return is_design(data) or self.fail("unknown")


class DesignViewSet(NinjaViewSet):
    subject = "invoices"

    def list(self, request):
        page = page_of(self.sent)
        start, stop = page.bounds(total=1)
        shown = [_design()][start:stop]
        return self.answer(shown, page.meta(request, total=1, count=len(shown)))

    def retrieve(self, request, design_id):
        if not is_design(design_id):
            raise errors.no_such("Design", design_id)
        return self.answer(_design())

    def refuse_absent(self):
        design_id = self.kwargs.get("design_id", encode(STATEMENT))
        if not is_design(design_id):
            raise errors.no_such("Design", design_id)


def is_design(sent) -> bool:
    return isinstance(sent, str) and decode(sent) == STATEMENT


def _design():
    return {
        "id": encode(STATEMENT),
        "name": "Statement",
        "is_custom": False,
        "is_active": True,
        # Its sources are Foyer's own.
        "design": {},
        "updated_at": 0,
        "archived_at": 0,
        "created_at": 0,
        "is_deleted": False,
        "is_free": True,
        "is_template": True,
        "entities": "client",
    }
