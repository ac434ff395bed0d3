"""Addresses of outcome events, and of taking over participants and outcomes from files."""

from django.urls import path

from outcomes.views import events, imports, people

app_name = "outcomes"
urlpatterns = [
    path("caseload/", people.caseload, name="caseload"),
    path("programmes/<str:code>/people/<int:pk>/", people.person_detail, name="person-detail"),
    path("programmes/<str:code>/events/<int:pk>/", events.event_detail, name="event-detail"),
    path("programmes/<str:code>/imports/", imports.import_list, name="import-list"),
    path("programmes/<str:code>/imports/<slug:kind>/", imports.import_preview, name="import-preview"),
    path(
        "programmes/<str:code>/imports/<slug:kind>/template.csv",
        imports.import_template,
        name="import-template",
    ),
    path("programmes/<str:code>/imports/<slug:kind>/report.csv", imports.import_report, name="import-report"),
    path("programmes/<str:code>/imports/<slug:kind>/store/", imports.import_store, name="import-store"),
]
