"""`POST /v1/clients/:id/archive` and its sisters: each asked twice is as if asked once."""

from django.utils import timezone
from rest_framework.response import Response

from api.native.ids import encode
from api.native.views import ClientViewSet
from clients import lifecycle
from clients.models import Client


class ClientActionViewSet(ClientViewSet):
    def archive(self, request, record_id):
        return self._put(record_id, lifecycle.archive)

    def suspend(self, request, record_id):
        return self._put(record_id, lifecycle.suspend)

    def resume(self, request, record_id):
        return self._put(record_id, lifecycle.resume)

    def delete_client(self, request, record_id):
        """Undone by restore, which is why DELETE is not its name."""
        client = self._changed(record_id, lifecycle.delete)
        return Response({"id": encode("client", client.pk), "deleted": True})

    def _put(self, record_id, change):
        return self.one(self._changed(record_id, change).pk)

    def _changed(self, record_id, change):
        client = self.found(record_id, lock=True)
        self.refuse_stale(client.pk)
        change(Client.objects.filter(pk=client.pk), at=timezone.now())
        return client


class ClientRestoreViewSet(ClientActionViewSet):
    """Finds what is deleted too."""

    def records(self):
        return Client.objects.all()

    def restore(self, request, record_id):
        return self._put(record_id, lifecycle.restore)
