"""Documents of clients: uploaded, listed, shown, downloaded and deleted."""

from api.downloads import Download
from api.invoiceninja import errors
from api.invoiceninja.filters import find_documents
from api.invoiceninja.ids import decode
from api.invoiceninja.manners import NinjaViewSet
from api.invoiceninja.pagination import page_of
from api.invoiceninja.serializers import DOCUMENT, present_document
from api.invoiceninja.shaping import includes
from api.invoiceninja.sorting import DOCUMENT_COLUMNS, in_order
from api.invoiceninja.uploads import UploadInput, judged
from api.invoiceninja.views import ClientViewSet
from clients import documents
from clients.models import Client, Document


class UploadViewSet(ClientViewSet):
    """The original knows PUT alone, its documentation POST alone."""

    def upload(self, request, client_id):
        client = _client(client_id)
        files = judged(request, self.sent, UploadInput(data=self.sent))
        files.keep(client, by=request.auth.member)
        return self.retrieve(request, client_id)


class DocumentViewSet(NinjaViewSet):
    subject = "files"

    def scope_needed(self, request):
        # A POST that only reads.
        return "files:read" if self.action == "of_client" else super().scope_needed(request)

    def list(self, request):
        return self._page(find_documents(self.sent))

    def of_client(self, request, client_id):
        return self._page(find_documents(self.sent).filter(client=_client(client_id)))

    def retrieve(self, request, document_id):
        return self.answer(_shown(_document(document_id)))

    def download(self, request, document_id):
        inline = self.sent.get("inline") in ("true", "1")
        return Download(_document(document_id), inline=inline)

    def destroy(self, request, document_id):
        document = _document(document_id)
        shown = _shown(document)
        documents.delete(document)
        return self.answer(shown)

    def refuse_absent(self):
        if "document_id" in self.kwargs:
            _document(self.kwargs["document_id"])
        if "client_id" in self.kwargs:
            _client(self.kwargs["client_id"])

    def _page(self, found):
        includes(self.sent, strict=True, known=frozenset())
        page, total = page_of(self.sent), found.count()
        rows = page.cut(in_order(found, self.sent, DOCUMENT_COLUMNS), total=total)
        shown = [present_document(row) for row in rows.values(*DOCUMENT)]
        return self.answer(shown, page.meta(self.request, total=total, count=len(shown)))


def _shown(document):
    return present_document(Document.objects.values(*DOCUMENT).get(pk=document.pk))


def _document(document_id: str) -> Document:
    document = Document.objects.filter(pk=decode(document_id) or 0).first()
    if document is None:
        raise errors.no_such("Document", document_id)
    return document


def _client(client_id: str) -> Client:
    client = Client.objects.filter(pk=decode(client_id) or 0).first()
    if client is None:
        raise errors.no_such("Client", client_id)
    return client
