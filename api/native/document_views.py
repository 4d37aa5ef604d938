"""`/v1/documents`: files of clients and of their projects."""

from django.db.models import F, Q
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.response import Response

from api.downloads import Download
from api.native import errors, inputs
from api.native.fields import member, member_columns, timestamp
from api.native.filters import If, Moment, Same, SameClient, Search, Since
from api.native.ids import encode
from api.native.manners import RecordViewSet
from api.native.sorting import Key, moment, text
from api.operators import OperatorFilter
from api.parsing import BracketMultiPartParser, StrictJSONParser
from clients import documents
from clients.file_types import MEDIA_TYPES
from clients.models import Document, Project

_COLUMNS = (
    "pk", "name", "extension", "size", "width", "height", "is_shared", "client", "client__name",
    "project", "project__name", *member_columns("uploaded_by"), "created_at", "updated_at",
)  # fmt: skip


class FormFlag(serializers.ChoiceField):
    """A form has no other way to say true."""

    def __init__(self):
        super().__init__(choices=["true", "false"], required=False)


class UploadInput(serializers.Serializer):
    """One file, in a multipart body. Private unless it is shared at once."""

    file = serializers.FileField(allow_empty_file=True)
    client_id = inputs.ClientReference()
    project_id = inputs.Reference(
        "proj", Project.objects.all(), noun="project", required=False, allow_null=True
    )
    shared = FormFlag()

    def validate(self, attrs):
        project = attrs.get("project_id")
        if project and project.client_id != attrs["client_id"].pk:
            raise serializers.ValidationError({"project_id": "No project has this id."}, "unknown")
        return attrs


class DocumentChange(serializers.Serializer):
    name = inputs.Name(255)


class DocumentFilter(filters.FilterSet):
    """`?client_id=client_…&shared=true&size=lt:1000000`"""

    q = Search("name")
    client_id = SameClient()
    project_id = Same("proj", "project")
    shared = If(Q(is_shared=True))
    size = OperatorFilter(int, field_name="size")
    created_at = Moment("created_at")
    updated_at = Moment("updated_at")
    updated_since = Since("updated_at")


class DocumentViewSet(RecordViewSet):
    subject = "files"
    kind, noun = "doc", "document"
    filters = DocumentFilter
    sorts = {
        "name": text("name"),
        "size": Key(F("size"), int),
        "created_at": moment("created_at"),
        "updated_at": moment("updated_at"),
    }

    def records(self):
        return Document.objects.filter(client__deleted_at__isnull=True)

    def rows(self, records, *more):
        return records.values(*_COLUMNS, *more)

    def present(self, row):
        project = row["project"] and {
            "id": encode("proj", row["project"]),
            "name": row["project__name"],
        }
        return {
            "id": encode("doc", row["pk"]),
            "name": row["name"],
            "media_type": MEDIA_TYPES.get(row["extension"], "application/octet-stream"),
            "size": row["size"],
            # Of pictures.
            "width": row["width"] or None,
            "height": row["height"] or None,
            "shared": row["is_shared"],
            "client": {"id": encode("client", row["client"]), "name": row["client__name"]},
            "project": project,
            "uploaded_by": member(row, "uploaded_by"),
            "created_at": timestamp(row["created_at"]),
            "updated_at": timestamp(row["updated_at"]),
        }

    def partial_update(self, request, id):
        body = self.read(DocumentChange, partial=True)
        document = self._changing(id)
        if "name" in body.validated_data:
            documents.rename(document, body.validated_data["name"])
        return self.one(document.pk)

    def share(self, request, id):
        return self._share(id, is_shared=True)

    def unshare(self, request, id):
        return self._share(id, is_shared=False)

    def download(self, request, id):
        """Always as an attachment: nothing in it may run in a browser."""
        errors.refuse_unknown(request.query_params)
        return Download(self.found(id))

    def destroy(self, request, id):
        document = self._changing(id)
        pk = document.pk
        documents.delete(document)
        return Response({"id": encode("doc", pk), "deleted": True})

    def _changing(self, id):
        document = self.held(id)
        self.refuse_stale(document.pk)
        return document

    def _share(self, id, *, is_shared):
        document = self._changing(id)
        if document.is_shared != is_shared:
            documents.share(document, is_shared=is_shared)
        return self.one(document.pk)


class UploadViewSet(DocumentViewSet):
    parser_classes = [BracketMultiPartParser, StrictJSONParser]

    def create(self, request):
        errors.refuse_unknown(request.query_params)
        files = request.FILES.getlist("file")
        if len(files) > 1:
            raise serializers.ValidationError({"file": "Send one file at a time."}, "too_many")
        sent = dict(request.data)
        body = UploadInput(
            data=sent | {"file": files[0] if files else None}, context={"agency": self.agency}
        )
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        document = documents.store(
            sent["client_id"],
            sent["file"],
            by=request.auth.member,
            project=sent.get("project_id"),
            is_shared=sent.get("shared") == "true",
        )
        return self.made(document.pk)
