from django.utils import timezone

from api.invoiceninja import errors
from api.invoiceninja.filters import find_clients, pinned
from api.invoiceninja.ids import decode
from api.invoiceninja.inputs import ClientChanges, ClientInput
from api.invoiceninja.manners import NinjaViewSet
from api.invoiceninja.pagination import page_of
from api.invoiceninja.serializers import present_all, present_blank
from api.invoiceninja.shaping import includes
from api.invoiceninja.sorting import CLIENT_COLUMNS, in_order
from api.invoiceninja.uploads import judged
from clients import lifecycle, numbering
from clients.departing import ClientGone
from clients.editing import hold_client
from clients.models import Client
from contacts.editing import drops_somebody, edit_with_people
from contacts.enrolling import enroll


class ClientViewSet(NinjaViewSet):
    subject = "clients"
    # Reads that only those may ask who could write what they lead to.
    writing_actions = frozenset({"edit", "blank"})

    def list(self, request):
        # Archived and deleted ones too: callers learn of deletions by finding them here.
        return self.page(find_clients(self.sent), first=pinned(self.sent))

    def retrieve(self, request, client_id):
        shown = self._shown(decode(client_id))
        if shown is None:
            raise errors.no_such("Client", client_id)
        return self.answer(shown)

    def edit(self, request, client_id):
        return self.retrieve(request, client_id)

    def update(self, request, client_id):
        client = self._held(client_id)
        body = ClientChanges(
            self.sent, client=client, shown=self._shown(client.pk), agency=self.agency
        )
        files = judged(request, self.sent, body)
        people = body.people_changes()
        if people is not None and drops_somebody(client, people):
            self.refuse_deleting()
        edit_with_people(client, people, **body.facts())
        files.keep(client, by=request.auth.member)
        return self.retrieve(request, client_id)

    def destroy(self, request, client_id):
        lifecycle.delete(Client.objects.filter(pk=decode(client_id)), at=timezone.now())
        return self.retrieve(request, client_id)

    def blank(self, request):
        include = includes(self.sent, strict=False)
        shown = present_blank(member=request.auth.member, agency=self.agency, include=include)
        return self.answer(shown)

    def create(self, request):
        body = ClientInput(data=self.sent, context={"agency": self.agency})
        files = judged(request, self.sent, body)
        facts = body.facts()
        # A client is never without a country.
        facts["country"] = facts.get("country") or self.agency.country.code
        client = enroll(self.agency, by=request.auth.member, people=body.people(), **facts)
        files.keep(client, by=request.auth.member)
        return self.answer(self._shown(client.pk))

    def page(self, found, *, first=None):
        """The clients of a queryset as the caller wants them listed."""
        include = includes(self.sent, strict=True)
        page, total = page_of(self.sent), found.count()
        clients = in_order(found, self.sent, CLIENT_COLUMNS, first=first)
        shown = present_all(
            page.cut(clients, total=total),
            agency=self.agency,
            include=include,
            brief=self.sent.get("filter_details") == "true",
        )
        return self.answer(shown, page.meta(self.request, total=total, count=len(shown)))

    def refuse_absent(self):
        client_id = self.kwargs.get("client_id")
        if client_id and not Client.objects.filter(pk=decode(client_id)).exists():
            raise errors.no_such("Client", client_id)

    def _held(self, client_id):
        """The client, which nobody else changes until the request is answered."""
        if "number" in self.sent and self.sent["number"] is None:
            # It will be numbered: whoever does that holds the agency's numbers first.
            numbering.lock(self.agency)
        pk = decode(client_id)
        try:
            return hold_client(0 if pk is None else pk)
        except ClientGone as gone:
            raise errors.no_such("Client", client_id) from gone

    def _shown(self, pk):
        """One client as a list would show it, or None."""
        include = includes(self.sent, strict=False)
        found = present_all(Client.objects.filter(pk=pk), agency=self.agency, include=include)
        return found[0] if found else None
