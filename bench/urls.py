"""Foyer's own addresses, and beside them the usual list that it is compared with."""

from django.urls import path

from bench.naive import NaiveList
from config.urls import urlpatterns as of_foyer

urlpatterns = [path("naive", NaiveList.as_view()), *of_foyer]
