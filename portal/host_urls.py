"""All addresses of an agency's own portal host."""

from django.urls import include, path

from portal import invite_views, views

host_patterns = [
    path("", views.host_front, name="host-front"),
    path("brand.css", views.style, name="host-style"),
    path("logo", views.logo, name="host-logo"),
    path("favicon.ico", views.no_icon, name="icon"),
    path("invite/accepted", invite_views.accepted, name="host-invite-accepted"),
    path("invite/asked", invite_views.asked, name="host-invite-asked"),
    path("invite/<str:secret>", invite_views.invite, name="host-invite"),
]

urlpatterns = [path("", include((host_patterns, "portal")))]
