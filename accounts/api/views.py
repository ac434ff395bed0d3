"""
What every view of the API stands on: a token, its scope, the matrix of access, and conditional answers.

A view names what it needs of the matrix like every page does, and the scope beside it. Who calls is a machine
member of an organisation, so whatever the view reads starts from ``visible_to`` like a page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar, cast

from django.conf import settings
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from rest_framework import exceptions
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import NEEDS, SAFE_METHODS
from accounts.api.authentication import TokenAuthentication
from accounts.enums import Scope
from accounts.models import User
from accounts.rules.matrix import Action, Object, Role, allows
from accounts.rules.tokens import WINDOW, seconds_left
from accounts.services.tokens import Caller
from mhep.shared.api.problems import Refusal

WHERE = "Authorization: Bearer"
MOST_SENT = 1_000_000  # bytes of one request
FRESH = "private, no-cache"  # kept by the program that asked, and asked for again with its ETag


class ApiView(APIView):
    """
    A resource of the API.

    To read it, a token needs ``scope`` and a role that may do ``sees`` to ``thing``; to send something to it,
    ``sending_scope`` and ``sends``. ``roles_for`` gives a user's roles where the arguments of the address
    are, as for :func:`accounts.access.gate`; they are in ``roles`` while a request is answered. ``name`` and
    ``tag`` are for the description.
    """

    roles: frozenset[Role]
    name: ClassVar[str]
    tag: ClassVar[str]
    thing: ClassVar[Object | None] = None  # none: it is enough to have a token
    sees: ClassVar[Action] = Action.SEE
    sends: ClassVar[Action | None] = None
    scope: ClassVar[Scope | None] = None
    sending_scope: ClassVar[Scope | None] = None

    authentication_classes = (TokenAuthentication,)
    permission_classes = ()
    renderer_classes = (JSONRenderer,)
    parser_classes = (JSONParser,)
    http_method_names = ("get", "head", "post")

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        view = super().as_view(**initkwargs)
        needs = () if cls.thing is None else (cls.thing, cls.sees, cls.sends or cls.sees)
        setattr(view, NEEDS, needs)
        return view

    @property
    def user(self) -> User:
        """The machine member that the token acts as."""
        return cast(User, self.request.user)

    @property
    def caller(self) -> Caller:
        return cast(Caller, self.request.auth)

    def roles_for(self, user: User, arguments: Mapping[str, object]) -> set[Role]:
        """Return what the user is where the address leads; a view that needs anything says how."""
        raise NotImplementedError

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let a request on to its method, or refuse it: 401, 405, 403 or 404, in this order."""
        super().initial(request, *args, **kwargs)
        if not isinstance(request.auth, Caller):
            raise exceptions.NotAuthenticated(f"Send a token: {WHERE} TOKEN")
        method = str(request.method)
        if method.lower() not in self.http_method_names or not hasattr(self, method.lower()):
            raise exceptions.MethodNotAllowed(method)
        if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_SENT:
            raise Refusal(413, "too_large", f"Send at most {MOST_SENT:,} bytes.")
        is_reading = method in SAFE_METHODS
        scope = self.scope if is_reading else self.sending_scope or self.scope
        if scope is not None and scope not in request.auth.scopes:
            raise Refusal(403, "scope_missing", f"The token lacks the scope {scope}.")
        wanted = self.sees if is_reading else self.sends or self.sees
        if self.thing is not None:
            self.roles = frozenset(self.roles_for(self.user, kwargs))
            if not allows(self.roles, self.thing, wanted):
                raise exceptions.PermissionDenied

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add to an answer how often may be asked, and its ETag; unchanged, it is a 304 without a body."""
        response = super().finalize_response(request, response, *args, **kwargs)
        caller = getattr(request, "auth", None)
        if isinstance(caller, Caller):
            for name, value in _limits(caller.count).items():
                response.headers[name] = value
        if request.method not in {"GET", "HEAD"} or response.status_code != 200:
            return response
        response.headers.setdefault("Cache-Control", FRESH)
        if isinstance(response, Response):
            response.render()
        etag = etag_of(response.content)
        response.headers["ETag"] = etag
        plain = request._request  # noqa: SLF001 (what Django's conditions want)
        return get_conditional_response(plain, etag=etag, response=response)

    def check_match(self, current: object) -> None:
        """
        Refuse a change of something that is not as the caller saw it, if the request says how that was.

        :param current: what a GET answers now.
        :raises Refusal: if ``If-Match`` names another ETag (412).
        """
        given = self.request.headers.get("If-Match", "*")
        now = etag_of(JSONRenderer().render(current))
        if given.strip() != "*" and now not in [each.strip() for each in given.split(",")]:
            raise Refusal(412, "changed_meanwhile", "It was changed since you read it. Read it again.")


def etag_of(content: bytes) -> str:
    """Return the ETag of a body."""
    return quote_etag(hashlib.sha256(content).hexdigest()[:32])


def _limits(count: int) -> dict[str, str]:
    """Return how often a token may ask and how often it still may, as the draft of the IETF writes it."""
    most = settings.API_REQUESTS_A_MINUTE
    seconds = int(WINDOW.total_seconds())
    return {
        "RateLimit-Policy": f'"token";q={most};w={seconds}',
        "RateLimit": f'"token";r={max(most - count, 0)};t={seconds_left(timezone.now())}',
    }
