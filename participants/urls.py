"""Addresses of people and of what changes about them."""

from django.urls import path

from participants.views import changes, people, transfers

app_name = "participants"
urlpatterns = [
    path("programmes/<str:code>/people/", people.person_list, name="person-list"),
    path("programmes/<str:code>/people/refer/", people.person_refer, name="person-refer"),
    path("programmes/<str:code>/transfers/", transfers.transfer_list, name="transfer-list"),
    path(
        "programmes/<str:code>/transfers.<str:form>", transfers.transfer_list_file, name="transfer-list-file"
    ),
    path("programmes/<str:code>/transfers/<transfer:pk>/", transfers.transfer_decide, name="transfer-decide"),
    path("programmes/<str:code>/people/<participant:pk>/name/", people.person_name, name="person-name"),
    path(
        "programmes/<str:code>/people/<participant:pk>/<slug:change>/",
        changes.person_change,
        name="person-change",
    ),
]
