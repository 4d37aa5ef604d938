"""Foyer's own addresses, and beside them the usual pages that it is compared with."""

from django.urls import path

from bench.naive import NaiveList
from bench.plain import plain
from config.urls import urlpatterns as of_foyer

urlpatterns = [
    path("naive", NaiveList.as_view()),
    path("plain/<int:client>/<str:what>", plain),
    *of_foyer,
]
