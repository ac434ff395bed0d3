"""Every request: what it writes is written down under the name of whoever is signed in."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from mhep.shared.attribution import attributed

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class AttributionMiddleware:
    """Tell the database who writes through which page. Stands right after ``AuthenticationMiddleware``."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with attributed(lambda: _page(request), lambda: request.user.pk):
            return self._get_response(request)


def _page(request: HttpRequest) -> str:
    match = request.resolver_match
    return f"page {match.view_name}" if match is not None else "page"
