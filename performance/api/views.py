"""Exports in the API."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.enums import Scope
from accounts.rules.matrix import Object
from funders.api.views import ProgrammeApiView
from funders.models import Programme
from mhep.shared.downloads import attachment
from performance.selectors.full_export import full_export

ZIP = "application/zip"


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
