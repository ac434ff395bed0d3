"""People in the API, by reference."""

from __future__ import annotations

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.enums import Scope
from accounts.rules.matrix import Object
from funders.access import programme_of_people
from funders.api.views import ProgrammeApiView
from mhep.shared.api.pages import PageIn, page_of, page_out
from mhep.shared.sealed_ids import Kind
from participants.api.serializers import ParticipantOut, written
from participants.models import Participant


class ParticipantView(ProgrammeApiView):
    """People: a provider's own, and to the operator all of the programme."""

    tag = "Participants"
    thing, scope = Object.PERSON, Scope.PARTICIPANTS_READ

    def rows(self, code: str) -> QuerySet[Participant]:
        """Return the people whom the token may see."""
        programme = programme_of_people(self.user, code)
        people = Participant.objects.visible_to(self.user).filter(programme=programme)
        return people.select_related("service", "area", "cohort")


class ParticipantList(ParticipantView):
    name = "participants"

    @extend_schema(parameters=[PageIn], responses=page_out(ParticipantOut))
    def get(self, request: Request, code: str) -> Response:
        """List participants, in the order in which they were added."""
        return page_of(
            request, self.rows(code), Kind.PARTICIPANT, lambda rows: [written(row) for row in rows]
        )


class ParticipantDetail(ParticipantView):
    name = "participant"

    @extend_schema(responses=ParticipantOut)
    def get(self, _request: Request, code: str, pk: int) -> Response:
        """Show one participant."""
        return Response(written(get_object_or_404(self.rows(code), pk=pk)))
