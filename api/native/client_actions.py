"""`POST /v1/clients/:id/archive` and its sisters: each asked twice is as if asked once."""

from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response

from api.native import inputs
from api.native.ids import encode
from api.native.views import ClientViewSet
from clients import lifecycle
from clients.editing import retag
from clients.models import Client


class TagsInput(serializers.Serializer):
    tags = inputs.Titles()


class ClientActionViewSet(ClientViewSet):
    deleting_actions = frozenset({"delete_client"})

    def archive(self, request, id):
        return self._put(id, lifecycle.archive)

    def suspend(self, request, id):
        return self._put(id, lifecycle.suspend)

    def resume(self, request, id):
        return self._put(id, lifecycle.resume)

    def delete_client(self, request, id):
        """Undone by restore, which is why DELETE is not its name."""
        client = self._changed(id, lifecycle.delete)
        return Response({"id": encode("client", client.pk), "deleted": True})

    def set_tags(self, request, id):
        body = self.read(TagsInput)
        client = self.held(id)
        self.refuse_stale(client.pk)
        retag(client, body.validated_data["tags"], at=timezone.now())
        return self.one(client.pk)

    def _put(self, id, change):
        return self.one(self._changed(id, change).pk)

    def _changed(self, id, change):
        client = self.held(id)
        self.refuse_stale(client.pk)
        change(Client.objects.filter(pk=client.pk), at=timezone.now())
        return client


class ClientRestoreViewSet(ClientActionViewSet):
    """Finds what is deleted too."""

    def records(self):
        return Client.objects.all()

    def restore(self, request, id):
        return self._put(id, lifecycle.restore)
