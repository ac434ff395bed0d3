"""Addresses of taking over participants and outcomes from files."""

from django.urls import path

from outcomes import views

app_name = "outcomes"
urlpatterns = [
    path("programmes/<str:code>/imports/", views.import_list, name="import-list"),
    path("programmes/<str:code>/imports/<slug:kind>/", views.import_preview, name="import-preview"),
    path(
        "programmes/<str:code>/imports/<slug:kind>/template.csv",
        views.import_template,
        name="import-template",
    ),
    path("programmes/<str:code>/imports/<slug:kind>/report.csv", views.import_report, name="import-report"),
    path("programmes/<str:code>/imports/<slug:kind>/store/", views.import_store, name="import-store"),
]
