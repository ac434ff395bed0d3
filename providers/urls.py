"""Addresses of the pages about people and about the tokens of programs."""

from django.urls import path

from providers.views import people, tokens, webhooks

app_name = "providers"
urlpatterns = [
    path("people/", people.operator_list, name="operator-list"),
    path("people/<str:code>/", people.people_of, name="people"),
    path("people/<str:code>/invitations/<invitation:pk>/withdraw/", people.withdraw, name="withdraw"),
    path("people/<str:code>/tokens/", tokens.token_list, name="token-list"),
    path("people/<str:code>/tokens/<api_token:pk>/revoke/", tokens.token_revoke, name="token-revoke"),
    path("people/<str:code>/webhooks/", webhooks.webhook_list, name="webhook-list"),
    path("people/<str:code>/webhooks/<webhook:pk>/", webhooks.webhook_detail, name="webhook-detail"),
    path(
        "people/<str:code>/webhooks/<webhook:pk>/<delivery:delivery>/replay/",
        webhooks.delivery_replay,
        name="delivery-replay",
    ),
    path("people/<str:code>/<str:kind>/<member:pk>/", people.person, name="person"),
]
