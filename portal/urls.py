"""All portals on the main host, each below its slug; and the roots of hosts."""

from django.urls import path

from portal import views
from portal.host_urls import host_patterns

app_name = "portal"

urlpatterns = [
    *host_patterns,
    path("portal/<slug:slug>", views.with_slash, name="with-slash"),
    path("portal/<slug:slug>/", views.front, name="front"),
    path("portal/<slug:slug>/brand.css", views.style, name="style"),
    path("portal/<slug:slug>/logo", views.logo, name="logo"),
]
