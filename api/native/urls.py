"""Nextoria Hub's `/v1`, which is also Foyer's own."""

from django.urls import re_path

from api.native import invoice_views, project_views, views
from api.native.client_actions import ClientActionViewSet, ClientRestoreViewSet
from api.native.manners import NativeUnknownPath

app_name = "native"


def _route(path, view, name, **actions):
    """Both slash forms answer directly; ID stands for the id of a record."""
    pattern = path.replace("ID", r"(?P<record_id>[^/]+)")
    return re_path(rf"^{pattern}/?$", view.as_view(actions), name=name)


urlpatterns = [
    _route("clients", views.ClientViewSet, "clients", get="list", post="create"),
    _route("clients/ID", views.ClientViewSet, "client", get="retrieve", patch="partial_update"),
    _route("clients/ID/archive", ClientActionViewSet, "archive-client", post="archive"),
    _route("clients/ID/restore", ClientRestoreViewSet, "restore-client", post="restore"),
    _route("clients/ID/suspend", ClientActionViewSet, "suspend-client", post="suspend"),
    _route("clients/ID/resume", ClientActionViewSet, "resume-client", post="resume"),
    _route("clients/ID/delete", ClientActionViewSet, "delete-client", post="delete_client"),
    _route(
        "clients/ID/projects", project_views.ClientProjectViewSet, "client-projects", get="list"
    ),
    _route(
        "clients/ID/invoices", invoice_views.ClientInvoiceViewSet, "client-invoices", get="list"
    ),
    _route("projects", project_views.ProjectViewSet, "projects", get="list", post="create"),
    _route(
        "projects/ID",
        project_views.ProjectViewSet,
        "project",
        get="retrieve",
        patch="partial_update",
        delete="destroy",
    ),
    _route("projects/ID/archive", project_views.ProjectViewSet, "archive-project", post="archive"),
    _route("projects/ID/restore", project_views.ProjectViewSet, "restore-project", post="restore"),
    re_path(r"", NativeUnknownPath.as_view(), name="unknown"),
]
