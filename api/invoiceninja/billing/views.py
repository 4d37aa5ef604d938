"""What `/invoices`, `/payments` and `/credits` do alike."""

from django.utils import timezone
from rest_framework import serializers

from api.invoiceninja import errors
from api.invoiceninja.bulk import BulkInput
from api.invoiceninja.ids import decode
from api.invoiceninja.manners import NinjaViewSet
from api.invoiceninja.pagination import page_of
from api.invoiceninja.shaping import includes
from api.invoiceninja.sorting import in_order
from billing.days import day_in
from clients import bulk


class MoneyViewSet(NinjaViewSet):
    """A view says what its records are, how they are found and shown, and what is done to them."""

    subject = "invoices"
    # The original's name of the class, in its refusals.
    original: str
    model: type
    columns: dict
    relations: frozenset[str]
    # What a new one begins as, for its author and its day.
    begin: staticmethod
    # By the original's names; each takes a record and the moment.
    actions: tuple[str, ...]

    def find(self):
        raise NotImplementedError

    def present(self, records, include):
        """The records of a queryset as they are shown."""
        raise NotImplementedError

    def do(self, action, records):
        """One of `actions` to all of these records, which nobody else changes meanwhile."""
        raise NotImplementedError

    writing_actions = frozenset({"blank"})

    def list(self, request):
        return self.page(self.find())

    def blank(self, request):
        """Nothing is made, and no number is used."""
        return self.answer(self.begin(by=request.auth.member, on=self.today))

    def retrieve(self, request, record_id):
        return self.shown(self.found(record_id).pk)

    def destroy(self, request, record_id):
        record = self.found(record_id)
        self.do("delete", [record])
        return self.shown(record.pk)

    def bulk(self, request):
        body = BulkInput(self.sent, actions=self.actions, queryset=self.model.objects.all())
        body.is_valid(raise_exception=True)
        action, ids = body.validated_data["action"], sorted(body.validated_data["ids"])
        if action == "delete":
            self.refuse_deleting()
        chosen = self.model.objects.filter(pk__in=ids)
        # All clients before any number is taken: of two bulks one waits, and neither for ever.
        bulk.chosen(sorted(set(chosen.values_list("client", flat=True))))
        self.do(action, list(chosen.select_related("client__agency", "agency").order_by("pk")))
        return self.page(chosen)

    def page(self, found):
        include = includes(self.sent, strict=True, known=self.relations)
        page, total = page_of(self.sent), found.count()
        ordered = in_order(found, self.sent, self.columns)
        shown = self.present(page.cut(ordered, total=total), include)
        return self.answer(shown, page.meta(self.request, total=total, count=len(shown)))

    def shown(self, pk):
        include = includes(self.sent, strict=False, known=self.relations)
        return self.answer(self.present(self.model.objects.filter(pk=pk), include)[0])

    def found(self, record_id):
        pk = decode(record_id)
        records = self.model.objects.select_related("client__agency", "agency")
        record = records.filter(pk=pk).first() if pk is not None else None
        if record is None:
            raise errors.no_such(self.original, record_id)
        return record

    def refuse_absent(self):
        record_id = self.kwargs.get("record_id")
        if record_id:
            self.found(record_id)

    def refuse_unsent(self, *actions):
        """What the original would do besides and Foyer does not is refused, not left out."""
        for action in actions:
            if self.sent.get(action) not in (None, "false", "0", False):
                raise serializers.ValidationError({action: ["The :attribute is not supported."]})

    @property
    def today(self):
        return day_in(self.agency, timezone.now())
