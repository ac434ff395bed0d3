"""Addresses of what is owed and billed."""

from django.urls import path, register_converter

from mhep.shared.converters import MonthConverter
from payments.views import months, rate_card

register_converter(MonthConverter, "month")

app_name = "payments"
urlpatterns = [
    path("programmes/<str:code>/rate-card/", rate_card.rate_card, name="rate-card"),
    path("programmes/<str:code>/months/", months.month_list, name="month-list"),
    path("programmes/<str:code>/months/<month:month>/", months.month_detail, name="month-detail"),
    path("programmes/<str:code>/months/<month:month>/price/", months.month_price, name="month-price"),
    path(
        "programmes/<str:code>/months/<month:month>/confirm-close/",
        months.month_confirm_close,
        name="month-confirm-close",
    ),
    path("programmes/<str:code>/months/<month:month>/close/", months.month_close, name="month-close"),
    path("jobs/<uuid:job_id>/", months.job_detail, name="job-detail"),
]
