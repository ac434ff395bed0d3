"""Addresses of the investment."""

from django.urls import path

from investment.views import facilities

app_name = "investment"
urlpatterns = [
    path("investments/", facilities.facility_list, name="facility-list"),
    path("programmes/<str:code>/investment/", facilities.facility_new, name="facility-new"),
    path("investments/<str:facility>/", facilities.facility_detail, name="facility-detail"),
    path("investments/<str:facility>/<str:part>.<str:form>", facilities.facility_file, name="facility-file"),
    path("investments/<str:facility>/drawdown/", facilities.drawdown_new, name="drawdown-new"),
    path("investments/<str:facility>/distribution/", facilities.distribution_new, name="distribution-new"),
    path(
        "investments/<str:facility>/distribution/release/",
        facilities.distribution_release,
        name="distribution-release",
    ),
    path(
        "investments/<str:facility>/distribution/discard/",
        facilities.distribution_discard,
        name="distribution-discard",
    ),
    path("investments/<str:facility>/forecast/", facilities.forecast_new, name="forecast-new"),
]
