"""Addresses of what is owed and billed."""

from django.urls import path

from payments.views import rate_card

app_name = "payments"
urlpatterns = [
    path("programmes/<str:code>/rate-card/", rate_card.rate_card, name="rate-card"),
]
