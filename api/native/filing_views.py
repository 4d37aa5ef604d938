"""`/v1/tags`, `/v1/categories` and `/v1/groups`: what clients are filed under."""

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.response import Response

from api.native import errors, inputs
from api.native.fields import timestamp
from api.native.filters import Archived, If, Moment, Search, Since
from api.native.ids import encode
from api.native.manners import RecordViewSet
from api.native.sorting import moment, text
from clients.categories import create_category, delete_category, make_default, rename_category
from clients.grouping import (
    archive_groups,
    create_group,
    delete_groups,
    edit_group,
    restore_groups,
)
from clients.models import Category, Client, ClientGroup, ClientTag, Tag
from clients.tagging import create_tag, delete_tag, rename_tag


def _counted(rows: QuerySet, column: str) -> Coalesce:
    """How many of the rows point at the outer one."""
    own = rows.filter(**{column: OuterRef("pk")}).order_by().values(column)
    return Coalesce(Subquery(own.annotate(n=Count("pk")).values("n")), 0)


class FilingViewSet(RecordViewSet):
    """Where clients are counted, made by a name alone and answered as deleted."""

    subject = "clients"

    def deleted(self, pk):
        return Response({"id": encode(self.kind, pk), "deleted": True})

    def changing(self, id):
        record = self.held(id)
        self.refuse_stale(record.pk)
        return record


class TagInput(serializers.Serializer):
    title = inputs.Name(100)


class TagFilter(filters.FilterSet):
    q = Search("title")
    created_at = Moment("created_at")


class TagViewSet(FilingViewSet):
    kind = noun = "tag"
    filters = TagFilter
    sorts = {"title": text("title"), "created_at": moment("created_at")}
    default_sort = "title"

    def records(self):
        return Tag.objects.all()

    def rows(self, records, *more):
        tagged = ClientTag.objects.filter(client__deleted_at__isnull=True)
        counted = records.annotate(client_count=_counted(tagged, "tag"))
        return counted.values("pk", "title", "client_count", "created_at", *more)

    def present(self, row):
        return {
            "id": encode("tag", row["pk"]),
            "title": row["title"],
            "client_count": row["client_count"],
            "created_at": timestamp(row["created_at"]),
        }

    def create(self, request):
        errors.refuse_unknown(request.query_params)
        body = self.read(TagInput)
        return self.made(create_tag(self.agency, body.validated_data["title"]).pk)

    def partial_update(self, request, id):
        body = self.read(TagInput, partial=True)
        tag = self.changing(id)
        if "title" in body.validated_data:
            rename_tag(tag, body.validated_data["title"])
        return self.one(tag.pk)

    def destroy(self, request, id):
        tag = self.changing(id)
        pk = tag.pk
        delete_tag(tag)
        return self.deleted(pk)


class NameInput(serializers.Serializer):
    name = inputs.Name(255)


class CategoryFilter(filters.FilterSet):
    q = Search("name")
    default = If(Q(is_default=True))
    created_at = Moment("created_at")
    updated_at = Moment("updated_at")
    updated_since = Since("updated_at")


class CategoryViewSet(FilingViewSet):
    kind = noun = "category"
    filters = CategoryFilter
    sorts = {
        "name": text("name"),
        "created_at": moment("created_at"),
        "updated_at": moment("updated_at"),
    }
    default_sort = "name"

    def records(self):
        return Category.objects.all()

    def rows(self, records, *more):
        counted = records.annotate(client_count=_counted(Client.objects.existing(), "category"))
        columns = ("pk", "name", "is_default", "client_count", "created_at", "updated_at")
        return counted.values(*columns, *more)

    def present(self, row):
        return {
            "id": encode("category", row["pk"]),
            "name": row["name"],
            "default": row["is_default"],
            "client_count": row["client_count"],
            "created_at": timestamp(row["created_at"]),
            "updated_at": timestamp(row["updated_at"]),
        }

    def create(self, request):
        errors.refuse_unknown(request.query_params)
        body = self.read(NameInput)
        return self.made(create_category(self.agency, body.validated_data["name"]).pk)

    def partial_update(self, request, id):
        body = self.read(NameInput, partial=True)
        category = self.changing(id)
        if "name" in body.validated_data:
            rename_category(category, body.validated_data["name"])
        return self.one(category.pk)

    def make_default(self, request, id):
        category = self.changing(id)
        make_default(category)
        return self.one(category.pk)

    def destroy(self, request, id):
        category = self.changing(id)
        pk = category.pk
        delete_category(category)
        return self.deleted(pk)


class GroupFilter(filters.FilterSet):
    q = Search("name")
    archived = Archived()
    created_at = Moment("created_at")
    updated_at = Moment("updated_at")
    updated_since = Since("updated_at")


class GroupViewSet(FilingViewSet):
    """What a group lends its clients is said in Invoice Ninja's words, and through its API."""

    kind = noun = "group"
    filters = GroupFilter
    sorts = CategoryViewSet.sorts
    default_sort = "name"

    def records(self):
        return ClientGroup.objects.filter(deleted_at__isnull=True)

    def rows(self, records, *more):
        counted = records.annotate(client_count=_counted(Client.objects.existing(), "group"))
        columns = ("pk", "name", "client_count", "archived_at", "created_at", "updated_at")
        return counted.values(*columns, *more)

    def present(self, row):
        return {
            "id": encode("group", row["pk"]),
            "name": row["name"],
            "client_count": row["client_count"],
            "archived_at": timestamp(row["archived_at"]),
            "created_at": timestamp(row["created_at"]),
            "updated_at": timestamp(row["updated_at"]),
        }

    def create(self, request):
        errors.refuse_unknown(request.query_params)
        body = self.read(NameInput)
        return self.made(create_group(self.agency, name=body.validated_data["name"]).pk)

    def partial_update(self, request, id):
        body = self.read(NameInput, partial=True)
        group = self.changing(id)
        if "name" in body.validated_data:
            edit_group(group, name=body.validated_data["name"])
        return self.one(group.pk)

    def archive(self, request, id):
        return self._put(id, archive_groups)

    def destroy(self, request, id):
        group = self.changing(id)
        delete_groups(ClientGroup.objects.filter(pk=group.pk), at=timezone.now())
        return self.deleted(group.pk)

    def _put(self, id, change):
        group = self.changing(id)
        change(ClientGroup.objects.filter(pk=group.pk), at=timezone.now())
        return self.one(group.pk)


class GroupRestoreViewSet(GroupViewSet):
    """Finds what is deleted too."""

    def records(self):
        return ClientGroup.objects.all()

    def restore(self, request, id):
        return self._put(id, restore_groups)
