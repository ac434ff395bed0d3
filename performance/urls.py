"""Addresses of performance: how it is going, and what the figures mean."""

from django.urls import path

from performance.views import metrics

app_name = "performance"
urlpatterns = [
    path("metrics/", metrics.metric_list, name="metric-list"),
    path("metrics.<str:form>", metrics.metric_list_file, name="metric-list-file"),
    path("metrics/<str:metric>/", metrics.metric_detail, name="metric-detail"),
]
