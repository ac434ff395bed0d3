"""Exports and figures in the API."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.enums import Scope
from accounts.models import User
from accounts.rules.matrix import Object, Role
from funders.api.views import ProgrammeApiView
from funders.models import Programme
from mhep.shared.api.problems import Refusal
from mhep.shared.downloads import attachment
from mhep.shared.templatetags.mhep import money
from performance.access import dashboard_roles, scope_to_see
from performance.api.serializers import MetricsOut, written
from performance.selectors.dashboard import dashboard
from performance.selectors.disclosure import is_ruled
from performance.selectors.full_export import full_export

ZIP = "application/zip"
RULED = (
    "Your contract shows you counts of people by its disclosure rule. Take the published tables from the "
    "page of how the programme goes; exact figures are not given."
)


class FullExport(ProgrammeApiView):
    """Everything of a programme that the token's role may read."""

    name, tag = "full_export", "Exports"
    thing, scope = Object.EXPORT, Scope.EXPORT_READ

    @extend_schema(responses={(200, ZIP): OpenApiTypes.BINARY})
    def get(self, _request: Request, code: str) -> HttpResponse:
        """Fetch a ZIP of CSV files with all that your role may read, and a manifest of them."""
        at = timezone.now()
        programme = get_object_or_404(Programme.objects.visible_to(self.user), code=code)
        return attachment(full_export(self.user, programme, at), f"{code}.zip", ZIP)


class MetricFigures(ProgrammeApiView):
    """The metrics of a programme, with the figures of its page."""

    name, tag = "metrics", "Metrics"
    thing, scope = Object.DASHBOARD, Scope.METRICS_READ

    def roles_for(self, user: User, arguments: Mapping[str, object]) -> set[Role]:
        return dashboard_roles(user, arguments)

    @extend_schema(responses=MetricsOut)
    def get(self, _request: Request, code: str) -> Response:
        """Show each metric over the periods of the page, as far as your role sees."""
        scope = scope_to_see(self.user, code, {})
        if is_ruled(self.user, scope.programme):
            raise Refusal(403, "ruled", RULED)
        currency = scope.programme.currency
        today = scope.programme.local_date(timezone.now())
        return Response(written(dashboard(scope, today, partial(money, currency=currency))))
