"""What a list may be asked. What is not known is ignored, as Grow CRM does."""

from django.db.models import F, Q
from django_filters import rest_framework as filters

from api.growcrm.fields import id_number
from clients.models import Client

# False sorts before True, as active before suspended.
_SORTS = {
    "client_company_name": F("sort_name"),
    "client_status": Q(suspended_at__isnull=False),
    "client_created": F("created_at"),
    "client_updated": F("updated_at"),
}


class ClientFilter(filters.FilterSet):
    """`?status=active&category_id=2&search=acme`"""

    status = filters.CharFilter(method="with_status")
    category_id = filters.CharFilter(method="in_category")
    search = filters.CharFilter(method="named")

    class Meta:
        model = Client
        fields: list[str] = []

    def with_status(self, queryset, name, value):
        if value not in ("active", "suspended"):
            return queryset.none()
        return queryset.filter(suspended_at__isnull=value == "active")

    def in_category(self, queryset, name, value):
        number = id_number(value)
        return queryset.filter(category=number) if number else queryset.none()

    def named(self, queryset, name, value):
        return queryset.named_like(value)


def sort(queryset, query):
    """By `sort` and `order`; newest first where they say nothing we know. The id breaks ties."""
    key = _SORTS.get(query.get("sort"), _SORTS["client_created"])
    queryset = queryset.annotate(sort_key=key)
    if query.get("order") == "asc":
        return queryset.order_by("sort_key", "pk")
    return queryset.order_by("-sort_key", "-pk")
