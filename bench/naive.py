"""The list as it is usually built with Django REST framework, over the same rows: our baseline (c).

A ModelSerializer with nested people, django-filter, page numbers, a token, the usual throttle.
"""

import django_filters
from rest_framework.authentication import BaseAuthentication
from rest_framework.generics import ListAPIView
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import IsAuthenticated
from rest_framework.serializers import CharField, ModelSerializer
from rest_framework.throttling import UserRateThrottle

from agencies.models import User
from clients.models import Client
from contacts.models import Contact


class Token(BaseAuthentication):
    def authenticate(self, request):
        return User.objects.get(email=request.headers["X-Naive-Token"]), None


class Throttle(UserRateThrottle):
    rate = "1000000/min"


class Pages(PageNumberPagination):
    page_size_query_param = "per_page"


class ClientFilter(django_filters.FilterSet):
    class Meta:
        model = Client
        fields = {"balance": ["gt"]}


class ContactSerializer(ModelSerializer):
    class Meta:
        model = Contact
        exclude = ["agency", "client", "key_seed", "key_digest"]


class ClientSerializer(ModelSerializer):
    contacts = ContactSerializer(many=True)
    country = CharField(source="country.code")
    shipping_country = CharField(source="shipping_country.code")

    class Meta:
        model = Client
        exclude = ["agency", "tags", "people_text", "search_text", "sort_name"]


class NaiveList(ListAPIView):
    queryset = Client.objects.filter(deleted_at=None).prefetch_related("contacts").order_by("-id")
    serializer_class = ClientSerializer
    filterset_class = ClientFilter
    pagination_class = Pages
    authentication_classes = [Token]
    permission_classes = [IsAuthenticated]
    throttle_classes = [Throttle]
