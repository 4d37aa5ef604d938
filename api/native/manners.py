"""What every endpoint of `/v1` does alike."""

from django.urls import reverse
from django_filters.rest_framework import FilterSet
from rest_framework.response import Response

from api.authentication import BearerKey
from api.downloads import attachment
from api.native import errors, etags, expanding
from api.native.expanding import Expansion
from api.native.filters import narrowed
from api.native.ids import decode, encode
from api.native.pagination import PARAMETERS, page_of
from api.native.sorting import Key, order_of
from api.views import DialectViewSet, UnknownPath
from clients.editing import hold_client


class NativeViewSet(DialectViewSet):
    door = "v1"
    authentication_classes = [BearerKey]

    def get_exception_handler(self):
        return errors.handle

    def read(self, serializer, **options):
        """The body, checked; raises ValidationError."""
        body = serializer(data=self.request.data, context={"agency": self.agency}, **options)
        body.is_valid(raise_exception=True)
        return body


class NativeUnknownPath(UnknownPath):
    def get_exception_handler(self):
        return errors.handle


class RecordViewSet(NativeViewSet):
    """One kind of record, found, listed and shown alike everywhere.

    A view says what there is (`records`), how rows are read (`rows`, plain dicts with `pk`) and
    how one looks (`present`). Lists never walk serializers.
    """

    # The first half of its ids, and its name in messages.
    kind: str
    noun: str
    filters: type[FilterSet] = FilterSet
    sorts: dict[str, Key]
    default_sort = "-created_at"
    expansions: dict[str, Expansion] = {}

    def records(self):
        """All rows that callers may find."""
        raise NotImplementedError

    def rows(self, records, *more):
        """The columns to show, and `more` of them."""
        raise NotImplementedError

    def present(self, row) -> dict:
        raise NotImplementedError

    def present_in_list(self, row) -> dict:
        return self.present(row)

    def list(self, request):
        return self.listed(self.records())

    def retrieve(self, request, id):
        errors.refuse_unknown(request.query_params, known=self.parameters())
        shown = self.shown(self.pk_of(id))
        tag = etags.tag_of(shown)
        known = etags.is_known(request, tag)
        return Response(None if known else shown, 304 if known else 200, headers={"ETag": tag})

    def parameters(self):
        """What a single object may be asked."""
        return (expanding.PARAMETER,) if self.expansions else ()

    def listed(self, records, *, bound_to=""):
        """A page of these rows; `bound_to` tells lists of one kind apart."""
        query = self.request.query_params
        known = {*PARAMETERS, *self.parameters(), *self.filters.base_filters}
        errors.refuse_unknown(query, known=known)
        order = order_of(query, self.sorts, self.default_sort)
        page = page_of(query, order, bound_to=f"{self.agency.pk} {self.kind} {bound_to}")
        records = narrowed(self.filters, records, self.request)
        meta = self.counted(records)
        found = list(self.rows(page.cut(records), *order.columns))
        shown = self._expanded(found[: page.limit], self.present_in_list)
        return Response(page.envelope(shown, found, **meta))

    def counted(self, records):
        """What the meta says of all rows that were asked for: the total, and what a view adds."""
        return {"total": records.count()}

    def pk_of(self, id):
        """The primary key of what the id names. Raises NotFound."""
        pk = decode(self.kind, id)
        if pk is None:
            raise errors.not_found(self.noun)
        return pk

    def found(self, id, *, hold=False):
        """The record itself; see held(). Raises NotFound."""
        records = self.records().filter(pk=self.pk_of(id))
        if hold:
            records = records.select_for_update(of=("self",), no_key=True)
        record = records.first()
        if record is None:
            raise self.missing(self.pk_of(id))
        return record

    def held(self, id):
        """The record as it is now, nobody else's to change until the answer. Raises NotFound.

        Its client is held first, as everybody does: two orders would be a deadlock.
        """
        client_id = getattr(self.found(id), "client_id", None)
        if client_id is not None:
            hold_client(client_id)
        return self.found(id, hold=True)

    def missing(self, pk):
        """What to raise where no row has the key."""
        return errors.not_found(self.noun)

    def shown(self, pk) -> dict:
        """The record as a caller gets it, with what is to be expanded. Raises NotFound."""
        rows = list(self.rows(self.records().filter(pk=pk)))
        if not rows:
            raise self.missing(pk)
        return self._expanded(rows, self.present)[0]

    def refuse_stale(self, pk):
        """Call it with the record locked, before it is changed. Raises Changed."""
        errors.refuse_unknown(self.request.query_params, known=self.parameters())
        if etags.is_conditional(self.request):
            etags.refuse_stale(self.request, etags.tag_of(self.shown(pk)))

    def one(self, pk):
        """The answer that shows the record after a change."""
        errors.refuse_unknown(self.request.query_params, known=self.parameters())
        shown = self.shown(pk)
        return Response(shown, headers={"ETag": etags.tag_of(shown)})

    def made(self, pk):
        """The answer that shows a new record, and where it lives."""
        response = self.one(pk)
        response.status_code = 201
        name = f"native:{self.noun.replace(' ', '-')}"
        response["Location"] = reverse(name, args=[encode(self.kind, pk)])
        return response

    def paper(self, paper, *, name):
        """A PDF as an attachment, with a tag that stands for its bytes."""
        tag = f'"{paper.digest}"'
        known = etags.is_known(self.request, tag)
        made = (
            Response(status=304)
            if known
            else attachment(paper.content, name=name, media_type="application/pdf")
        )
        made["ETag"] = tag
        return made

    def _expanded(self, rows, present):
        query = self.request.query_params
        names = expanding.names_of(query, self.expansions, self.request.auth.key)
        shown = [present(row) for row in rows]
        expanding.expand(shown, [row["pk"] for row in rows], names, self.expansions, self.agency)
        return shown
