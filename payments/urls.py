"""Addresses of what is owed and billed."""

from django.urls import path, register_converter

from mhep.shared.converters import MonthConverter
from payments.views import documents, explanations, months, programme_file, rate_card

register_converter(MonthConverter, "month")

app_name = "payments"
urlpatterns = [
    path("programmes/load/", programme_file.programme_load, name="programme-load"),
    path("programmes/<str:code>/rate-card/", rate_card.rate_card, name="rate-card"),
    path("programmes/<str:code>/months/", months.month_list, name="month-list"),
    path("programmes/<str:code>/months/<month:month>/", months.month_detail, name="month-detail"),
    path(
        "programmes/<str:code>/months/<month:month>/<str:direction>/<str:ref>/",
        months.month_charges,
        name="month-charges",
    ),
    path("programmes/<str:code>/months/<month:month>/price/", months.month_price, name="month-price"),
    path(
        "programmes/<str:code>/months/<month:month>/confirm-close/",
        months.month_confirm_close,
        name="month-confirm-close",
    ),
    path("programmes/<str:code>/months/<month:month>/close/", months.month_close, name="month-close"),
    path("programmes/<str:code>/documents/", documents.document_list, name="document-list"),
    path(
        "programmes/<str:code>/documents.<str:form>", documents.document_list_file, name="document-list-file"
    ),
    path("programmes/<str:code>/documents/<str:number>/", documents.document_detail, name="document-detail"),
    path("programmes/<str:code>/documents/<str:number>.pdf", documents.document_pdf, name="document-pdf"),
    path(
        "programmes/<str:code>/documents/<str:number>.<str:form>",
        documents.document_schedule,
        name="document-schedule",
    ),
    path("programmes/<str:code>/charges/<int:pk>/", explanations.charge_detail, name="charge-detail"),
    path("programmes/<str:code>/events/<int:pk>/charges/", explanations.event_charges, name="event-charges"),
    path("jobs/<uuid:job_id>/", months.job_detail, name="job-detail"),
]
