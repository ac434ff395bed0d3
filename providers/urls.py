"""Addresses of the pages about people."""

from django.urls import path

from providers import views

app_name = "providers"
urlpatterns = [
    path("people/", views.operator_list, name="operator-list"),
    path("people/<str:code>/", views.people_of, name="people"),
    path("people/<str:code>/invitations/<invitation:pk>/withdraw/", views.withdraw, name="withdraw"),
    path("people/<str:code>/<str:kind>/<member:pk>/", views.person, name="person"),
]
