"""What every answer says to browsers and caches, beside what Django's own middleware says."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class ResponseHeadersMiddleware:
    """
    Keep every answer to this site and out of every cache, unless it says itself how it may be kept.

    It stands first in the list, so that errors, redirects and static files pass through it too. Static files
    name their own time to be kept; pages do not, and what a signed-in person saw is not to be found by the
    next one at the same computer.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response
