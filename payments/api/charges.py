"""Charges in the API, each with its explanation."""

from __future__ import annotations

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.enums import Scope
from accounts.rules.matrix import Object
from funders.access import is_operators, programme_to_see
from funders.api.views import ProgrammeApiView
from funders.models import Programme
from mhep.shared.api.pages import PageIn, page_of, page_out
from mhep.shared.sealed_ids import Kind
from payments.api.money import charge_written, explanation_written
from payments.api.serializers import ChargeOut, ExplainedChargeOut
from payments.models import Charge
from payments.rules.explanation import explain
from payments.selectors.explanations import case_of


class ChargeView(ProgrammeApiView):
    """Charges: the operator's of both sides, a funder's own."""

    tag = "Charges"
    thing, scope = Object.CHARGE, Scope.CHARGES_READ

    def rows(self, programme: Programme) -> QuerySet[Charge]:
        """Return the charges that the token may see, with what is written about them."""
        visible = Charge.objects.visible_to(self.user).filter(agreement__programme=programme)
        return visible.select_related("month", "agreement", "term", "event", "line__document")


class ChargeList(ChargeView):
    name = "charges"

    @extend_schema(parameters=[PageIn], responses=page_out(ChargeOut))
    def get(self, request: Request, code: str) -> Response:
        """
        List charges, in the order in which they were decided.

        Those of an open month are replaced each time that it is priced.
        """
        programme = programme_to_see(self.user, code)
        return page_of(
            request,
            self.rows(programme),
            Kind.CHARGE,
            lambda rows: [charge_written(row, programme.currency) for row in rows],
        )


class ChargeDetail(ChargeView):
    name = "charge"

    @extend_schema(responses=ExplainedChargeOut)
    def get(self, _request: Request, code: str, pk: int) -> Response:
        """Show one charge, and why it is what it is."""
        programme = programme_to_see(self.user, code)
        charge = get_object_or_404(self.rows(programme), pk=pk)
        case = case_of(charge, sees_all=is_operators(self.user, programme))
        told = explanation_written(explain(case), programme.currency)
        return Response({**charge_written(charge, programme.currency), "explanation": told})
