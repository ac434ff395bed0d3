"""Addresses of the programmes, and of who may see what."""

from django.urls import path

from funders import views

app_name = "funders"
urlpatterns = [
    path("", views.programme_list, name="programme-list"),
    path("start/", views.start, name="start"),
    path("access/", views.access_matrix, name="access-matrix"),
]
