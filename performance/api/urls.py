"""Addresses of exports in the API."""

from django.urls import path

from performance.api.views import FullExport, MetricFigures

app_name = "performance-api"
urlpatterns = [
    path("programmes/<str:code>/export", FullExport.as_view(), name="full-export"),
    path("programmes/<str:code>/metrics", MetricFigures.as_view(), name="metrics"),
]
