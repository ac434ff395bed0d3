"""What a program is told about its own token."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import ApiView
from accounts.enums import Scope
from accounts.services.memberships import seats_of


class TokenOut(serializers.Serializer[Any]):
    """The token that was sent: whose it is, as what it acts, and what it is for."""

    name = serializers.CharField()
    organisation = serializers.CharField(allow_null=True)
    role = serializers.CharField(allow_null=True)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))
    expires_at = serializers.DateTimeField()


class TokenDetail(ApiView):
    """The token that was sent: the first thing to ask for."""

    name, tag = "token", "Tokens"

    @extend_schema(responses=TokenOut)
    def get(self, _request: Request) -> Response:
        """Show what your token is, and what it may do."""
        seat = next(iter(seats_of(self.user)), None)
        return Response(
            {
                "name": self.user.name,
                "organisation": seat.place.name if seat else None,
                "role": seat.role if seat else None,
                "scopes": sorted(self.caller.scopes),
                "expires_at": self.caller.expires_at,
            }
        )
