"""Statements before invoices in the API."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.enums import Scope
from accounts.rules.matrix import Object
from funders.access import programme_to_see
from funders.api.views import ProgrammeApiView
from mhep.shared.api.pages import PageIn, page_of, page_out
from mhep.shared.sealed_ids import Kind
from payments.api.money import line_written, statement_written
from payments.api.serializers import FullStatementOut, StatementOut
from payments.selectors.stated import stated_lines
from payments.selectors.statement_list import statements_to_see


class StatementView(ProgrammeApiView):
    """Statements: the operator's all, a funder's own; every revision of them."""

    tag = "Statements"
    thing, scope = Object.STATEMENT, Scope.STATEMENTS_READ


class StatementList(StatementView):
    name = "statements"

    @extend_schema(parameters=[PageIn], responses=page_out(StatementOut))
    def get(self, request: Request, code: str) -> Response:
        """List statements, in the order in which they were sent."""
        programme = programme_to_see(self.user, code)
        return page_of(
            request,
            statements_to_see(self.user, programme),
            Kind.STATEMENT,
            lambda rows: [statement_written(row, programme.currency) for row in rows],
        )


class StatementDetail(StatementView):
    name = "statement"

    @extend_schema(responses=FullStatementOut)
    def get(self, _request: Request, code: str, pk: int) -> Response:
        """Show one statement with its lines."""
        programme = programme_to_see(self.user, code)
        row = get_object_or_404(statements_to_see(self.user, programme), pk=pk)
        lines = stated_lines(list(row.lines.values_list("charge_id", flat=True)))
        body = statement_written(row, programme.currency)
        return Response({**body, "lines": [line_written(line) for line in lines]})
