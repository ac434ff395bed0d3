"""Addresses of programmes in the API."""

from django.urls import path

from funders.api.views import ProgrammeList

app_name = "funders-api"
urlpatterns = [path("programmes", ProgrammeList.as_view(), name="programme-list")]
