"""Addresses of the programmes."""

from django.urls import path

from funders import views

app_name = "funders"
urlpatterns = [path("", views.programme_list, name="programme-list")]
