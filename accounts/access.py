"""Who is asking."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.models import User


def signed_in(request: HttpRequest) -> User:
    """
    Return the person who sends the request.

    :raises PermissionDenied: if nobody has signed in, which the middleware rules out for every private page.
    """
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
