"""All portals on the main host, each below its slug; and the roots of hosts."""

from django.urls import path

from portal import invite_views, views
from portal.host_urls import host_patterns, pages

app_name = "portal"

urlpatterns = [
    *host_patterns,
    path("portal/<slug:slug>", views.with_slash, name="with-slash"),
    path("portal/<slug:slug>/", views.front, name="front"),
    path("portal/<slug:slug>/brand.css", views.style, name="style"),
    path("portal/<slug:slug>/logo", views.logo, name="logo"),
    path("portal/<slug:slug>/icon", views.icon, name="icon"),
    path("portal/<slug:slug>/invite/asked", invite_views.asked, name="invite-asked"),
    path("portal/<slug:slug>/invite/<str:secret>", invite_views.invite, name="invite"),
    *pages("portal/<slug:slug>/"),
]
