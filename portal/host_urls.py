"""All addresses of an agency's own portal host."""

from django.urls import include, path

from portal import views

host_patterns = [
    path("", views.host_front, name="host-front"),
    path("brand.css", views.style, name="host-style"),
    path("logo", views.logo, name="host-logo"),
    path("favicon.ico", views.no_icon, name="icon"),
]

urlpatterns = [path("", include((host_patterns, "portal")))]
