"""Who tries to sign in, from where, and what they read when they have tried too often."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import User

TOO_MANY_REQUESTS = 429


def username(request: HttpRequest | None, credentials: Mapping[str, str] | None = None) -> str | None:
    """Return whose password is tried, written as in the database, so that capitals are no way round."""
    given = (credentials or {}).get("username") or (request.POST.get("username") if request else None)
    return User.normal_email(given) if given else None


def address(request: HttpRequest) -> str:
    """
    Return the address that a request comes from.

    Behind ``TRUSTED_PROXIES`` proxies it is what the outermost of them saw. What the header says beyond
    that, anybody may have written.
    """
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    proxies: int = settings.TRUSTED_PROXIES
    if 0 < proxies <= len(hops):
        return hops[-proxies]
    return str(request.META.get("REMOTE_ADDR", ""))


def too_many_tries(
    request: HttpRequest, _refused: HttpResponse | None = None, _credentials: object = None
) -> HttpResponse:
    """Answer somebody who must wait. The words are the same whether the account exists or not."""
    seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
    response = render(
        request, "accounts/too_many_tries.html", {"minutes": seconds // 60}, status=TOO_MANY_REQUESTS
    )
    response.headers["Retry-After"] = str(seconds)
    return response
