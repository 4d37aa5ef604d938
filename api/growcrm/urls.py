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
        views.ClientViewSet.as_view({"get": "retrieve"}),
        name="client",
    ),
    re_path(r"", views.GrowUnknownPath.as_view(), name="unknown"),
]
