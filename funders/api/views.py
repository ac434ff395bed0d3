"""Programmes, and what every resource of a programme has in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import ApiView
from accounts.models import User
from accounts.rules.matrix import Role
from funders.access import roles_for
from funders.api.serializers import ProgrammeListOut, written
from funders.models import Programme
from mhep.shared.api.pages import MOST


class ProgrammeApiView(ApiView):
    """A resource of the programme whose code is in its address; to others than its people it is not found."""

    def roles_for(self, user: User, arguments: Mapping[str, object]) -> set[Role]:
        return roles_for(user, arguments)


class ProgrammeList(ApiView):
    """The programmes that the organisation of the token runs, funds or delivers in."""

    name, tag = "programmes", "Programmes"

    @extend_schema(responses=ProgrammeListOut)
    def get(self, _request: Request) -> Response:
        """List the programmes of your organisation."""
        rows = Programme.objects.visible_to(self.user).prefetch_related("outcome_types").order_by("code")
        items: list[dict[str, Any]] = [written(row) for row in rows[:MOST]]
        return Response({"items": items})
