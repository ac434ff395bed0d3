"""Every address of the application."""

from django.urls import include, path

import mhep.shared.converters  # noqa: F401 - the kinds of values in addresses
from accounts.urls import library_urlpatterns
from mhep.shared import views
from mhep.shared.api.views import api_reference, openapi

handler404 = "mhep.shared.views.not_found"
handler500 = "mhep.shared.views.failed"

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("help/", views.help_page, name="help"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("", include("accounts.urls")),
    path("", include("providers.urls")),
    path("", include("funders.urls")),
    path("", include("participants.urls")),
    path("", include("outcomes.urls")),
    path("", include("payments.urls")),
    path("", include("investment.urls")),
    path("", include("performance.urls")),
    path("api/", api_reference, name="api-reference"),
    path("api/v1/openapi.json", openapi, name="api-description"),
    path("api/v1/", include("accounts.api.urls")),
    path("api/v1/", include("funders.api.urls")),
    path("api/v1/", include("participants.api.urls")),
    path("api/v1/", include("payments.api.urls")),
    path("api/v1/", include("performance.api.urls")),
    *library_urlpatterns,
]
