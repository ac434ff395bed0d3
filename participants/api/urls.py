"""Addresses of people in the API."""

from django.urls import path

from participants.api.views import ParticipantDetail, ParticipantList

app_name = "participants-api"
urlpatterns = [
    path("programmes/<str:code>/participants", ParticipantList.as_view(), name="participant-list"),
    path(
        "programmes/<str:code>/participants/<participant:pk>",
        ParticipantDetail.as_view(),
        name="participant-detail",
    ),
]
