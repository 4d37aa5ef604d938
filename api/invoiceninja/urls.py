"""Invoice Ninja's `/api/v1`."""

from django.urls import re_path

from api.invoiceninja import views
from api.invoiceninja.manners import NinjaUnknownPath

app_name = "invoiceninja"

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
    re_path(r"", NinjaUnknownPath.as_view(), name="unknown"),
]
