"""The description of the API in OpenAPI 3.1, read from its views."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from mhep.shared.api.problems import MEDIA_TYPE

KEY_HEADER = "Idempotency-Key"
READING = ("400", "401", "403", "404", "429", "default")
SENDING = ("400", "401", "403", "404", "409", "412", "422", "429", "default")


class FaultOut(serializers.Serializer[Any]):
    """One thing that is wrong."""

    field = serializers.CharField(allow_blank=True, help_text="Where in the request; empty for all of it.")
    code = serializers.CharField()
    message = serializers.CharField(help_text="How to mend it.")


class ProblemOut(serializers.Serializer[Any]):
    """Why a request was refused (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    code = serializers.CharField(help_text="The same for the same refusal on pages and in files.")
    errors = FaultOut(many=True)  # type: ignore[assignment] # the library takes fields out of the class


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a request says who asks."""

    target_class = "accounts.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A token of your organisation."}


class ApiSchema(AutoSchema):
    """The description of one operation: its own answers, and the problems that any of its kind may have."""

    def get_operation_id(self) -> str:
        verb = {"GET": "get", "POST": "post"}[self.method]
        return f"{verb}_{self._said('name')}"

    def get_tags(self) -> list[str]:
        return [self._said("tag")]

    def get_override_parameters(self) -> list[Any]:
        if "{id}" in self.path:
            return [OpenApiParameter("id", UUID, OpenApiParameter.PATH)]
        if self.method != "POST":
            return []
        described = (
            "A new random text for each thing that you send. Sent again with it, the same request does "
            "nothing and gets the same answer."
        )
        return [
            OpenApiParameter(KEY_HEADER, str, OpenApiParameter.HEADER, required=True, description=described)
        ]

    def _said(self, name: str) -> str:
        """Return what the view says of itself for the description."""
        return str(getattr(self.view, name))

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for status in SENDING if self.method == "POST" else READING:
            problem = self._get_response_for_code(ProblemOut, status, [MEDIA_TYPE], direction)  # type: ignore[no-untyped-call]
            bodies.setdefault(status, problem)
        return bodies


@lru_cache(maxsize=1)
def description() -> dict[str, Any]:
    """Return the description of the whole API; worked out once, for it changes only with the code."""
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return schema
