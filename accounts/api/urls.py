"""The address at which a program asks what its own token is."""

from django.urls import path

from accounts.api.token import TokenDetail

app_name = "accounts-api"
urlpatterns = [path("token", TokenDetail.as_view(), name="token-detail")]
