"""`/group_settings`: groups of clients that share defaults."""

from django.utils import timezone
from rest_framework import serializers

from api.invoiceninja import errors, overrides
from api.invoiceninja.bulk import BulkInput
from api.invoiceninja.fields import RequiredText
from api.invoiceninja.filters import find_groups
from api.invoiceninja.ids import decode
from api.invoiceninja.manners import NinjaViewSet
from api.invoiceninja.pagination import page_of
from api.invoiceninja.serializers import present_group
from api.invoiceninja.shaping import includes
from api.invoiceninja.sorting import GROUP_COLUMNS, in_order
from clients.grouping import (
    archive_groups,
    create_group,
    delete_groups,
    edit_group,
    restore_groups,
)
from clients.models import ClientGroup

_ACTIONS = {"archive": archive_groups, "delete": delete_groups, "restore": restore_groups}


class GroupInput(serializers.Serializer):
    name = RequiredText(max_length=255)
    settings = overrides.Settings()


class GroupViewSet(NinjaViewSet):
    subject = "clients"

    def list(self, request):
        includes(self.sent, strict=True, known=frozenset())
        return self._page(find_groups(self.sent))

    def retrieve(self, request, group_id):
        return self.answer(present_group(self._found(group_id)))

    def create(self, request):
        group = create_group(self.agency, **self._facts(partial=False))
        return self.answer(present_group(group))

    def update(self, request, group_id):
        group = self._found(group_id)
        return self.answer(present_group(edit_group(group, **self._facts(partial=True))))

    def destroy(self, request, group_id):
        group = self._found(group_id)
        delete_groups(ClientGroup.objects.filter(pk=group.pk), at=timezone.now())
        group.refresh_from_db()
        return self.answer(present_group(group))

    def bulk(self, request):
        body = BulkInput(self.sent, actions=_ACTIONS, queryset=ClientGroup.objects.all())
        body.is_valid(raise_exception=True)
        if body.validated_data["action"] == "delete":
            self.refuse_deleting()
        groups = ClientGroup.objects.filter(pk__in=body.validated_data["ids"])
        _ACTIONS[body.validated_data["action"]](groups, at=timezone.now())
        return self._page(groups)

    def _page(self, groups):
        page, total = page_of(self.sent), groups.count()
        rows = page.cut(in_order(groups, self.sent, GROUP_COLUMNS), total=total)
        shown = [present_group(group) for group in rows]
        return self.answer(shown, page.meta(self.request, total=total, count=len(shown)))

    def _facts(self, *, partial):
        body = GroupInput(data=self.sent, partial=partial)
        body.is_valid(raise_exception=True)
        return overrides.group_facts_of(body.validated_data)

    def _found(self, group_id):
        pk = decode(group_id)
        group = ClientGroup.objects.filter(pk=pk).first() if pk is not None else None
        if group is None:
            raise errors.no_such("GroupSetting", group_id)
        return group
