"""Nextoria Hub's `/v1`, which is also Foyer's own."""

from django.urls import re_path

from api.native import views

app_name = "native"

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
    re_path(r"", views.NativeUnknownPath.as_view(), name="unknown"),
]
