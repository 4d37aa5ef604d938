from api.invoiceninja import errors
from api.invoiceninja.filters import find_clients, pinned
from api.invoiceninja.ids import decode
from api.invoiceninja.inputs import ClientInput
from api.invoiceninja.manners import NinjaViewSet
from api.invoiceninja.pagination import page_of
from api.invoiceninja.serializers import present_all, present_blank
from api.invoiceninja.shaping import includes
from api.invoiceninja.sorting import CLIENT_COLUMNS, in_order
from clients.models import Client
from contacts.enrolling import enroll


class ClientViewSet(NinjaViewSet):
    subject = "clients"
    # Reads that only those may ask who could write what they lead to.
    writing_actions = frozenset({"edit", "blank"})

    def list(self, request):
        include = includes(self.sent, strict=True)
        page = page_of(self.sent)
        # Archived and deleted ones too: callers learn of deletions by finding them here.
        found = find_clients(self.sent)
        total = found.count()
        clients = in_order(found, self.sent, CLIENT_COLUMNS, first=pinned(self.sent))
        shown = present_all(
            page.cut(clients, total=total),
            agency=self.agency,
            include=include,
            brief=self.sent.get("filter_details") == "true",
        )
        return self.answer(shown, page.meta(request, total=total, count=len(shown)))

    def retrieve(self, request, client_id):
        shown = self._shown(decode(client_id))
        if shown is None:
            raise errors.no_such("Client", client_id)
        return self.answer(shown)

    def edit(self, request, client_id):
        return self.retrieve(request, client_id)

    def blank(self, request):
        include = includes(self.sent, strict=False)
        shown = present_blank(member=request.auth.member, agency=self.agency, include=include)
        return self.answer(shown)

    def create(self, request):
        body = ClientInput(data=self.sent, context={"agency": self.agency})
        body.is_valid(raise_exception=True)
        facts = body.facts()
        # A client is never without a country.
        facts["country"] = facts.get("country") or self.agency.country.code
        client = enroll(self.agency, by=request.auth.member, people=body.people(), **facts)
        return self.answer(self._shown(client.pk))

    def _shown(self, pk):
        """One client as a list would show it, or None."""
        include = includes(self.sent, strict=False)
        found = present_all(Client.objects.filter(pk=pk), agency=self.agency, include=include)
        return found[0] if found else None
