"""Grow CRM's `/api`. Mounted behind `/api/v1`, which is another dialect's."""

from django.urls import re_path

from api.growcrm import views

app_name = "growcrm"

urlpatterns = [
    re_path(
        r"^clients/?$",
        views.ClientViewSet.as_view({"get": "list", "post": "create"}),
        name="clients",
    ),
    re_path(
        r"^clients/(?P<client_id>[^/]+)/?$",
        views.ClientViewSet.as_view({"get": "retrieve", "patch": "update", "delete": "destroy"}),
        name="client",
    ),
    re_path(
        r"^clients/(?P<client_id>[^/]+)/tags/?$",
        views.ClientViewSet.as_view({"put": "set_tags"}),
        name="client-tags",
    ),
    re_path(
        r"^clients/(?P<client_id>[^/]+)/status/?$",
        views.ClientViewSet.as_view({"put": "set_status"}),
        name="client-status",
    ),
    re_path(
        r"^clients/(?P<client_id>[^/]+)/owner/?$",
        views.ClientViewSet.as_view({"put": "set_owner"}),
        name="client-owner",
    ),
    re_path(r"", views.GrowUnknownPath.as_view(), name="unknown"),
]
