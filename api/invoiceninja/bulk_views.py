"""`POST /clients/bulk`: one action on many clients, in sets; all of them or none."""

from django.utils import timezone
from rest_framework.exceptions import PermissionDenied

from agencies.models import Agency
from api.invoiceninja.billing.batches import begin_batch
from api.invoiceninja.billing.designs import DesignId
from api.invoiceninja.bulk import BulkInput
from api.invoiceninja.fields import CountryId, IndustryId, SizeId, Text, Word
from api.invoiceninja.inputs import GroupId
from api.invoiceninja.views import ClientViewSet
from clients import bulk, lifecycle
from clients.arrays import any_of
from clients.models import Client, ClientQuerySet

_STATES = {
    "archive": lifecycle.archive,
    "delete": lifecycle.delete,
    "restore": lifecycle.restore,
}
_ACTIONS = (*_STATES, "assign_group", "bulk_update", "template")
# The original's columns: the domain's name of each, and how a value of it is read.
COLUMNS = {
    "public_notes": ("public_notes", Text),
    "industry_id": ("industry", IndustryId),
    "size_id": ("size", SizeId),
    "country_id": ("country", CountryId),
    **{f"custom_value{n}": (f"custom_value{n}", Text) for n in (1, 2, 3, 4)},
}


class ClientBulkInput(BulkInput):
    """What each action wants besides is asked for only there."""

    def __init__(self, sent, *, agency: Agency):
        prints = sent.get("action") == "template"
        clients = Client.objects.existing() if prints else Client.objects.all()
        super().__init__(sent, actions=_ACTIONS, queryset=clients)
        self.agency = agency
        if prints:
            self.fields["template_id"] = DesignId()
        if sent.get("action") == "assign_group":
            self.fields["group_settings_id"] = GroupId(required=True, allow_null=False)
        if sent.get("action") == "bulk_update":
            self.fields["column"] = Word(COLUMNS)
            _, kind = COLUMNS.get(str(sent.get("column")), ("", Text))
            self.fields["new_value"] = kind()

    def act(self) -> ClientQuerySet:
        """Do it; returns the clients, which are held until the transaction ends."""
        asked, now = self.validated_data, timezone.now()
        clients = bulk.chosen(asked["ids"])
        if asked["action"] == "assign_group":
            bulk.assign_group(clients, asked["group_settings_id"], at=now)
        elif asked["action"] == "bulk_update":
            column, _ = COLUMNS[asked["column"]]
            bulk.set_column(clients, column, self._new_value(column), at=now)
        else:
            _STATES[asked["action"]](clients, at=now)
        return clients

    def _new_value(self, column: str) -> str:
        # A client is never without a country.
        emptied = self.agency.country.code if column == "country" else ""
        return self.validated_data.get("new_value") or emptied


class BulkViewSet(ClientViewSet):
    def bulk(self, request):
        body = ClientBulkInput(self.sent, agency=self.agency)
        if self.sent.get("action") == "template":
            return self._make_statements(body)
        body.is_valid(raise_exception=True)
        if body.validated_data["action"] == "delete":
            self.refuse_deleting()
        return self.page(body.act())

    def _make_statements(self, body):
        # They tell of money, which a key for clients alone does not see.
        if not self.request.auth.key.may("invoices:write"):
            raise PermissionDenied
        body.is_valid(raise_exception=True)
        chosen = Client.objects.filter(any_of("pk", body.validated_data["ids"]))
        clients = list(chosen.order_by("sort_name", "pk"))
        return begin_batch(clients, self.sent, by=self.request.auth.member)
